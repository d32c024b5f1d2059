import { EventSourcedService } from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { converse } from "../conversation.js";
import type { Kind } from "../entity.js";
import { serviceOf } from "../service.js";
import type { AnyEventSourced } from "./activation.js";
import { EventSourcedConversation } from "./conversation.js";

/** The kind of event sourced entities: serves stateward.eventsourced.v1.EventSourcedService. */
export const eventSourcedKind: Kind = {
  stateful: true,
  serve(host, entities) {
    const definitions = new Map(
      entities.map((entity) => [entity.service.typeName, entity as unknown as AnyEventSourced]),
    );
    return serviceOf(EventSourcedService, {
      handle: (stream) =>
        converse(host, stream, (surroundings) => new EventSourcedConversation(definitions, surroundings)),
    });
  },
};
