"""The other side of a multiplexed stream, with no network between, and a kind that echoes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from stateward.entity.v1.entity_pb2 import ClientAction, Command, Failure
from stateward.multiplex.v1.multiplex_pb2 import Close, Credit, HandleRequest, HandleResponse, Open, Start
from stateward.value.v1 import value_pb2
from stateward.value.v1.value_pb2 import ValueEntityReply

from sdk import multiplex
from sdk.capability import Connection
from sdk.failure import Code, Error
from sdk.multiplex.credit import WINDOW
from sdk.stream import Handler, Host, Stream
from sdktest import PATIENCE

VALUES = value_pb2.DESCRIPTOR.services_by_name["ValueEntityService"]
_OVER = object()


def text(of: str) -> bytes:
    """Return a message of the kind, to it or from it, that says this."""
    return value_pb2.HandleRequest(command=Command(name=of)).SerializeToString()


def answer(of: str) -> value_pb2.HandleResponse:
    action = ClientAction(failure=Failure(description=of))
    return value_pb2.HandleResponse(reply=ValueEntityReply(client_action=action))


async def echo(stream: Stream[value_pb2.HandleRequest, value_pb2.HandleResponse]) -> None:
    """Answer each text by itself, but for a few."""
    while (request := await stream.read()) is not None:
        match request.command.name:
            case "init":
                pass
            case "never":
                await asyncio.Event().wait()
            case "break":
                raise Error(Code.DATA_LOSS, "é" * 1024)
            case "raise":
                raise ZeroDivisionError("a bug of the kind")
            case "end":
                return
            case "stream failure":
                await stream.write(value_pb2.HandleResponse(failure=Failure(description="s" * WINDOW)))
            case "large":
                await stream.write(answer("l" * WINDOW))
            case "too large":
                await stream.write(answer("t" * (4 << 20)))
            case said:
                await stream.write(answer(said))


class Proxy:
    """To the service, it is the stream."""

    def __init__(self) -> None:
        self.connection = Connection()
        self.host = Host(logging.getLogger("sdktest"))
        self.aside: dict[int, list[str]] = {}
        """What was read of other handles."""
        self.credit: dict[int, int] = {}
        """What was given back on each, in bytes."""
        self.service: asyncio.Task[None]
        self._sent: asyncio.Queue[HandleRequest | None] = asyncio.Queue()
        self._said: asyncio.Queue[HandleResponse | str] = asyncio.Queue()

    async def serve(self, kinds: Mapping[ServiceDescriptor, Handler]) -> None:
        """Run the service, and note its end."""
        try:
            await multiplex.serve(self.host, kinds)["Handle"](self)
        except Error as error:
            self._said.put_nowait(f"end {error.code.name}")
        else:
            self._said.put_nowait("end OK")

    async def read(self) -> HandleRequest | None:
        return await self._sent.get()

    async def write(self, response: HandleResponse) -> None:
        self._said.put_nowait(response)

    def send(self, handle: int, frame: Any) -> None:
        """Send a text, bytes, a credit, a close (True resets), a Start or an Open; None has no case."""
        match frame:
            case str():
                request = HandleRequest(handle=handle, message=text(frame))
            case bytes():
                request = HandleRequest(handle=handle, message=frame)
            case bool():
                request = HandleRequest(handle=handle, close=Close(reset=frame))
            case int():
                request = HandleRequest(handle=handle, credit=Credit(bytes=frame))
            case Start():
                request = HandleRequest(handle=handle, start=frame)
            case Open():
                request = HandleRequest(handle=handle, open=frame)
            case _:
                request = HandleRequest(handle=handle)
        self._sent.put_nowait(request)

    def open(self, handle: int) -> None:
        self.send(handle, Open(message=text("init")))

    def half_close(self) -> None:
        self._sent.put_nowait(None)

    async def next(self, handle: int) -> str:
        """Return what comes on the handle next, credit left out, or the end of the stream."""
        while not self.aside.get(handle):
            if (end := await self.take()) is not None:
                return end
        return self.aside[handle].pop(0)

    async def take(self) -> str | None:
        """Read one frame; return the end of the stream where that comes."""
        said = await asyncio.wait_for(self._said.get(), PATIENCE)
        if isinstance(said, str):
            return said
        match said.WhichOneof("frame"):
            case "credit":
                self.credit[said.handle] = self.credit.get(said.handle, 0) + said.credit.bytes
                return None
            case "message":
                told = value_pb2.HandleResponse.FromString(said.message)
                words = told.reply.client_action.failure.description[:5]
            case "failure":
                assert len(said.failure.description.encode()) <= 1024  # MUX-FAIL-003
                words = f"failure {code_of(said.failure.code)}"
            case case:
                words = str(case)
        self.aside.setdefault(said.handle, []).append(words)
        return None

    async def wants(self, handle: int, *all_: str) -> None:
        """Expect what comes on the handle next."""
        assert [await self.next(handle) for _ in all_] == list(all_)

    async def returned(self, handle: int, want: int) -> None:
        """Wait for credit, until that much was given back on the handle."""
        while self.credit.get(handle, 0) < want:
            assert await self.take() is None
        assert self.credit[handle] == want


def code_of(number: int) -> str:
    return next(code.name for code in Code if code.value[0] == number)


@asynccontextmanager
async def connected() -> AsyncIterator[Proxy]:
    """Return a stream on which nothing was said."""
    proxy = Proxy()
    proxy.service = asyncio.create_task(proxy.serve({VALUES: echo}))
    yield proxy
    proxy.service.cancel()
    await asyncio.wait([proxy.service], timeout=PATIENCE)
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.done()]
    assert left == [], "tasks outlive their stream (MUX-END-004)"


@asynccontextmanager
async def dialled() -> AsyncIterator[Proxy]:
    """Return a stream with the handles 1 and 2."""
    async with connected() as proxy:
        proxy.send(0, Start(entity_type=VALUES.full_name))
        proxy.open(1)
        proxy.open(2)
        yield proxy
