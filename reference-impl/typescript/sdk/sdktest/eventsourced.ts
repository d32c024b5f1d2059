// What a proxy says to an event sourced entity.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { CommandSchema } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type HandleRequest,
  HandleRequestSchema,
} from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";

/** Opens a stream; snapshot is the stored state after so many events. */
export function init(
  serviceName: string,
  entityId: string,
  snapshot?: readonly [bigint, Any],
): HandleRequest {
  if (snapshot === undefined) return say({ case: "init", value: { serviceName, entityId } });
  const [snapshotSequence, state] = snapshot;
  return say({
    case: "init",
    value: { serviceName, entityId, snapshot: { snapshotSequence, snapshot: state } },
  });
}

/** A stored event. */
export function event(sequence: bigint, payload: Any): HandleRequest {
  return say({ case: "event", value: { sequence, payload } });
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
