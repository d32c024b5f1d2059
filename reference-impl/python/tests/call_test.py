"""A call over gRPC: how it ends, and what gRPC is given."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from stateward.action.v1 import action_pb2
from stateward.action.v1.action_pb2 import ActionCommand, ActionResponse
from stateward.samples.temperature.v1 import temperature_pb2
from stateward.samples.temperature.v1.temperature_pb2 import AverageRequest, AverageResponse, Temperature

import sdk
from sdk.action import Action, Context
from sdk.call import Call
from sdk.capability import Connection
from sdk.dialect import V1
from sdk.payload import pack
from sdktest import PATIENCE, Proxy, started

TEMPERATURE = temperature_pb2.DESCRIPTOR.services_by_name["TemperatureService"]
STREAMED_IN = action_pb2.DESCRIPTOR.services_by_name["ActionService"].methods_by_name["HandleStreamedIn"]


class Grpc:
    """What gRPC does for a call whose proxy says nothing more: it has half-closed it, or reset it."""

    def __init__(self, *, reset: bool = False) -> None:
        self.reset = reset
        self.did: list[str] = []
        self.may_send = asyncio.Event()

    async def read(self) -> Any:
        self.did.append("read")
        return grpc.aio.EOF

    async def send_initial_metadata(self, metadata: Any) -> None:
        await self.may_send.wait()
        if self.reset:
            raise grpc.aio.InternalError
        self.did.append("headers")

    async def write(self, message: bytes) -> None:
        self.did.append("message")


def call(context: Any) -> Call:
    return Call(context, Connection(), ActionCommand, V1())


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_reset_is_no_half_close() -> None:
    # ACT-END-002, ACT-CANCEL-004: gRPC reads one end of both.
    for reset in (False, True):
        context = Grpc(reset=reset)
        context.may_send.set()
        async with call(context) as stream:
            reading = asyncio.create_task(stream.read())
            await settle()
            assert reading.done() is not reset
            reading.cancel()  # as gRPC does, sooner or later


async def test_behind_a_message_the_cancel_is_given_time() -> None:
    context = Grpc()
    async with call(context) as stream:
        await stream.write(ActionResponse())
        assert await stream.read() is None
    assert context.did == ["message", "read", "read"]


@pytest.mark.parametrize("reader_ends", [False, True])
async def test_headers_are_sent_once(reader_ends: bool) -> None:
    # A message that overtook them would bring headers of its own.
    context = Grpc()
    async with call(context) as stream:
        reading = asyncio.create_task(stream.read())
        await settle()
        if reader_ends:
            reading.cancel()
        writing = asyncio.create_task(stream.write(ActionResponse()))
        await settle()
        context.may_send.set()
        await writing
    assert context.did == ["read", "headers", "message"]


async def test_a_call_is_not_over_before_its_headers_are_sent() -> None:
    # gRPC sends its status next, and headers where none are sent.
    context = Grpc()

    stream = call(context)
    reading = asyncio.create_task(stream.read())
    await settle()
    reading.cancel()
    over = asyncio.create_task(stream.__aexit__(None, None, None))
    await settle()
    assert not over.done()
    context.may_send.set()
    await over
    assert context.did == ["read", "headers"]


async def test_half_a_stream_has_no_end() -> None:
    # Over the wire, where the end and the cancel come in whatever order.
    average = Average()
    async with started(sdk.Config(name="t", version="1", entities=[average.action])) as proxy:
        for _ in range(50):
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(average.broken_off(proxy, number) for number in range(8)))
    assert average.ends == ["cancelled"] * 400


class Average:
    """An action that notes how the streams of its requests end."""

    def __init__(self) -> None:
        self.action = Action(TEMPERATURE)
        self.ends: list[str] = []
        self.begun: dict[float, asyncio.Event] = {}
        self.over: dict[float, asyncio.Event] = {}
        for method in ("Convert", "Tabulate", "Watch"):
            self.action._handled.add(method)

        @self.action.streamed_in("Average")
        async def average(ctx: Context, requests: AsyncIterator[AverageRequest]) -> AverageResponse:
            number = (await anext(requests)).temperature.degrees
            self.begun[number].set()
            try:
                async for _ in requests:
                    pass
                self.ends.append("ended")
            except asyncio.CancelledError:
                self.ends.append("cancelled")
                raise
            finally:
                self.over[number].set()
            return AverageResponse()

    async def broken_off(self, proxy: Proxy, number: float) -> None:
        """Make a call, reset it behind its one request, and wait for the end of its handler."""
        self.begun[number], self.over[number] = asyncio.Event(), asyncio.Event()
        wire = proxy.call(STREAMED_IN)
        await wire.send(
            ActionCommand(service_name=TEMPERATURE.full_name, name="Average"),
            ActionCommand(payload=pack(AverageRequest(temperature=Temperature(degrees=number)))),
        )
        await self.begun[number].wait()
        wire.reset()
        await self.over[number].wait()
