import type { DescMethod, DescService, Message, MessageShape } from "@bufbuild/protobuf";
import { Code, Refusal } from "./refusal.js";
import type { Stream } from "./stream.js";

/** Serves one call, until its end. */
export type Handler<In, Out> = (stream: Stream<In, Out>) => Promise<void>;

/** A handler for each method of a service. */
export type Handlers<S extends DescService> = {
  [M in keyof S["method"]]: Handler<
    MessageShape<S["method"][M]["input"]>,
    MessageShape<S["method"][M]["output"]>
  >;
};

/** One method as it is served: under a name, which is another one in another dialect. */
export interface Method {
  readonly name: string;
  readonly desc: DescMethod;
  readonly handle: Handler<Message, Message>;
}

/** A service as it is served. */
export interface Service {
  /** Full name. */
  readonly name: string;
  readonly methods: readonly Method[];
}

/** The service with these handlers. */
export function serviceOf<S extends DescService>(desc: S, handlers: Handlers<S>): Service {
  const methods = desc.methods.map((method) => ({
    name: method.name,
    desc: method,
    // The messages are of the method's types: what serves it reads and writes by its descriptor.
    handle: handlers[method.localName] as unknown as Handler<Message, Message>,
  }));
  return { name: desc.typeName, methods };
}

/** The handler of a method with one request and one response. */
export function unary<In, Out>(
  answer: (request: In, stream: Stream<In, Out>) => Promise<Out> | Out,
): Handler<In, Out> {
  return async (stream) => {
    const request = await stream.next();
    if (request === undefined) throw new Refusal(Code.INVALID_ARGUMENT, "a call without a request");
    await stream.send(await answer(request, stream));
  };
}
