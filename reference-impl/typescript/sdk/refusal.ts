import { create } from "@bufbuild/protobuf";
import { status as Code, type ServiceError } from "@grpc/grpc-js";
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
 * command, and the entity lives on. So does the ServiceError with which a call by
 * grpc-js fails; whatever else it throws is a defect, which resets the entity.
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
 * The refusal that the error is or means, or that ended what was awaited: the APIs of
 * Node wrap the reason of an aborted signal. Undefined for a defect.
 */
export function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error)) return undefined;
  if (isServiceError(error)) return new Refusal(error.code, error.details);
  return error.name === "AbortError" && error.cause instanceof Refusal ? error.cause : undefined;
}

/** Whether a call by grpc-js, of whatever copy, has failed with this error; it has no class of its own. */
function isServiceError(error: Error): error is ServiceError {
  const { code, details, metadata } = error as Partial<ServiceError>;
  return typeof code === "number" && typeof details === "string" && typeof metadata === "object";
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
