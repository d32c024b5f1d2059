"""What the proxy says on the stream of an event sourced entity."""

from google.protobuf.message import Message
from stateward.entity.v1 import entity_pb2
from stateward.eventsourced.v1.eventsourced_pb2 import Event, HandleRequest, Init, Snapshot, SnapshotRequest

from sdk.payload import pack


def init(service: str, entity_id: str, snapshot: Message | None = None, sequence: int = 0) -> HandleRequest:
    """Return the message that opens a stream, with the snapshot after the event of this sequence."""
    stored = None if snapshot is None else Snapshot(snapshot_sequence=sequence, snapshot=pack(snapshot))
    return HandleRequest(init=Init(service_name=service, entity_id=entity_id, snapshot=stored))


def event(sequence: int, payload: Message) -> HandleRequest:
    """Return a stored event."""
    return HandleRequest(event=Event(sequence=sequence, payload=pack(payload)))


def command(
    entity_id: str, command_id: int, name: str, request: Message | None, timeout: int = 0
) -> HandleRequest:
    """Return a command; one without request has no payload. The timeout is in milliseconds."""
    payload = None if request is None else pack(request)
    sent = entity_pb2.Command(entity_id=entity_id, id=command_id, name=name, payload=payload, timeout=timeout)
    return HandleRequest(command=sent)


def cancel(command_id: int) -> HandleRequest:
    """Return that nobody waits for the command any more."""
    return HandleRequest(cancel=entity_pb2.Cancel(command_id=command_id))


def passivate() -> HandleRequest:
    """Return the last message before a half-close."""
    return HandleRequest(passivate=entity_pb2.Passivate(reason=entity_pb2.PASSIVATION_REASON_IDLE))


def ask_snapshot() -> HandleRequest:
    """Return the question for the state as it is."""
    return HandleRequest(snapshot_request=SnapshotRequest())
