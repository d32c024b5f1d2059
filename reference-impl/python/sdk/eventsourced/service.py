"""The event sourced kind: one stream for each activation of an entity."""

import logging
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Protocol

from stateward.entity.v1.entity_pb2 import Command
from stateward.eventsourced.v1 import eventsourced_pb2
from stateward.eventsourced.v1.eventsourced_pb2 import HandleRequest, HandleResponse

from sdk import conversation
from sdk.context import Surroundings
from sdk.definition import Kind
from sdk.eventsourced.activation import Activation
from sdk.payload import PayloadError
from sdk.stream import Step

_Step = Step[HandleResponse]


class Definition(Protocol):
    """An Entity of whatever state."""

    def activate(self, entity_id: str) -> Activation[Any]:
        """Return the entity with this id as it is before its first event."""


class Phase(IntEnum):
    """How far a stream has come. It only ever grows."""

    OPENING = 0  # nothing yet: init comes
    REPLAYING = 1  # init: events come, then commands
    SERVING = 2  # a command: commands come
    VOID = 3  # a failure with restart: nothing comes


class Conversation(conversation.Conversation[HandleRequest, HandleResponse]):
    """The conversation with one event sourced entity."""

    response = HandleResponse

    def __init__(
        self, log: logging.Logger, definitions: Mapping[str, Definition], surroundings: Surroundings
    ) -> None:
        super().__init__(log, definitions, surroundings)
        self._phase = Phase.OPENING
        self._entity: Activation[Any]  # from init on
        self._sequence = 0  # of the last event, or of the snapshot before it

    async def _hear(self, request: HandleRequest) -> _Step:
        match request.WhichOneof("message"):
            case "init":
                return self._init(request.init)
            case "event":
                return self._event(request.event)
            case "command":
                return await self._command(request.command)
            case "snapshot_request":
                return self._snapshot()
            case "passivate":  # whatever the reason (LIFE-PASS-005)
                return Step(more=False)
            case _:
                return self._broken(0, "a message without a case that is known here (CORE-STREAM-004)")

    def _init(self, init: eventsourced_pb2.Init) -> _Step:
        """Open the stream: create the entity and restore its snapshot."""
        definition: Definition | None = self._definitions.get(init.service_name)
        if self._phase != Phase.OPENING:
            return self._broken(0, "a second init (ES-INIT-004)")
        if definition is None:
            return self._broken(0, f"no event sourced entity {init.service_name!r} (ES-INIT-005)")
        if not init.entity_id:
            return self._broken(0, "an init without an entity id (CORE-KEY-001)")
        self._phase, self._entity_id = Phase.REPLAYING, init.entity_id
        self._entity = definition.activate(self._entity_id)
        if init.HasField("snapshot"):
            self._sequence = init.snapshot.snapshot_sequence
            try:
                self._entity.restore(init.snapshot)
            except PayloadError as error:
                return self._broken(0, f"snapshot {self._sequence}: {error} (ES-REPLAY-005)")
        return Step()

    def _event(self, event: eventsourced_pb2.Event) -> _Step:
        """Replay one event, in silence (ES-REPLAY-004)."""
        if self._phase == Phase.OPENING:
            return self._broken(0, "an event before init (ES-INIT-003)")
        if self._phase != Phase.REPLAYING:
            return self._broken(0, "an event after a command (ES-REPLAY-006)")
        if event.sequence != self._sequence + 1:
            return self._broken(0, f"event {event.sequence} after {self._sequence} (ES-REPLAY-006)")
        self._sequence = event.sequence
        try:
            self._entity.replay(event)
        except PayloadError as error:
            return self._broken(0, f"event {self._sequence}: {error} (ES-REPLAY-005)")
        return Step()

    async def _command(self, command: Command) -> _Step:
        """Run one command and return its one answer (CORE-CMD-002)."""
        if self._phase == Phase.OPENING:
            return self._broken(command.id, "a command before init (ES-INIT-003)")
        if self._phase == Phase.VOID:
            return self._broken(command.id, "a command after a failure with restart (CORE-RESTART-001)")
        if command.entity_id != self._entity_id:
            wrong = f"a command for {command.entity_id!r} on the stream of {self._entity_id!r} (ES-CMD-002)"
            return self._broken(command.id, wrong)
        self._phase = Phase.SERVING
        reply = await self._entity.execute(command, self._surroundings)
        if reply.client_action.failure.restart:
            self._phase = Phase.VOID
        return Step([HandleResponse(reply=reply)])

    def _snapshot(self) -> _Step:
        """Answer a request for the state (ES-ASK-003)."""
        if self._phase != Phase.SERVING:
            wrong = (
                "a snapshot request before the first command, or after a failure with restart (ES-ASK-001)"
            )
            return self._broken(0, wrong)
        answer = eventsourced_pb2.SnapshotResponse(snapshot=self._entity.save())
        return Step([HandleResponse(snapshot_response=answer)])


KIND = Kind(
    eventsourced_pb2.DESCRIPTOR.services_by_name["EventSourcedService"], conversation.serving(Conversation)
)
"""The event sourced kind."""
