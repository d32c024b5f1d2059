"""The names of the models in Cloudstate 0.2: of their services, and of the messages in payloads."""

from cloudstate.tck.model import model_pb2
from cloudstate.tck.model.action import action_pb2
from cloudstate.tck.model.crdt import crdt_pb2
from cloudstate.tck.model.valueentity import valueentity_pb2

import sdk

_NAMES = {
    ("stateward.tck.eventsourced.v1", "cloudstate.tck.model"): {
        "EventSourcedTckModelService": "EventSourcedTckModel",
        "EventSourcedTwoService": "EventSourcedTwo",
        "EventSourcedConfiguredService": "EventSourcedConfigured",
        "ProcessRequest": "Request",
        "ProcessResponse": "Response",
        "Persisted": "Persisted",
    },
    ("stateward.tck.value.v1", "cloudstate.tck.model.valueentity"): {
        "ValueEntityTckModelService": "ValueEntityTckModel",
        "ValueEntityTwoService": "ValueEntityTwo",
        "ValueEntityConfiguredService": "ValueEntityConfigured",
        "ProcessRequest": "Request",
        "ProcessResponse": "Response",
        "Persisted": "Persisted",
    },
    ("stateward.tck.replicated.v1", "cloudstate.tck.model.crdt"): {
        "ReplicatedTckModelService": "CrdtTckModel",
        "ReplicatedTwoService": "CrdtTwo",
        "ReplicatedConfiguredService": "CrdtConfigured",
        "ProcessRequest": "Request",
        "ProcessStreamedRequest": "StreamedRequest",
        "ProcessResponse": "Response",
        "ProcessStreamedResponse": "Response",
    },
    ("stateward.tck.action.v1", "cloudstate.tck.model.action"): {
        "ActionTckModelService": "ActionTckModel",
        "ActionTwoService": "ActionTwo",
        "ProcessRequest": "Request",
        "ProcessResponse": "Response",
        "ActionTwoServiceCallRequest": "OtherRequest",
    },
}

CLOUDSTATE = sdk.Cloudstate(
    names={
        f"{own}.{name}": f"{old}.{old_name}"
        for (own, old), names in _NAMES.items()
        for name, old_name in names.items()
    },
    files=[file.DESCRIPTOR for file in (model_pb2, valueentity_pb2, crdt_pb2, action_pb2)],
)
"""How the model is called there."""
