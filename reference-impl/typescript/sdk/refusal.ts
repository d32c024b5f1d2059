import { create } from "@bufbuild/protobuf";
import { status as Code } from "@grpc/grpc-js";
import {
  type ClientAction,
  ClientActionSchema,
  type Command,
  type Failure,
  FailureSchema,
} from "../gen/stateward/entity/v1/entity_pb.js";

export { Code };

/**
 * A refusal by the domain: the caller of the command gets its code as the gRPC
 * status, and its message, unchanged. A handler that throws one refuses the
 * command, and the entity lives on; whatever else it throws is a defect, which
 * resets the entity.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** One of codes 1 to 16; any other becomes UNKNOWN. */
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The refusal that the error is, or that ended what was awaited: the APIs of Node
 * wrap the reason of an aborted signal. Undefined for a defect.
 */
export function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  const wrapped = error instanceof Error && error.name === "AbortError" ? error.cause : undefined;
  return wrapped instanceof Refusal ? wrapped : undefined;
}

/** The refusal as the protocol's failure of the command with this id; 0 stands for the stream. */
export function failureOf(commandId: bigint, { code, message }: Refusal): Failure {
  const known = code >= Code.CANCELLED && code <= Code.UNAUTHENTICATED;
  return create(FailureSchema, {
    commandId,
    description: message.toWellFormed(), // protobuf carries no other text
    code: known ? code : Code.UNKNOWN,
  });
}

/** The client action that refuses the command. */
export function refuse(command: Command, refusal: Refusal): ClientAction {
  return create(ClientActionSchema, { action: { case: "failure", value: failureOf(command.id, refusal) } });
}
