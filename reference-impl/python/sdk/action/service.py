"""The kind of actions: one call of the function for each call of an action."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

from google.protobuf.descriptor import MethodDescriptor
from stateward.action.v1 import action_pb2
from stateward.action.v1.action_pb2 import ActionCommand, ActionResponse

from sdk.action.call import respond
from sdk.action.context import Context
from sdk.definition import Kind
from sdk.failure import Code, Error, failure
from sdk.stream import Handler, Host, Inbox, Stream

if TYPE_CHECKING:
    from sdk.action.action import Action, Method

_SERVICE = action_pb2.DESCRIPTOR.services_by_name["ActionService"]


def _serve(host: Host, actions: Mapping[str, "Action"]) -> Mapping[str, Handler]:
    """Serve every shape, whichever the actions have (ACT-DISC-001)."""
    return {shape.name: _serve_shape(host, actions, shape) for shape in _SERVICE.methods}


KIND = Kind(_SERVICE, _serve, stateful=False)
"""The kind of actions."""


def _serve_shape(host: Host, actions: Mapping[str, "Action"], shape: MethodDescriptor) -> Handler:
    async def handle(stream: Stream[ActionCommand, ActionResponse]) -> None:
        """Serve one call, which shares nothing with another (ACT-CALL-003).

        One that cannot be handled is refused by a failure, and so is one whose handler makes
        a mistake; the stack is in the log.
        """
        try:
            async with Inbox(host, stream) as commands:
                first = await _open(commands)
                method = _find(actions, first, shape)
                ctx = Context(method.method, first, stream.connection, host.stopping)
                async with aclosing(respond(method, ctx, first, commands)) as responses:
                    async for response in responses:
                        await stream.write(response)
        except Error as error:
            host.log.warning("a call of %s is refused: %s", shape.name, error)
            await stream.write(ActionResponse(failure=failure(0, error)))
        except asyncio.CancelledError:
            call = asyncio.current_task()
            if call is None or call.cancelling():
                raise  # the call is over
            given_up = Error(Code.CANCELLED, "given up")  # by the handler itself
            await stream.write(ActionResponse(failure=failure(0, given_up)))
        except Exception:
            host.log.exception("the author's code raised, at %s.%s", first.service_name, first.name)
            raised = Error(Code.INTERNAL, "the function raised an exception; its log has the stack")
            await stream.write(ActionResponse(failure=failure(0, raised)))

    return handle


async def _open(commands: Inbox[ActionCommand]) -> ActionCommand:
    """Return the first command. Where requests stream it is none, and only opens the call (ACT-OPEN-004)."""
    async for first in commands:
        return first
    raise Error(Code.INVALID_ARGUMENT, "a call without a first command (ACT-OPEN-001)")


def _find(actions: Mapping[str, "Action"], first: ActionCommand, shape: MethodDescriptor) -> "Method":
    """Return the method that the first command names, which has to have the shape of the call."""
    action = actions.get(first.service_name)
    if action is None:
        raise Error(Code.UNIMPLEMENTED, f"no action {first.service_name!r} (ACT-CALL-004)")
    found = action.methods.get(first.name)
    if found is None:
        raise Error(Code.UNIMPLEMENTED, f"{first.service_name} has no method {first.name!r} (ACT-CALL-004)")
    streams = found.method.client_streaming, found.method.server_streaming
    if streams != (shape.client_streaming, shape.server_streaming):
        raise Error(
            Code.UNIMPLEMENTED, f"{first.service_name}.{first.name} is not {shape.name} (ACT-CALL-004)"
        )
    return found
