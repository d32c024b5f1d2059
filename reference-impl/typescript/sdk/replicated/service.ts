import { ReplicatedEntityService } from "../../gen/stateward/replicated/v1/replicated_pb.js";
import { converse } from "../conversation.js";
import type { Kind } from "../entity.js";
import { serviceOf } from "../service.js";
import type { AnyReplicated } from "./activation.js";
import { ReplicatedConversation } from "./conversation.js";

/** The kind of replicated entities: serves stateward.replicated.v1.ReplicatedEntityService. */
export const replicatedKind: Kind = {
  stateful: true,
  serve(host, entities) {
    const definitions = new Map(
      entities.map((entity) => [entity.service.typeName, entity as unknown as AnyReplicated]),
    );
    return serviceOf(ReplicatedEntityService, {
      handle: (stream) =>
        converse(host, stream, (surroundings) => new ReplicatedConversation(definitions, surroundings)),
    });
  },
};
