// What a proxy says to a value entity.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { CommandSchema } from "../../gen/stateward/entity/v1/entity_pb.js";
import { type HandleRequest, HandleRequestSchema } from "../../gen/stateward/value/v1/value_pb.js";

/** Opens a stream; without a value there is none. */
export function init(serviceName: string, entityId: string, value?: Any): HandleRequest {
  return say({ case: "init", value: { serviceName, entityId, state: value === undefined ? {} : { value } } });
}

/** A command. */
export function command(value: MessageInitShape<typeof CommandSchema>): HandleRequest {
  return say({ case: "command", value });
}

/** Any other message. */
export function say(
  message: NonNullable<MessageInitShape<typeof HandleRequestSchema>["message"]>,
): HandleRequest {
  return create(HandleRequestSchema, { message });
}
