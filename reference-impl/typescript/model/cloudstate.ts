import { file_cloudstate_tck_model_action_action } from "../gen/cloudstate/tck/model/action/action_pb.js";
import { file_cloudstate_tck_model_crdt_crdt } from "../gen/cloudstate/tck/model/crdt/crdt_pb.js";
import { file_cloudstate_tck_model_model } from "../gen/cloudstate/tck/model/model_pb.js";
import { file_cloudstate_tck_model_valueentity_valueentity } from "../gen/cloudstate/tck/model/valueentity/valueentity_pb.js";
import type { Cloudstate } from "../sdk/index.js";

/** What the models are called in Cloudstate 0.2: their services, and the messages that stand in payloads. */
export const cloudstate: Cloudstate = {
  names: {
    "stateward.tck.eventsourced.v1.EventSourcedTckModelService": "cloudstate.tck.model.EventSourcedTckModel",
    "stateward.tck.eventsourced.v1.EventSourcedTwoService": "cloudstate.tck.model.EventSourcedTwo",
    "stateward.tck.eventsourced.v1.EventSourcedConfiguredService":
      "cloudstate.tck.model.EventSourcedConfigured",
    "stateward.tck.eventsourced.v1.ProcessRequest": "cloudstate.tck.model.Request",
    "stateward.tck.eventsourced.v1.ProcessResponse": "cloudstate.tck.model.Response",
    "stateward.tck.eventsourced.v1.Persisted": "cloudstate.tck.model.Persisted",

    "stateward.tck.value.v1.ValueEntityTckModelService":
      "cloudstate.tck.model.valueentity.ValueEntityTckModel",
    "stateward.tck.value.v1.ValueEntityTwoService": "cloudstate.tck.model.valueentity.ValueEntityTwo",
    "stateward.tck.value.v1.ValueEntityConfiguredService":
      "cloudstate.tck.model.valueentity.ValueEntityConfigured",
    "stateward.tck.value.v1.ProcessRequest": "cloudstate.tck.model.valueentity.Request",
    "stateward.tck.value.v1.ProcessResponse": "cloudstate.tck.model.valueentity.Response",
    "stateward.tck.value.v1.Persisted": "cloudstate.tck.model.valueentity.Persisted",

    "stateward.tck.replicated.v1.ReplicatedTckModelService": "cloudstate.tck.model.crdt.CrdtTckModel",
    "stateward.tck.replicated.v1.ReplicatedTwoService": "cloudstate.tck.model.crdt.CrdtTwo",
    "stateward.tck.replicated.v1.ReplicatedConfiguredService": "cloudstate.tck.model.crdt.CrdtConfigured",
    "stateward.tck.replicated.v1.ProcessRequest": "cloudstate.tck.model.crdt.Request",
    "stateward.tck.replicated.v1.ProcessStreamedRequest": "cloudstate.tck.model.crdt.StreamedRequest",
    "stateward.tck.replicated.v1.ProcessResponse": "cloudstate.tck.model.crdt.Response",
    "stateward.tck.replicated.v1.ProcessStreamedResponse": "cloudstate.tck.model.crdt.Response",

    "stateward.tck.action.v1.ActionTckModelService": "cloudstate.tck.model.action.ActionTckModel",
    "stateward.tck.action.v1.ActionTwoService": "cloudstate.tck.model.action.ActionTwo",
    "stateward.tck.action.v1.ProcessRequest": "cloudstate.tck.model.action.Request",
    "stateward.tck.action.v1.ProcessResponse": "cloudstate.tck.model.action.Response",
    "stateward.tck.action.v1.ActionTwoServiceCallRequest": "cloudstate.tck.model.action.OtherRequest",
  },
  files: [
    file_cloudstate_tck_model_model,
    file_cloudstate_tck_model_valueentity_valueentity,
    file_cloudstate_tck_model_crdt_crdt,
    file_cloudstate_tck_model_action_action,
  ],
};
