"""The dialects: what is written in version 1 is served by other names in that of Cloudstate 0.2."""

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Protocol

from google.protobuf.any_pb2 import Any
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from stateward.discovery.v1.discovery_pb2 import DiscoverRequest, ServiceInfo

from sdk.cloudstate import Cloudstate


class Dialect(Protocol):
    """How services and messages are called on the wire."""

    def path(self, method: MethodDescriptor) -> tuple[str, str] | None:
        """Return the names of the service and the method; None where the dialect lacks it."""

    def heard(self, request: Message) -> None:
        """Rename what stands in a message of the proxy, in place."""

    def said(self, response: Message) -> Message:
        """Return the message of the function with what stands in it renamed; the message stays as it is."""


class V1:
    """The dialect of version 1, in which nothing is called otherwise."""

    def path(self, method: MethodDescriptor) -> tuple[str, str] | None:
        """Return the method's own name."""
        return method.containing_service.full_name, method.name

    def heard(self, request: Message) -> None:
        """Rename nothing."""

    def said(self, response: Message) -> Message:
        """Rename nothing."""
        return response


# The name in 0.2 of each service of the protocol that 0.2 has. Their methods are called
# alike, but begin with a small letter.
_SERVICES = {
    "stateward.discovery.v1.DiscoveryService": "cloudstate.EntityDiscovery",
    "stateward.eventsourced.v1.EventSourcedService": "cloudstate.eventsourced.EventSourced",
    "stateward.value.v1.ValueEntityService": "cloudstate.valueentity.ValueEntity",
    "stateward.replicated.v1.ReplicatedEntityService": "cloudstate.crdt.Crdt",
    "stateward.action.v1.ActionService": "cloudstate.action.ActionProtocol",
}

# What version 1 has added to what a function says, and to what it acts on when a proxy says
# it. A proxy of 0.2 is not sent the ones, for some tools of that time refuse a field that
# they do not know, and is not heard to say the others.
_NEWER = {
    "stateward.discovery.v1.DiscoverRequest": (
        "capabilities",
        "oldest_protocol_minor_version",
        "limits",
        "dev_mode",
        "instance_id",
    ),
    "stateward.discovery.v1.Entity": ("type_aliases",),
    "stateward.discovery.v1.ServiceInfo": (
        "capabilities",
        "oldest_protocol_minor_version",
        "incarnation_id",
        "schema_fingerprint",
        "max_message_bytes",
    ),
    "stateward.entity.v1.Failure": ("code", "details", "retryable", "retry_after"),
    "stateward.entity.v1.SideEffect": ("durable",),
    "stateward.eventsourced.v1.EventSourcedReply": ("event_metadata", "delete"),
    "stateward.value.v1.Update": ("expire_after",),
}


class CloudstateDialect:
    """How services and messages are called on the wire of Cloudstate 0.2."""

    def __init__(self, cloudstate: Cloudstate) -> None:
        self._out = {**_SERVICES, **cloudstate.names}  # what the function says
        owners = Counter(cloudstate.names.values())
        self._in = {old: own for own, old in self._out.items() if owners[old] < 2}  # what the proxy says

    def path(self, method: MethodDescriptor) -> tuple[str, str] | None:
        """Return the old names of the service and the method; None where 0.2 lacks it."""
        service = _SERVICES.get(method.containing_service.full_name)
        return service and (service, method.name[:1].lower() + method.name[1:])  # type: ignore[return-value]

    def heard(self, request: Message) -> None:
        """Give what stands in a message of the proxy its new names, in place."""
        _rename(request, self._in)

    def said(self, response: Message) -> Message:
        """Return the message of the function with the old names; the message itself may be kept."""
        renamed = deepcopy(response)
        _rename(renamed, self._out)
        return renamed


def _rename(message: Message, names: Mapping[str, str]) -> None:
    """Rename what stands in the message and in those inside it, the bytes of payloads excepted.

    They are the same in both dialects.
    """
    for newer in _NEWER.get(message.DESCRIPTOR.full_name, ()):
        message.ClearField(newer)
    match message:
        case Any():
            host, slash, name = message.type_url.rpartition("/")
            message.type_url = host + slash + names.get(name, name)
            return
        case ServiceInfo():
            return  # its service_name is for people
        case DiscoverRequest():
            message.supported_entity_types[:] = [
                names.get(name, name) for name in message.supported_entity_types
            ]
    for field, value in message.ListFields():
        if field.name in ("service_name", "entity_type"):
            setattr(message, field.name, names.get(value, value))
        elif field.message_type is not None:  # the protocol has no maps
            for inner in value if field.is_repeated else (value,):
                _rename(inner, names)
