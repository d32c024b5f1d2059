"""The kind of replicated entities: one stream for each activation of an entity."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from stateward.entity.v1.entity_pb2 import Command
from stateward.replicated.v1 import replicated_pb2
from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    HandleRequest,
    HandleResponse,
    Init,
    StreamCancelled,
)

from sdk import conversation
from sdk.context import Surroundings
from sdk.definition import Kind
from sdk.replicated.activation import Activation
from sdk.replicated.crdt import DeltaError
from sdk.stream import Step

_Step = Step[HandleResponse]


class Definition(Protocol):
    """An Entity of whatever value."""

    def activate(self, entity_id: str, surroundings: Surroundings) -> Activation[Any]:
        """Return the entity with this id, and the empty value."""


class Conversation(conversation.Conversation[HandleRequest, HandleResponse]):
    """The conversation with one replicated entity.

    Since it answers each command before it reads on, it never says anything in the proxy's turn
    but news to open calls (REP-TURN-001).
    """

    response = HandleResponse

    def __init__(
        self, log: logging.Logger, definitions: Mapping[str, Definition], surroundings: Surroundings
    ) -> None:
        super().__init__(log, definitions, surroundings)
        self._entity: Activation[Any] | None = None  # from init on

    async def _hear(self, request: HandleRequest) -> _Step:
        case = request.WhichOneof("message")
        if case == "init":
            return self._init(request.init)
        if case is None:
            return self._broken(0, "a message without a case that is known here (CORE-STREAM-004)")
        if self._entity is None:
            return self._broken(request.command.id, "the first message is not init (REP-INIT-005)")
        match case:
            case "delta":
                return self._delta(self._entity, request.delta)
            case "delete":
                self._entity.delete()
                return Step()
            case "command":
                return await self._command(self._entity, request.command)
            case "stream_cancelled":
                return self._cancelled(self._entity, request.stream_cancelled)
            case "passivate":  # whatever the reason (LIFE-PASS-005)
                return Step(more=False)
            case _:  # a cancel is heard elsewhere
                return Step()

    def _init(self, init: Init) -> _Step:
        """Open the stream: it brings the value, where the entity has one."""
        definition: Definition | None = self._definitions.get(init.service_name)
        if self._entity is not None:
            return self._broken(0, "a second init (REP-INIT-006)")
        if definition is None:
            return self._broken(0, f"no replicated entity {init.service_name!r} (REP-INIT-007)")
        if not init.entity_id:
            return self._broken(0, "an init without an entity id (CORE-KEY-001)")
        self._entity, self._entity_id = (
            definition.activate(init.entity_id, self._surroundings),
            init.entity_id,
        )
        if not init.HasField("delta"):
            return Step()  # unset
        try:
            self._entity.apply(init.delta)
        except DeltaError as error:
            return self._broken(0, f"the value: {error} (REP-INIT-009)")
        return Step()

    def _delta(self, entity: Activation[Any], delta: Delta) -> _Step:
        """Take a change from elsewhere, which nothing answers but news."""
        if entity.deleted:
            return self._broken(0, "a delta after delete")
        try:
            return Step(entity.apply(delta))
        except DeltaError as error:
            return self._broken(0, str(error))

    async def _command(self, entity: Activation[Any], command: Command) -> _Step:
        """Run one command."""
        if command.entity_id != self._entity_id:
            wrong = f"a command for {command.entity_id!r} on the stream of {self._entity_id!r} (REP-CMD-001)"
            return self._broken(command.id, wrong)
        return Step(await entity.execute(command))

    def _cancelled(self, entity: Activation[Any], cancelled: StreamCancelled) -> _Step:
        """End a streamed call; answered also where there is none any more (REP-CANCEL-003)."""
        if cancelled.entity_id != self._entity_id:
            other = f"stream_cancelled for {cancelled.entity_id!r}"
            return self._broken(0, f"{other} on the stream of {self._entity_id!r} (REP-CMD-001)")
        answers, refusal = entity.cancel(cancelled.id)
        if refusal is not None:  # there is nobody to tell but the author
            self._log.warning("%s: the end of call %d failed: %s", self._entity_id, cancelled.id, refusal)
        return Step(answers)


KIND = Kind(
    replicated_pb2.DESCRIPTOR.services_by_name["ReplicatedEntityService"], conversation.serving(Conversation)
)
"""The kind of replicated entities."""
