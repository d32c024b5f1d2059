"""The kind of value entities: one stream for each activation of an entity."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from stateward.entity.v1.entity_pb2 import Command, Failure
from stateward.value.v1 import value_pb2
from stateward.value.v1.value_pb2 import HandleRequest, HandleResponse, Init, State

from sdk.context import Scope
from sdk.definition import Kind
from sdk.failure import text
from sdk.payload import PayloadError
from sdk.stream import Handler, Host, Stream, Turn, converse
from sdk.value.activation import Activation

_Turn = Turn[HandleResponse]


class Definition(Protocol):
    """An Entity of whatever value."""

    def activate(self, state: State) -> Activation[Any]:
        """Return the entity with what is stored of it."""


def _serve(host: Host, definitions: Mapping[str, Definition]) -> Mapping[str, Handler]:
    async def handle(stream: Stream[HandleRequest, HandleResponse]) -> None:
        """Serve one activation of one entity."""
        scope = Scope(stream.connection)
        await converse(host, stream, Conversation(host.log, definitions, scope).step, scope.outstanding)

    return {"Handle": handle}


KIND = Kind(value_pb2.DESCRIPTOR.services_by_name["ValueEntityService"], _serve)
"""The kind of value entities."""


class Conversation:
    """What was said on one stream: which message may come next, and what answers it. It does no I/O."""

    def __init__(self, log: logging.Logger, definitions: Mapping[str, Definition], scope: Scope) -> None:
        self._log = log
        self._definitions = definitions  # by the user's service
        self._scope = scope
        self._entity_id = ""  # of init
        self._entity: Activation[Any] | None = None  # from init on

    async def step(self, request: HandleRequest) -> _Turn:
        """Take one message, and return what follows from it.

        An exception in the author's code ends this stream and nothing else; its stack is in
        the log.
        """
        try:
            match request.WhichOneof("message"):
                case "init":
                    return self._init(request.init)
                case "command":
                    return await self._command(request.command)
                case "passivate":  # whatever the reason (LIFE-PASS-005)
                    return Turn(more=False)
                case _:
                    return self._broken(0, "a message without a case that is known here (CORE-STREAM-004)")
        except Exception:
            self._log.exception("%s: the author's code raised, at %r", self._entity_id, request.command.name)
            return self._broken(request.command.id, "the function raised an exception; its log has the stack")

    def _init(self, init: Init) -> _Turn:
        """Open the stream: it brings the value, or says that there is none."""
        definition = self._definitions.get(init.service_name)
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
        return Turn()

    async def _command(self, command: Command) -> _Turn:
        """Run one command and return its one answer (CORE-CMD-002)."""
        if self._entity is None:
            return self._broken(command.id, "a command before init (VAL-INIT-004)")
        if command.entity_id != self._entity_id:
            wrong = f"a command for {command.entity_id!r} on the stream of {self._entity_id!r} (VAL-CMD-007)"
            return self._broken(command.id, wrong)
        return Turn([HandleResponse(reply=await self._entity.execute(command, self._scope))])

    def _broken(self, command_id: int, reason: str) -> _Turn:
        """End the stream with a stream-level failure (CORE-FAIL-002).

        The id is that of the command that it answers, or 0 where it concerns the stream.
        """
        self._log.warning("stream of %r broken, command %d: %s", self._entity_id, command_id, reason)
        answer = Failure(command_id=command_id, description=text(reason))
        return Turn([HandleResponse(failure=answer)], more=False)
