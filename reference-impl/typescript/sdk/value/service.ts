import { ValueEntityService } from "../../gen/stateward/value/v1/value_pb.js";
import { converse } from "../conversation.js";
import type { Kind } from "../entity.js";
import { serviceOf } from "../service.js";
import type { AnyValueEntity } from "./activation.js";
import { ValueConversation } from "./conversation.js";

/** The kind of value entities: serves stateward.value.v1.ValueEntityService. */
export const valueKind: Kind = {
  stateful: true,
  serve(host, entities) {
    const definitions = new Map(
      entities.map((entity) => [entity.service.typeName, entity as unknown as AnyValueEntity]),
    );
    return serviceOf(ValueEntityService, {
      handle: (stream) =>
        converse(host, stream, (surroundings) => new ValueConversation(definitions, surroundings)),
    });
  },
};
