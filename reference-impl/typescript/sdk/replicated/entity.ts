import { type DescMessage, type DescMethod, type DescService, getOption } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { read_only } from "../../gen/stateward/annotations/v1/annotations_pb.js";
import { ReplicatedEntityService } from "../../gen/stateward/replicated/v1/replicated_pb.js";
import type { Answer } from "../context.js";
import { Definition, type MethodName, type OutputOf, type RequestOf } from "../definition.js";
import { checkMethods } from "../entity.js";
import { reason, unpack } from "../payload.js";
import { Code, Refusal } from "../refusal.js";
import type { Awaitable, ReplicatedContext, StreamedContext } from "./context.js";
import type { Value } from "./crdt/index.js";
import { replicatedKind } from "./service.js";

/** The methods of a service that are of this shape. */
type MethodOf<S extends DescService, Shape extends DescMethod["methodKind"]> = {
  [M in MethodName<S>]: S["method"][M]["methodKind"] extends Shape ? M : never;
}[MethodName<S>];

/** How one method is handled: by the author's code, on the payload of a command. */
export interface Handling<V> {
  readonly method: DescMethod;
  readonly readOnly: boolean;
  handle(
    ctx: StreamedContext,
    value: V,
    payload: Any | undefined,
  ): Awaitable<Answer<DescMessage> | undefined>;
}

/** What is defined of an entity whose value is a V. */
export interface Defined<V> {
  /** The user's service. */
  readonly service: DescService;
  /** How each method is handled, by its name in the protocol. */
  readonly handlings: ReadonlyMap<string, Handling<V>>;
  /** The empty value of the entity with this id. */
  create(id: string): V;
}

/**
 * The definition of one replicated entity whose value is a V, such as `ORSet<string>`: what
 * a new value looks like, and what each command does to it. A handler reads the value and
 * changes it as it would change a collection of its own; what it did is sent, and spreads.
 * Where it throws a refusal, what it did to the value is undone.
 *
 * A handler runs alone in its entity, also while it waits, and many entities run at once.
 */
export class ReplicatedEntity<S extends DescService, V extends Value>
  extends Definition<S>
  implements Defined<V>
{
  readonly kind = replicatedKind;

  readonly create: (id: string) => V;
  readonly handlings = new Map<string, Handling<V>>();

  /**
   * Begins a definition: the user's service, the name under which its values are stored
   * for ever (not empty, and no other entity's), and the empty value of the entity with
   * this id. `create` is called with each activation; two values share nothing. It chooses
   * the same type for an id every time, so that no two functions choose differently
   * (REP-TYPE-005).
   */
  constructor(service: S, persistenceId: string, create: (id: string) => V) {
    super(ReplicatedEntityService, service, persistenceId);
    this.create = create;
    if (persistenceId === "") this.complain("a replicated entity has a persistence id (DISC-ENT-002)");
  }

  /** Sets what a method with one response does. */
  handle<M extends MethodOf<S, "unary">>(
    method: M,
    handler: (
      ctx: ReplicatedContext,
      value: V,
      request: RequestOf<S, M>,
    ) => Awaitable<Answer<OutputOf<S, M>>>,
  ): this {
    return this.#set(method, "unary", handler as unknown as Handler<V>);
  }

  /**
   * Sets what a method that streams its responses does. The handler may return undefined:
   * the caller then gets nothing yet. The call ends with its answer, unless it asked for a
   * watch.
   */
  handleStreamed<M extends MethodOf<S, "server_streaming">>(
    method: M,
    handler: (
      ctx: StreamedContext<OutputOf<S, M>>,
      value: V,
      request: RequestOf<S, M>,
    ) => Awaitable<Answer<OutputOf<S, M>> | undefined>,
  ): this {
    return this.#set(method, "server_streaming", handler as unknown as Handler<V>);
  }

  override validate(): string[] {
    return [...checkMethods(this.service, true), ...super.validate()];
  }

  #set(name: string, shape: DescMethod["methodKind"], handler: Handler<V>): this {
    const method = this.handles(name);
    if (method === undefined) return this;
    if (method.methodKind !== shape) this.complain(`${name} is ${method.methodKind}, not ${shape}`);
    this.handlings.set(method.name, {
      method,
      readOnly: getOption(method, read_only),
      handle: (ctx, value, payload) => handler(ctx, value, requestOf(method, payload)),
    });
    return this;
  }
}

/** A handler of whatever method. */
type Handler<V> = (
  ctx: StreamedContext,
  value: V,
  request: unknown,
) => Awaitable<Answer<DescMessage> | undefined>;

function requestOf(method: DescMethod, payload: Any | undefined): unknown {
  try {
    return unpack(method.input, payload);
  } catch (cause) {
    throw new Refusal(Code.INVALID_ARGUMENT, `${method.name}: ${reason(cause)} (CORE-CMD-005)`);
  }
}
