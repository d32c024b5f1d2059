import type { DescMessage, DescMethod, DescService, Message } from "@bufbuild/protobuf";
import { ValueEntityService } from "../../gen/stateward/value/v1/value_pb.js";
import type { Answer } from "../context.js";
import { Definition, type MethodName, type OutputOf, type RequestOf } from "../definition.js";
import { checkMethods } from "../entity.js";
import type { ValueContext } from "./context.js";
import { valueKind } from "./service.js";

/** What one command does: it reads the value, sets or removes it, and answers; or throws a refusal. */
export type ValueHandler<V extends DescMessage> = (
  context: ValueContext<V>,
  request: Message,
) => Answer<DescMessage> | Promise<Answer<DescMessage>>;

/**
 * The definition of an entity whose state is one message: the value. {@link value} begins
 * it. A command that fails has changed nothing (VAL-FAIL-004): its changes were never in
 * the entity, and are dropped.
 */
export class ValueEntity<S extends DescService, V extends DescMessage> extends Definition<S> {
  readonly kind = valueKind;
  readonly schema: V;
  /** By short name. */
  readonly commands = new Map<string, { readonly method: DescMethod; readonly handle: ValueHandler<V> }>();

  constructor(service: S, persistenceId: string, schema: V) {
    super(ValueEntityService, service, persistenceId);
    this.schema = schema;
    this.stores(schema);
    if (persistenceId === "") this.complain("a value entity has a persistence id (DISC-ENT-002)");
  }

  /** Sets what the method does. The handler runs alone in its entity, and many entities run at once. */
  command<M extends MethodName<S>>(
    name: M,
    handle: (
      context: ValueContext<V>,
      request: RequestOf<S, M>,
    ) => Answer<OutputOf<S, M>> | Promise<Answer<OutputOf<S, M>>>,
  ): this {
    const method = this.handles(name);
    if (method !== undefined)
      this.commands.set(method.name, { method, handle: handle as unknown as ValueHandler<V> });
    return this;
  }

  override mistakes(): string[] {
    return [...checkMethods(this.service), ...super.mistakes()];
  }
}

/**
 * Begins the definition of a value entity: the user's service, the name under which its
 * values are stored for ever (not empty, and no other entity's), and what a value is.
 */
export function value<S extends DescService, V extends DescMessage>(
  service: S,
  persistenceId: string,
  schema: V,
): ValueEntity<S, V> {
  return new ValueEntity(service, persistenceId, schema);
}
