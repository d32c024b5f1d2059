// Services of @grpc/grpc-js from the descriptors that protoc-gen-es generates.
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type {
  MethodDefinition,
  ServiceDefinition,
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from "@grpc/grpc-js";

type Init = MessageInitShape<DescMessage>;
type Request<M extends DescMethod> = MessageShape<M["input"]>;
type Response<M extends DescMethod> = MessageInitShape<M["output"]>;

/** The handlers of a service, for `Server.addService`: one for each method. */
export type Handlers<S extends DescService> = {
  [K in keyof S["method"]]: S["method"][K] extends infer M extends DescMethod
    ? {
        unary: handleUnaryCall<Request<M>, Response<M>>;
        server_streaming: handleServerStreamingCall<Request<M>, Response<M>>;
        client_streaming: handleClientStreamingCall<Request<M>, Response<M>>;
        bidi_streaming: handleBidiStreamingCall<Request<M>, Response<M>>;
      }[M["methodKind"]]
    : never;
};

/** The definition of a service, for `Server.addService` and `makeClientConstructor`. */
export function definition<S extends DescService>(service: S): ServiceDefinition<Handlers<S>> {
  const methods = service.methods.map((method) => [method.localName, methodDefinition(service, method)]);
  return Object.fromEntries(methods) as ServiceDefinition<Handlers<S>>;
}

function methodDefinition(service: DescService, method: DescMethod): MethodDefinition<Init, Init> {
  const [requestSerialize, requestDeserialize] = codec(method.input);
  const [responseSerialize, responseDeserialize] = codec(method.output);
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize,
    requestDeserialize,
    responseSerialize,
    responseDeserialize,
  };
}

function codec(message: DescMessage): [(value: Init) => Buffer, (bytes: Buffer) => Init] {
  return [
    (value) => Buffer.from(toBinary(message, create(message, value))),
    (bytes) => fromBinary(message, bytes),
  ];
}
