"""One event sourced entity in memory."""

from typing import TYPE_CHECKING, Generic, TypeVar

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from stateward.entity.v1 import entity_pb2
from stateward.eventsourced.v1 import eventsourced_pb2
from stateward.eventsourced.v1.eventsourced_pb2 import EventSourcedReply

from sdk.command import read_request, unhandled
from sdk.context import Surroundings
from sdk.eventsourced.context import Context
from sdk.failure import refuse, refused_by
from sdk.payload import PayloadError, pack, present, type_name, unpack

if TYPE_CHECKING:
    from sdk.eventsourced.entity import Entity

S = TypeVar("S")


class Activation(Generic[S]):
    """One entity, for as long as its stream lives. After a restart, or an exception, it is void."""

    def __init__(self, entity: "Entity[S]", entity_id: str) -> None:
        self._entity = entity
        self._state = entity.create(entity_id)
        self._pending = 0  # events that no snapshot covers

    def restore(self, snapshot: eventsourced_pb2.Snapshot) -> None:
        """Put the snapshot in place of the new state. Called first, if at all.

        Raises PayloadError where it is of another type.
        """
        restoration = self._entity.restoration
        if restoration is None:
            raise PayloadError(f"the entity takes none, and was given a {snapshot.snapshot.type_url!r}")
        restoration.apply(self._state, unpack(present(snapshot, "snapshot"), restoration.message))

    def replay(self, event: eventsourced_pb2.Event) -> None:
        """Apply the next stored event, and emit nothing.

        Raises PayloadError where nothing applies its type.
        """
        known = self._entity.events.get(type_name(event.payload))
        if known is None:
            raise PayloadError(f"nothing applies events of type {event.payload.type_url!r}")
        known.apply(self._state, unpack(event.payload, known.message))
        self._pending += 1

    def _apply(self, event: Message) -> None:
        """Change the state by an event that is being emitted.

        Whatever goes wrong is a mistake, an Error too: what is half applied cannot be refused.
        """
        known = self._entity.events.get(event.DESCRIPTOR.full_name)
        if known is None:
            raise TypeError(f"nothing applies events of type {event.DESCRIPTOR.full_name}")
        try:
            known.apply(self._state, event)
        except Exception as error:
            raise RuntimeError(f"what applies {event.DESCRIPTOR.full_name} has raised") from error
        self._pending += 1

    async def execute(self, command: entity_pb2.Command, surroundings: Surroundings) -> EventSourcedReply:
        """Run the command and return its one reply."""
        ctx = Context(command, surroundings, self._apply)
        try:
            return await self._reply(ctx, command, surroundings)
        except Exception as error:
            refusal = refused_by(error)
            if refusal is None:
                raise
            action = refuse(command, refusal)
            # The events are in the state, and must not stay there (see the package).
            action.failure.restart = bool(ctx.events)
            return EventSourcedReply(command_id=command.id, client_action=action)

    async def _reply(
        self, ctx: Context, command: entity_pb2.Command, surroundings: Surroundings
    ) -> EventSourcedReply:
        """Run the handler and return what follows from its success."""
        handler = self._entity.commands.get(command.name)
        if handler is None:
            raise unhandled(self._entity.service, command)
        request = read_request(handler.method, command)
        response = await surroundings.handle(command, handler.handle(ctx, self._state, request))
        return EventSourcedReply(
            command_id=command.id,
            client_action=ctx.answer(handler.method, response),
            side_effects=ctx.effects,
            events=ctx.events,
            snapshot=self._snapshot_after(ctx),
            event_metadata=ctx.annotations(),
            delete=ctx.deletion,
        )

    def _snapshot_after(self, ctx: Context) -> Any | None:
        """Return the state after the events of a reply where a snapshot is due.

        Never without events (ES-SNAP-002), or of what is deleted (ES-DEL-010).
        """
        due = self._entity.snapshot_every
        if not due or not ctx.events or self._pending < due or ctx.deletion is not None:
            return None
        return self.save()

    def save(self) -> Any | None:
        """Return the state, for a proxy that asks for it; None where the entity saves none."""
        if self._entity.save is None:
            return None
        self._pending = 0
        return pack(self._entity.save(self._state))
