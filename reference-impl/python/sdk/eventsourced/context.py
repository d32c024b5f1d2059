"""What a handler of an event sourced entity sees."""

from collections.abc import Callable
from datetime import timedelta

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from stateward.discovery.v1 import discovery_pb2
from stateward.entity.v1 import entity_pb2
from stateward.eventsourced.v1 import eventsourced_pb2

from sdk.context import StoringContext, Surroundings
from sdk.failure import Code, Error
from sdk.metadata import Metadata
from sdk.payload import pack

# The longest that the events of a deleted entity may be kept (ES-DEL-005).
_LONGEST_RETENTION = timedelta(days=100 * 365)


class Context(StoringContext):
    """What a handler knows of its command and asks for besides the response."""

    def __init__(
        self, command: entity_pb2.Command, surroundings: Surroundings, apply: Callable[[Message], None]
    ) -> None:
        super().__init__(command, surroundings)
        self._apply = apply
        self._event_metadata: list[Metadata] = []
        self.events: list[Any] = []
        """Those emitted so far, in order. It is for the kind."""
        self.deletion: eventsourced_pb2.Delete | None = None
        """What the handler asked for with `delete`. It is for the kind."""

    def emit(self, event: Message, metadata: Metadata | None = None) -> None:
        """Add the event to those that the command's reply carries, and apply it to the state at once.

        The event is then a fact: nobody changes it any more. Metadata is stored with it and
        replayed with it (ES-EVENT-003); an Error says that the proxy cannot, and nothing
        was emitted then. An event that nothing applies is a mistake in the handler, and so is
        whatever the one that applies it raises.
        """
        if metadata:
            self.require(discovery_pb2.CAPABILITY_EVENT_METADATA, "stores no metadata of events")
        payload = pack(event)
        self._apply(event)
        self.events.append(payload)
        self._event_metadata.append(metadata or Metadata())

    def delete(self, retention: timedelta = timedelta()) -> None:
        """Delete the entity, for ever, once the command has succeeded.

        Its events are kept for the retention, and then purged. Events of this command, its
        response, forward and effects stand (ES-DEL-001). Raises an Error where the proxy
        cannot, and for a retention below 0 or above a hundred years (ES-DEL-005).
        """
        self.require(discovery_pb2.CAPABILITY_EVENT_SOURCED_DELETE, "deletes no event sourced entities")
        if not timedelta() <= retention <= _LONGEST_RETENTION:
            raise Error(
                Code.INVALID_ARGUMENT,
                f"events are kept for 0 to {_LONGEST_RETENTION}, not {retention} (ES-DEL-005)",
            )
        self.deletion = eventsourced_pb2.Delete(retention=retention // timedelta(milliseconds=1))

    def annotations(self) -> list[entity_pb2.Metadata]:
        """Return the metadata of the events, one for each; none when none has any (ES-EVENT-003).

        It is for the kind.
        """
        if not any(self._event_metadata):
            return []
        return [metadata.message() or entity_pb2.Metadata() for metadata in self._event_metadata]
