"""What the proxy says on the stream of a replicated entity."""

from google.protobuf.message import Message
from stateward.entity.v1.entity_pb2 import Command
from stateward.replicated.v1.replicated_pb2 import Delete, Delta, HandleRequest, Init, StreamCancelled

from sdk.payload import pack


def init(service: str, entity_id: str, delta: Delta | None = None) -> HandleRequest:
    """Return the message that opens a stream; None is an entity that nobody has given a type."""
    return HandleRequest(init=Init(service_name=service, entity_id=entity_id, delta=delta))


def changed(delta: Delta) -> HandleRequest:
    """Return a change from elsewhere."""
    return HandleRequest(delta=delta)


def deleted() -> HandleRequest:
    """Return that the entity was deleted elsewhere."""
    return HandleRequest(delete=Delete())


def command(
    entity_id: str, command_id: int, name: str, request: Message | None, *, streamed: bool = False
) -> HandleRequest:
    """Return a command; one without request has no payload, and the responses of a streamed one are many."""
    payload = None if request is None else pack(request)
    return HandleRequest(
        command=Command(entity_id=entity_id, id=command_id, name=name, payload=payload, streamed=streamed)
    )


def cancelled(entity_id: str, command_id: int) -> HandleRequest:
    """Return that the streamed call of the command with this id has ended."""
    return HandleRequest(stream_cancelled=StreamCancelled(entity_id=entity_id, id=command_id))
