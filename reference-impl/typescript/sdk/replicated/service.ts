import { ReplicatedEntityService } from "../../gen/stateward/replicated/v1/replicated_pb.js";
import { converse } from "../conversation.js";
import type { Entity, Kind } from "../entity.js";
import { serviceOf } from "../service.js";
import { ReplicatedConversation } from "./conversation.js";
import type { Value } from "./crdt/index.js";
import type { Defined } from "./entity.js";

/** The kind of replicated entities. */
export const replicatedKind: Kind = {
  stateful: true,
  serve(host, entities) {
    const all = entities as readonly (Entity & Defined<Value>)[]; // all of this kind are
    const definitions = new Map(all.map((entity) => [entity.service.typeName, entity]));
    return serviceOf(ReplicatedEntityService, {
      handle: (stream) => converse(host, stream, (around) => new ReplicatedConversation(definitions, around)),
    });
  },
};
