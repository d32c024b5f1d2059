/**
 * Serves entities of which every proxy holds a copy. Each copy answers at once, and they
 * become equal afterwards: what makes that safe is the type of the value, one of those in
 * crdt/. An entity's author writes how a new value looks, and what each command does to it:
 *
 *     new ReplicatedEntity(PresenceService, "presence", () => new ORSet(codec.string))
 *       .handle("getPeople", (_ctx, people) => ({ people: [...people] }))
 *       .handleStreamed("join", (ctx, people, { person }) => {
 *         people.add(person);
 *         ctx.watch({
 *           changed: () => ({ people: [...people] }),
 *           cancelled: () => void people.delete(person),
 *         });
 *         return { people: [...people] };
 *       });
 *
 * An entity does one thing at a time: a change from elsewhere, a command, the end of a call.
 * Many commands may be outstanding; they are answered in the order in which they came, each
 * as if it were alone (REP-TURN-007). A refused command leaves no trace (REP-FAIL-003): the
 * value knows what was done to it since the last answer, for that is what the answer carries,
 * and the same knowledge undoes it.
 *
 * Read on in this order: entity.ts, context.ts, activation.ts, conversation.ts, then crdt/.
 */
export { News, ReplicatedContext, StreamedContext, type Watch, WriteConsistency } from "./context.js";
export { ReplicatedEntity } from "./entity.js";
