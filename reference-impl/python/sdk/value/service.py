"""The kind of value entities: one stream for each activation of an entity."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from stateward.entity.v1.entity_pb2 import Command
from stateward.value.v1 import value_pb2
from stateward.value.v1.value_pb2 import HandleRequest, HandleResponse, Init, State

from sdk import conversation
from sdk.context import Surroundings
from sdk.definition import Kind
from sdk.payload import PayloadError
from sdk.stream import Step
from sdk.value.activation import Activation

_Step = Step[HandleResponse]


class Definition(Protocol):
    """An Entity of whatever value."""

    def activate(self, state: State) -> Activation[Any]:
        """Return the entity with what is stored of it."""


class Conversation(conversation.Conversation[HandleRequest, HandleResponse]):
    """The conversation with one value entity."""

    response = HandleResponse

    def __init__(
        self, log: logging.Logger, definitions: Mapping[str, Definition], surroundings: Surroundings
    ) -> None:
        super().__init__(log, definitions, surroundings)
        self._entity: Activation[Any] | None = None  # from init on

    async def _hear(self, request: HandleRequest) -> _Step:
        match request.WhichOneof("message"):
            case "init":
                return self._init(request.init)
            case "command":
                return await self._command(request.command)
            case "passivate":  # whatever the reason (LIFE-PASS-005)
                return Step(more=False)
            case _:
                return self._broken(0, "a message without a case that is known here (CORE-STREAM-004)")

    def _init(self, init: Init) -> _Step:
        """Open the stream: it brings the value, or says that there is none."""
        definition: Definition | None = self._definitions.get(init.service_name)
        if self._entity is not None:
            return self._broken(0, "a second init (VAL-INIT-007)")
        if definition is None:
            return self._broken(0, f"no value entity {init.service_name!r} (VAL-INIT-008)")
        if not init.entity_id:
            return self._broken(0, "an init without an entity id (CORE-KEY-001)")
        try:
            self._entity, self._entity_id = definition.activate(init.state), init.entity_id
        except PayloadError as error:
            return self._broken(0, f"the value: {error} (VAL-INIT-009)")
        return Step()

    async def _command(self, command: Command) -> _Step:
        """Run one command and return its one answer (CORE-CMD-002)."""
        if self._entity is None:
            return self._broken(command.id, "a command before init (VAL-INIT-004)")
        if command.entity_id != self._entity_id:
            wrong = f"a command for {command.entity_id!r} on the stream of {self._entity_id!r} (VAL-CMD-007)"
            return self._broken(command.id, wrong)
        return Step([HandleResponse(reply=await self._entity.execute(command, self._surroundings))])


KIND = Kind(value_pb2.DESCRIPTOR.services_by_name["ValueEntityService"], conversation.serving(Conversation))
"""The kind of value entities."""
