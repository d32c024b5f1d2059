"""One activation on a multiplexed stream."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError, Message
from stateward.multiplex.v1.multiplex_pb2 import Closed, Credit, Failure, HandleRequest, HandleResponse

from sdk.capability import Connection
from sdk.failure import Code, Error
from sdk.multiplex.credit import Balance

if TYPE_CHECKING:
    from sdk.multiplex.session import Session

# The longest description of a failure, in bytes (MUX-FAIL-003).
_LONGEST_DESCRIPTION = 1024


class Handle:
    """To the kind that serves it, it is a Stream of its own."""

    def __init__(self, session: "Session", number: int) -> None:
        self.number = number
        self.closed = False
        """The proxy has sent close."""
        self.ended = False
        """The last frame is decided."""
        self.sent = False
        """The last frame was sent."""
        self.queued = False
        """In the outbox, for what needs no credit."""
        self.task: asyncio.Task[None] | None = None
        """Runs the kind."""
        self._session = session
        self._in, self._out = Balance(), Balance()  # what the proxy may send, and the function
        self._inbox: deque[bytes] = deque()  # what was read and not taken
        self._given = 0  # bytes of the message that the kind was given last
        self._changed = asyncio.Event()  # set, and made anew, when one of these has
        self._credit = 0  # to be given back
        self._pending: bytes | None = None  # a message to be written, for which credit was taken
        self._last: HandleResponse | None = None  # the last frame, to be written

    @property
    def connection(self) -> Connection:
        """The connection of the multiplexed stream."""
        return self._session.connection

    def hear(self, frame: HandleRequest) -> None:
        """Take a frame that is neither start nor open."""
        case = frame.WhichOneof("frame")
        if case == "close" and (not self.closed or frame.close.reset):
            self.close(reset=frame.close.reset)
        elif self.closed and case != "credit":
            self.fail(Code.INVALID_ARGUMENT, "a frame behind close (MUX-WRONG-006)")
        elif self.ended:
            pass  # it was under way (MUX-CLOSE-007)
        elif case == "message":
            self.take(frame.message)
        elif case == "credit":
            if not self._out.give(frame.credit.bytes):
                wrong = f"credit of {frame.credit.bytes} bytes, which are not owed (MUX-WRONG-001)"
                self.fail(Code.INVALID_ARGUMENT, wrong)
            self._wake()
        else:
            self.fail(Code.INVALID_ARGUMENT, "a frame without a case that is known here (MUX-WRONG-001)")

    def take(self, message: bytes) -> None:
        """Put a message where the kind finds it."""
        if not self._in.admits(len(message)):
            wrong = f"a message of {len(message)} bytes with a balance of {self._in.left} (MUX-WRONG-001)"
            self.fail(Code.INVALID_ARGUMENT, wrong)
            return
        self._in.take(len(message))
        self._inbox.append(message)
        self._wake()

    def close(self, *, reset: bool) -> None:
        """Note the proxy's close. A reset is acknowledged at once (MUX-CLOSE-003)."""
        self.closed = True
        if reset and not self.ended:
            self._pending = None
            self._end(HandleResponse(closed=Closed()))
        self._wake()
        if self.sent:
            self._session.forget(self)

    def fail(self, code: Code, reason: str) -> None:
        """End the handle, and drop what it had to say."""
        self._session.log.warning("handle %d fails with %s: %s", self.number, code.name, reason)
        self._pending = None
        self._end(_failure(code, reason))

    def finish(self, error: Error | None) -> None:
        """End the handle as the kind has ended its stream (MUX-FAIL-001)."""
        if not self.ended:
            self._end(
                HandleResponse(closed=Closed()) if error is None else _failure(error.code, error.description)
            )

    def release(self) -> None:
        """Let nobody wait on the handle any more."""
        self.ended = True
        self._inbox.clear()
        self._wake()
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    def _end(self, last: HandleResponse) -> None:
        """Decide the last frame, and release who serves the handle."""
        if not self.sent:
            last.handle, self._last = self.number, last
            self.release()
            self._session.outbox.soon(self)

    async def read(self) -> Message | None:
        """Wait for the next message; None is the proxy's close.

        Whoever reads has begun to handle the message before: so that is when its bytes are
        given back (MUX-CREDIT-006).
        """
        self._give_back()
        while not self._inbox and not self.closed and not self.ended:
            await self._changed.wait()
        if self.ended:
            raise _gone()
        if not self._inbox:
            return None
        raw = self._inbox.popleft()
        self._given = len(raw)
        try:
            return self._session.request.FromString(raw)
        except DecodeError as error:
            self.fail(Code.INVALID_ARGUMENT, "a message that cannot be read (MUX-MSG-003)")
            raise _gone() from error

    def _give_back(self) -> None:
        """Give back the bytes of the message that was taken last."""
        if self._given and not self.ended:
            self._in.give(self._given)
            self._credit += self._given
            self._given = 0
            self._session.outbox.soon(self)

    async def write(self, response: Message) -> None:
        """Wait until there is credit for the message (MUX-CREDIT-003), and queue it."""
        raw = response.SerializeToString()
        if not self.ended:
            self._check(response, len(raw))
        while not self.ended and (self._pending is not None or not self._out.admits(len(raw))):
            if self._session.half_closed and self._pending is None:  # credit never comes
                self._end(HandleResponse(closed=Closed()))
            else:
                await self._changed.wait()
        if self.ended:
            raise _gone()
        self._out.take(len(raw))
        self._pending = raw
        self._session.outbox.ready(self)

    def _check(self, response: Any, size: int) -> None:
        """Fail where the message can never be sent."""
        most = self._session.connection.max_message
        if size > most:
            wrong = f"a message of {size} bytes, and the proxy takes {most} (MUX-LIMIT-005)"
            self.fail(Code.RESOURCE_EXHAUSTED, wrong)
        elif response.WhichOneof("message") == "failure" and not self._out.admits(size):
            # There is no credit to say in a message that the stream is broken.
            self.fail(Code.INTERNAL, response.failure.description)

    def message_frame(self) -> HandleResponse | None:
        """Return the message to be written; None where it was dropped, with its handle."""
        if self._pending is None:
            return None
        frame = HandleResponse(handle=self.number, message=self._pending)
        self._pending = None
        if self._last is not None:
            self._session.outbox.soon(self)
        self._wake()
        return frame

    def control_frame(self) -> HandleResponse | None:
        """Return the last frame, credit where there is none, or None.

        The last frame stays behind a message that is still to be written.
        """
        self.queued = False
        if self._last is not None and self._pending is None:
            frame, self._last, self.sent = self._last, None, True
            if self.closed:
                self._session.forget(self)
            return frame
        if self._credit and not self.ended:
            frame = HandleResponse(handle=self.number, credit=Credit(bytes=self._credit))
            self._credit = 0
            return frame
        return None

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _failure(code: Code, description: str) -> HandleResponse:
    """Return the last frame of a handle that is broken."""
    short = description.encode("utf-8", "replace")[:_LONGEST_DESCRIPTION].decode("utf-8", "ignore")
    return HandleResponse(failure=Failure(code=code.value[0], description=short))


def _gone() -> Error:
    """Return what the kind is told of a handle that has ended."""
    return Error(Code.CANCELLED, "the handle has ended")
