/**
 * Turns TypeScript values into a Stateward user function: it answers discovery, serves
 * the entities that it is given, and stops in order.
 *
 * A user function is a gRPC server. The proxy connects to it, asks what it serves
 * (Discover), and then opens one stream for each entity that is in use. On that stream it
 * gives the entity what was stored of it, sends it commands, and keeps what it answers.
 * The function never sees a database, and holds nothing that a restart could lose.
 *
 *     await main({ name: "shopping-cart", version: "1.0.0", entities: [cart] });
 *
 * Read on in this order: function.ts (what a function is), discovery.ts (what it says of
 * itself), serve.ts, grpc.ts and stream.ts (how it lives and ends), context.ts (what a
 * command's handler sees), conversation.ts, command.ts and connection.ts (how a stream is
 * read, when a command is given up, what a connection allows), definition.ts and
 * entityconversation.ts (what is alike in every kind: what its author writes, how its
 * streams break), multiplex/ (many entities on one stream), then the kinds.
 */
export { Capability } from "./capability.js";
export type { Cloudstate, Dialect } from "./cloudstate.js";
export { Context, Forward, type Answer, type EffectOptions } from "./context.js";
export type { Entity } from "./entity.js";
export { eventSourced, type EventSourced } from "./eventsourced/entity.js";
export type { EventSourcedContext } from "./eventsourced/context.js";
export { type Config, UserFunction } from "./function.js";
export { Health } from "./health.js";
export { type Fields, type Log, textLog } from "./log.js";
export { Metadata, type MetadataValue } from "./metadata.js";
export { pack, unpack } from "./payload.js";
export { main } from "./program.js";
export { Code, Refusal } from "./refusal.js";
export {
  Clock,
  codec,
  type Codec,
  type Entry,
  Flag,
  GCounter,
  GSet,
  LWWRegister,
  LWWRegisterMap,
  ORMap,
  ORMultiMap,
  ORSet,
  PNCounter,
  PNCounterMap,
  type Value,
  Vote,
} from "./replicated/crdt/index.js";
export {
  type News,
  type ReplicatedContext,
  type StreamedContext,
  type Watch,
  WriteConsistency,
} from "./replicated/context.js";
export { replicated, type Replicated } from "./replicated/entity.js";
export { serve } from "./serve.js";
export { build } from "./version.js";
export { value, type ValueEntity } from "./value/entity.js";
export type { ValueContext } from "./value/context.js";
export { type Action, action } from "./action/action.js";
export type { ActionAnswer, ActionContext } from "./action/context.js";
