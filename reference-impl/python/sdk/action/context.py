"""What a handler of an action sees."""

import asyncio

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from stateward.action.v1.action_pb2 import ActionCommand, ActionResponse
from stateward.entity.v1.entity_pb2 import Command

from sdk.capability import Connection
from sdk.context import Context as AnyContext
from sdk.context import Surroundings
from sdk.failure import Error, failure
from sdk.metadata import Metadata


class Context(AnyContext):
    """What a handler knows of its call besides the requests, and asks for besides the next response.

    `metadata` is the caller's, and `entity_id` is empty. Only the first command of a call
    counts in it (ACT-REQ-004).
    """

    def __init__(
        self, method: MethodDescriptor, first: ActionCommand, connection: Connection, stopping: asyncio.Event
    ) -> None:
        super().__init__(Command(name=first.name, metadata=first.metadata), Surroundings(connection))
        self._method = method
        self.stopping = stopping
        """Set when the function is to stop. A handler that would send responses for ever returns
        then; one that waits for a request gets an Error."""

    def respond(self, response: Message | Error | None) -> ActionResponse:
        """Return the response, with all that was asked for since the one before, and begin the next.

        It is for the kind.
        """
        if isinstance(response, Error):
            # The side effects travel with it, and the proxy starts none of them (FX-FAIL-002).
            return self._with(ActionResponse(failure=failure(0, response)))
        if response is None and not self.forwards:
            return self._with(ActionResponse())
        try:
            action = self.answer(self._method, response)
        except Error as error:
            return self._with(ActionResponse(failure=failure(0, error)))
        if action.HasField("forward"):
            return self._with(ActionResponse(forward=action.forward))
        return self._with(ActionResponse(reply=action.reply))

    @property
    def asks(self) -> bool:
        """Whether something was asked for since the last response. It is for the kind."""
        return self.forwards or bool(self.effects)

    def _with(self, response: ActionResponse) -> ActionResponse:
        response.side_effects.extend(self.effects)
        self._forward, self._effects, self.reply_metadata = None, [], Metadata()
        return response
