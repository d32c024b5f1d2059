"""Commands: what they ask for, and when they are given up."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from stateward.entity.v1.entity_pb2 import Command

from sdk.failure import Code, Error
from sdk.payload import PayloadError, input_class, present, unpack

T = TypeVar("T")


def read_request(method: MethodDescriptor, command: Command) -> Message:
    """Return the command's request; raises an Error where it cannot be read."""
    try:
        return unpack(present(command, "payload"), input_class(method))
    except PayloadError as error:
        raise Error(Code.INVALID_ARGUMENT, f"{command.name}: {error} (CORE-CMD-005)") from error


def unhandled(service: ServiceDescriptor, command: Command) -> Error:
    """Return what refuses a command that nothing handles."""
    return Error(Code.UNIMPLEMENTED, f"{service.full_name} has no method {command.name!r} (CORE-CMD-003)")


class Outstanding:
    """Which command of a stream is being handled, and which has been read behind it.

    A handler that is a coroutine is cancelled, as asyncio cancels, when its caller's
    deadline passes and when the proxy says that nobody waits for the answer any more.
    It may catch that and answer all the same. The command is answered in any case
    (CORE-CANCEL-002). A plain function is over before any of this can come.
    """

    def __init__(self) -> None:
        self._read = 0  # the last command read
        self._cancelled = 0  # that command, where its cancel came before it began
        self._running = 0  # the command being handled; 0 where there is none
        self._task: asyncio.Task[Any] | None = None  # handles it
        self._reason: Error | None = None  # why it was cancelled; None where it has done so itself

    def hear(self, request: Message) -> bool:
        """Note what was read, and say whether it was a cancel.

        A cancel is passed on to nobody and answered by nothing (CORE-CANCEL-005).
        """
        match request.WhichOneof("message"):
            case "command":
                self._read, self._cancelled = request.command.id, 0  # type: ignore[attr-defined]
            case "cancel":
                self._give_up(request.cancel.command_id)  # type: ignore[attr-defined]
                return True
        return False

    async def run(self, command: Command, handling: Coroutine[Any, Any, T]) -> T:
        """Return what the handler returns, or raise what it raises: an Error where it is given up."""
        task: asyncio.Task[T] = asyncio.create_task(handling)
        self._running, self._task, self._reason = command.id, task, None
        if command.id and command.id == self._cancelled:
            self._give_up(command.id)
        timer = self._end_in(command.timeout / 1000) if command.timeout > 0 else None
        try:
            return await task
        except asyncio.CancelledError:
            handler = asyncio.current_task()
            if handler is not None and handler.cancelling():
                raise  # the stream is over
            raise self._reason or Error(Code.CANCELLED, "given up") from None
        finally:
            self._running, self._task = 0, None
            if timer is not None:
                timer.cancel()

    def _end_in(self, seconds: float) -> asyncio.TimerHandle:
        late = Error(Code.DEADLINE_EXCEEDED, "the caller's deadline has passed")
        return asyncio.get_running_loop().call_later(seconds, self._stop, late)

    def _give_up(self, command_id: int) -> None:
        """Change nothing where that command is answered or never came (CORE-CANCEL-004)."""
        if self._task is not None and self._running == command_id:
            self._stop(Error(Code.CANCELLED, "nobody waits for the answer any more"))
        elif self._read == command_id:
            self._cancelled = command_id

    def _stop(self, reason: Error) -> None:
        if self._task is not None:
            self._reason = reason
            self._task.cancel()
