"""One call of the proxy, as a kind sees it: what is read from it, and what answers it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from sdk.capability import Connection
from sdk.command import Outstanding
from sdk.failure import Code, Error, refused_by

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Request_co = TypeVar("Request_co", bound=Message, covariant=True)
Response_contra = TypeVar("Response_contra", bound=Message, contravariant=True)


class Stream(Protocol[Request_co, Response_contra]):
    """A call that the proxy has made. It is read by one task at a time, and written by one."""

    @property
    def connection(self) -> Connection:
        """The connection on which it was made."""

    async def read(self) -> Request_co | None:
        """Return the next message; None is the proxy's half-close, and not its reset.

        Raises an Error where a message cannot be read.
        """

    async def write(self, response: Response_contra, /) -> None:
        """Send a message, once there is room for it."""


Handler = Callable[[Stream[Any, Any]], Awaitable[None]]
"""Serves one call, until its end: status OK, or that of the Error which it raises. Where the
proxy resets the call, the handler is cancelled."""


class Stoppable(Protocol):
    """What ends when the function stops."""

    def stop(self) -> None:
        """Begin no more."""


class Host:
    """What a kind's service has of the function that serves it: the log, and the end."""

    def __init__(self, log: logging.Logger) -> None:
        self.log = log
        self.stopping = asyncio.Event()
        """Set when the function is to stop: a call that would go on for ever ends then."""
        self.streams: set[Stoppable] = set()
        """What is to be told to stop."""

    def stop(self) -> None:
        """End every stream, each after its answer to what is at hand."""
        self.stopping.set()
        for stream in tuple(self.streams):
            stream.stop()


class Inbox(AsyncIterator[Request], Generic[Request]):
    """What the proxy says on one stream, in order, its cancels left out.

    The iteration ends where the proxy has half-closed, and raises an Error where a message
    cannot be read, and UNAVAILABLE where the function stops.

    A task of its own reads the stream, since a cancel is to be heard while its command is
    being handled, and a function that stops cannot wait for the proxy. It reads ahead by one
    message, once the one before has been taken; gRPC's flow control holds up the rest. The
    task lives as long as the ``async with`` of the Inbox.
    """

    def __init__(
        self, host: Host, stream: Stream[Request, Any], outstanding: Outstanding | None = None
    ) -> None:
        self._host = host
        self._stream = stream
        self._hear = outstanding.hear if outstanding is not None else lambda _: False
        self._read: asyncio.Queue[Request | _End] = asyncio.Queue(maxsize=1)
        self._end: _End | None = None  # what every further call gives

    async def __aenter__(self) -> "Inbox[Request]":
        self._host.streams.add(self)
        if self._host.stopping.is_set():
            self.stop()
        self._reader = asyncio.create_task(self._receive())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.streams.discard(self)
        self._reader.cancel()
        await asyncio.wait([self._reader])

    async def __anext__(self) -> Request:
        if self._end is None:
            read = await self._read.get()
            self._read.task_done()
            if not isinstance(read, _End):
                return read
            self._end = read
        if self._end.error is not None:
            raise self._end.error
        raise StopAsyncIteration

    def stop(self) -> None:
        """Let nothing more be read."""
        self._end = _End(Error(Code.UNAVAILABLE, "the function is stopping"))
        with contextlib.suppress(asyncio.QueueFull):  # else somebody may wait for it
            self._read.put_nowait(self._end)

    async def _receive(self) -> None:
        try:
            while (request := await self._stream.read()) is not None:
                if not self._hear(request):
                    await self._read.put(request)
                    await self._read.join()  # until it is taken
        except Exception as error:  # whoever waits has to hear of it, whatever it is
            refusal = refused_by(error)
            if refusal is None:
                self._host.log.exception("a message could not be read")
                refusal = Error(Code.INTERNAL, "the function's log says what went wrong")
            await self._read.put(_End(refusal))
        else:
            await self._read.put(_End(None))


@dataclass(frozen=True)
class _End:
    """Stands in the queue behind the last message."""

    error: Error | None


@dataclass(frozen=True)
class Step(Generic[Response]):
    """What follows from one message: what is sent for it, in order, and whether the stream goes on."""

    answers: Sequence[Response] = ()
    more: bool = True


async def converse(
    host: Host,
    stream: Stream[Request, Response],
    step: Callable[[Request], Awaitable[Step[Response]]],
    outstanding: Outstanding,
) -> None:
    """Give what the proxy says to `step`, one message at a time and in order, until the stream ends.

    `step` does no I/O but what the author's handler does.

    It ends with status OK where the proxy half-closes it, and nothing more is sent then
    (CORE-STREAM-003), or where a step says so, behind its answers; with an Error where a
    message cannot be read; and with UNAVAILABLE where the function stops, after the
    answers to the message at hand.
    """
    async with Inbox(host, stream, outstanding) as requests:
        async for request in requests:
            taken = await step(request)
            for answer in taken.answers:
                await stream.write(answer)
            if not taken.more:
                return
