"""What is said on the stream of one entity, whatever its kind."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message
from stateward.entity.v1.entity_pb2 import Failure

from sdk.context import Surroundings
from sdk.failure import text
from sdk.stream import Handler, Host, Step, Stream, converse

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


class Conversation(ABC, Generic[Request, Response]):
    """What was said on one stream: which message may come next, and what answers it. It does no I/O."""

    response: type[Response]
    """What the function says on a stream of the kind; it has a case ``failure``."""

    def __init__(
        self, log: logging.Logger, definitions: Mapping[str, Any], surroundings: Surroundings
    ) -> None:
        self._log = log
        self._definitions = definitions  # by the user's service
        self._surroundings = surroundings
        self._entity_id = ""  # of init

    async def step(self, request: Request) -> Step[Response]:
        """Take one message, and return what follows from it.

        An exception in the author's code ends this stream and nothing else; its stack is in
        the log.
        """
        try:
            return await self._hear(request)
        except Exception:
            command = request.command  # type: ignore[attr-defined]
            self._log.exception("%s: the author's code raised, at %r", self._entity_id, command.name)
            return self._broken(command.id, "the function raised an exception; its log has the stack")

    @abstractmethod
    async def _hear(self, request: Request) -> Step[Response]:
        """Take one message of the kind."""

    def _broken(self, command_id: int, reason: str) -> Step[Response]:
        """End the stream with a stream-level failure (CORE-FAIL-002).

        The id is that of the command that it answers, or 0 where it concerns the stream.
        """
        self._log.warning("stream of %r broken, command %d: %s", self._entity_id, command_id, reason)
        failure = Failure(command_id=command_id, description=text(reason))
        return Step([self.response(failure=failure)], more=False)


def serving(
    conversation: type[Conversation[Any, Any]],
) -> Callable[[Host, Mapping[str, Any]], Mapping[str, Handler]]:
    """Return what serves a kind, by such a conversation for each activation of an entity."""

    def serve(host: Host, definitions: Mapping[str, Any]) -> Mapping[str, Handler]:
        async def handle(stream: Stream[Any, Any]) -> None:
            surroundings = Surroundings(stream.connection)
            await converse(
                host, stream, conversation(host.log, definitions, surroundings).step, surroundings.outstanding
            )

        return {"Handle": handle}

    return serve
