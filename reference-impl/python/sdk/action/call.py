"""One call of an action, from its first command to its last response."""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from stateward.action.v1.action_pb2 import ActionCommand, ActionResponse

from sdk.action.context import Context
from sdk.failure import Code, Error, refused_by
from sdk.payload import PayloadError, input_class, present, unpack
from sdk.stream import Inbox

if TYPE_CHECKING:
    from sdk.action.action import Method


class Requests(AsyncIterator[Message]):
    """The call's requests in their order, until the half-close (ACT-REQ-003)."""

    def __init__(self, kind: type[Message], commands: Inbox[ActionCommand]) -> None:
        self._kind = kind
        self._commands = commands
        self.broken: Error | None = None
        """Why there are no more. It refuses the call, whatever the handler makes of it (ACT-REQ-005)."""

    async def __anext__(self) -> Message:
        try:
            return self.read(await anext(self._commands))
        except Error as error:
            self.broken = error
            raise

    def read(self, command: ActionCommand) -> Message:
        """Return the request in the command; of a method that takes an Any, whatever it is."""
        payload = present(command, "payload")
        if self._kind is Any and payload is not None and not payload.Is(Any.DESCRIPTOR):
            return payload
        try:
            return unpack(payload, self._kind)
        except PayloadError as error:
            raise Error(Code.INVALID_ARGUMENT, f"{error} (ACT-REQ-005)") from error


async def respond(
    method: "Method", ctx: Context, first: ActionCommand, commands: Inbox[ActionCommand]
) -> AsyncGenerator[ActionResponse, None]:
    """Run the handler, and yield its responses as they come.

    Raises what the handler raises by mistake; what it refuses by is its last response.
    """
    requests = Requests(input_class(method.method), commands)
    try:
        taken = requests if method.method.client_streaming else requests.read(first)
        if not method.method.server_streaming:
            result = method.handle(ctx, taken)
            response = await result if inspect.isawaitable(result) else result
            yield ctx.respond(requests.broken or response)
            return
        async with aclosing(method.handle(ctx, taken)) as said:
            async for response in said:
                if requests.broken:
                    break
                yield ctx.respond(response)
        if requests.broken or ctx.asks:  # what it asked for behind its last response
            yield ctx.respond(requests.broken)
    except Exception as error:
        refusal = requests.broken or refused_by(error)
        if refusal is None:
            raise
        yield ctx.respond(refusal)
