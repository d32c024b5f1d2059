// What a proxy says to a replicated entity.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  DeltaSchema,
  type HandleRequest,
  HandleRequestSchema,
} from "../../gen/stateward/replicated/v1/replicated_pb.js";

/** A delta, by its case. */
export type DeltaInit = NonNullable<MessageInitShape<typeof DeltaSchema>["delta"]>;

/** Opens a stream; of an entity that nobody has given a type there is no delta. */
export function init(serviceName: string, entityId: string, delta?: DeltaInit): HandleRequest {
  return say({ case: "init", value: { serviceName, entityId, ...(delta && { delta: { delta } }) } });
}

/** A change from elsewhere. */
export function changed(delta: DeltaInit): HandleRequest {
  return say({ case: "delta", value: { delta } });
}

/** The entity was deleted elsewhere. */
export function deleted(): HandleRequest {
  return say({ case: "delete", value: {} });
}

/** A command. */
export function command(
  entityId: string,
  id: bigint,
  name: string,
  payload: Any,
  streamed = false,
): HandleRequest {
  return say({ case: "command", value: { entityId, id, name, payload, streamed } });
}

/** The streamed call of the command with this id has ended. */
export function cancelled(entityId: string, id: bigint): HandleRequest {
  return say({ case: "streamCancelled", value: { entityId, id } });
}

function say(message: NonNullable<MessageInitShape<typeof HandleRequestSchema>["message"]>): HandleRequest {
  return create(HandleRequestSchema, { message });
}
