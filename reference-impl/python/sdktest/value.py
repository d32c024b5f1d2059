"""What the proxy says on the stream of a value entity."""

from google.protobuf.message import Message
from stateward.entity.v1 import entity_pb2
from stateward.value.v1.value_pb2 import HandleRequest, Init, State

from sdk.payload import pack


def init(service: str, entity_id: str, value: Message | None = None) -> HandleRequest:
    """Return the message that opens a stream, with the value; None where there is none."""
    state = State(value=None if value is None else pack(value))
    return HandleRequest(init=Init(service_name=service, entity_id=entity_id, state=state))


def command(entity_id: str, command_id: int, name: str, request: Message | None) -> HandleRequest:
    """Return a command; one without request has no payload."""
    payload = None if request is None else pack(request)
    return HandleRequest(
        command=entity_pb2.Command(entity_id=entity_id, id=command_id, name=name, payload=payload)
    )


def passivate() -> HandleRequest:
    """Return the last message before a half-close."""
    return HandleRequest(passivate=entity_pb2.Passivate(reason=entity_pb2.PASSIVATION_REASON_IDLE))
