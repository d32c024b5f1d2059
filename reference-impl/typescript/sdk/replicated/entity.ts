import {
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  type Message,
} from "@bufbuild/protobuf";
import { read_only } from "../../gen/stateward/annotations/v1/annotations_pb.js";
import { ReplicatedEntityService } from "../../gen/stateward/replicated/v1/replicated_pb.js";
import type { Answer } from "../context.js";
import { Definition, type MethodName, type OutputOf, type RequestOf } from "../definition.js";
import { checkMethods } from "../entity.js";
import type { ReplicatedContext, StreamedContext } from "./context.js";
import type { Value } from "./crdt/index.js";
import { replicatedKind } from "./service.js";

/** What one command does: it reads the value, changes it, and answers; or throws a refusal. */
export type CommandHandler<V> = (
  context: StreamedContext,
  value: V,
  request: Message,
) => Answer<DescMessage> | undefined | Promise<Answer<DescMessage> | undefined>;

/** A method and what handles it. */
export interface HandledCommand<V> {
  readonly method: DescMethod;
  readonly readOnly: boolean;
  readonly handle: CommandHandler<V>;
}

/** The methods of a service that are of this shape. */
type MethodOf<S extends DescService, Shape extends DescMethod["methodKind"]> = {
  [M in MethodName<S>]: S["method"][M]["methodKind"] extends Shape ? M : never;
}[MethodName<S>];

/**
 * The definition of an entity of which every proxy holds a copy. Each copy answers at once,
 * and they become equal afterwards: what makes that safe is the type of the value V, one of
 * those in crdt/. {@link replicated} begins it. A handler changes the value as it would change
 * a collection of its own; what it did is sent, and spreads.
 *
 *     replicated(PresenceService, "presence", () => new ORSet(codec.string))
 *       .command("getPeople", (_context, people) => ({ people: [...people] }))
 *       .streamedCommand("join", (context, people, { person }) => {
 *         people.add(person);
 *         context.watch({
 *           changed: () => ({ people: [...people] }),
 *           cancelled: () => void people.delete(person),
 *         });
 *         return { people: [...people] };
 *       });
 *
 * An entity does one thing at a time: a change from elsewhere, a command, the end of a call.
 * Many commands may be outstanding; they are answered in the order in which they came, each
 * as if it were alone (REP-TURN-007).
 *
 * A failed command leaves no trace (REP-FAIL-003). The value knows what was done to it since
 * the last answer, for that is what the answer carries; the same knowledge undoes it.
 */
export class Replicated<S extends DescService, V extends Value> extends Definition<S> {
  readonly kind = replicatedKind;
  /** The empty value of the entity with this id; two values share nothing. */
  readonly create: (id: string) => V;
  /** By short name. */
  readonly commands = new Map<string, HandledCommand<V>>();

  constructor(service: S, persistenceId: string, create: (id: string) => V) {
    super(ReplicatedEntityService, service, persistenceId);
    this.create = create;
    if (persistenceId === "") this.complain("a replicated entity has a persistence id (DISC-ENT-002)");
  }

  /**
   * Sets what a method with one response does. The handler runs alone in its entity, also
   * while it waits, and many entities run at once.
   */
  command<M extends MethodOf<S, "unary">>(
    name: M,
    handle: (
      context: ReplicatedContext,
      value: V,
      request: RequestOf<S, M>,
    ) => Answer<OutputOf<S, M>> | Promise<Answer<OutputOf<S, M>>>,
  ): this {
    return this.#handle(name, "unary", handle as unknown as CommandHandler<V>);
  }

  /**
   * Sets what a method that streams its responses does, as {@link command} does. The handler
   * may answer undefined: the caller then gets nothing yet. The call ends with its answer,
   * unless the handler asked for a watch.
   */
  streamedCommand<M extends MethodOf<S, "server_streaming">>(
    name: M,
    handle: (
      context: StreamedContext<OutputOf<S, M>>,
      value: V,
      request: RequestOf<S, M>,
    ) => Answer<OutputOf<S, M>> | undefined | Promise<Answer<OutputOf<S, M>> | undefined>,
  ): this {
    return this.#handle(name, "server_streaming", handle as unknown as CommandHandler<V>);
  }

  override mistakes(): string[] {
    return [...checkMethods(this.service, true), ...super.mistakes()];
  }

  // What the types above have checked, the map need not know; who writes JavaScript is told of another shape.
  #handle(name: string, shape: DescMethod["methodKind"], handle: CommandHandler<V>): this {
    const method = this.handles(name);
    if (method === undefined) return this;
    if (method.methodKind !== shape) this.complain(`${name} is ${method.methodKind}, not ${shape}`);
    this.commands.set(method.name, { method, readOnly: getOption(method, read_only), handle });
    return this;
  }
}

/**
 * Begins the definition of a replicated entity: the user's service, the name under which its
 * values are stored for ever (not empty, and no other entity's), and the empty value of the
 * entity with this id. `create` chooses the same type for an id every time, so that no two
 * functions choose differently (REP-TYPE-005).
 */
export function replicated<S extends DescService, V extends Value>(
  service: S,
  persistenceId: string,
  create: (id: string) => V,
): Replicated<S, V> {
  return new Replicated(service, persistenceId, create);
}
