import type { DescMessage, DescMethod, DescService, Message } from "@bufbuild/protobuf";
import { ActionService } from "../../gen/stateward/action/v1/action_pb.js";
import { Definition, type MethodName, type OutputOf, type RequestOf } from "../definition.js";
import type { ActionAnswer, ActionContext } from "./context.js";
import { actionKind } from "./service.js";

/** How a method is handled, by its shape: requests that stream are an async iterable, responses what a generator yields. */
export interface CallHandlers<Request, Output extends DescMessage> {
  unary: (context: ActionContext, request: Request) => Once<Output>;
  client_streaming: (context: ActionContext, requests: AsyncIterable<Request>) => Once<Output>;
  server_streaming: (context: ActionContext, request: Request) => Many<Output>;
  bidi_streaming: (context: ActionContext, requests: AsyncIterable<Request>) => Many<Output>;
}

/** Responses one by one: what a generator function returns, async or not. */
export type Many<Output extends DescMessage> =
  AsyncIterable<ActionAnswer<Output>> | Iterable<ActionAnswer<Output>>;

type Once<Output extends DescMessage> = ActionAnswer<Output> | Promise<ActionAnswer<Output>>;

/** The handler of one method, of whatever shape and types. */
export type AnyCallHandler = (
  context: ActionContext,
  requests: Message | AsyncIterable<Message>,
) => Once<DescMessage> | Many<DescMessage>;

/**
 * The definition of an action: a service without state, whose methods may stream their
 * requests, their responses, or both. {@link action} begins it.
 *
 * A call ends with its handler, whether or not the caller has half-closed. Each call has
 * a handler of its own, and waits for no other (ACT-CALL-003, ACT-FLOW-003).
 */
export class Action<S extends DescService> extends Definition<S> {
  readonly kind = actionKind;
  /** By short name. */
  readonly calls = new Map<string, { readonly method: DescMethod; readonly handle: AnyCallHandler }>();

  constructor(service: S) {
    super(ActionService, service, "");
  }

  /** Sets what the method does. Requests that stream are iterated over, and need not all be; responses that stream are yielded. */
  call<M extends MethodName<S>>(
    name: M,
    handle: CallHandlers<RequestOf<S, M>, OutputOf<S, M>>[S["method"][M]["methodKind"]],
  ): this {
    const method = this.handles(name);
    if (method !== undefined)
      this.calls.set(method.name, { method, handle: handle as unknown as AnyCallHandler });
    return this;
  }
}

/** Begins the definition of an action: the user's service. */
export function action<S extends DescService>(service: S): Action<S> {
  return new Action(service);
}
