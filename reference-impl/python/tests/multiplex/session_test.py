"""Multiplexed streams over the wire, of real entities; service_test.py has each frame."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.protobuf.message import Message
from stateward.discovery.v1 import discovery_pb2
from stateward.multiplex.v1 import multiplex_pb2
from stateward.multiplex.v1.multiplex_pb2 import Close, Credit, HandleRequest, Open, Start
from stateward.samples.profile.v1.profile_pb2 import PutProfileRequest, PutProfileResponse
from stateward.samples.profile.v1.stored_pb2 import Profile
from stateward.value.v1 import value_pb2

import sdk
from sdk import Code
from sdk.value import Context, Entity
from sdktest import PATIENCE, Proxy, Wire, started
from sdktest import value as says
from tests.value.conversation_test import PROFILES

KIND = value_pb2.DESCRIPTOR.services_by_name["ValueEntityService"]
MULTIPLEX = multiplex_pb2.DESCRIPTOR.services_by_name["MultiplexService"]


class Gates:
    """An entity whose PutProfile waits for the gate of its id, where there is one."""

    def __init__(self) -> None:
        self.gates: dict[str, asyncio.Event] = {}
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.response = PutProfileResponse()
        self.entity = Entity(PROFILES, "profile", Profile)
        for method in PROFILES.methods:
            if method.name != "PutProfile":
                self.entity._handled.add(method.name)

        @self.entity.command("PutProfile")
        async def put(ctx: Context[Profile], request: PutProfileRequest) -> PutProfileResponse:
            if gate := self.gates.get(ctx.entity_id):
                self.begun.set()
                try:
                    await gate.wait()
                except asyncio.CancelledError:
                    self.cancelled.set()
                    raise
            return self.response


@asynccontextmanager
async def multiplexed(gates: Gates | None = None) -> AsyncIterator[tuple[Proxy, Wire]]:
    config = sdk.Config(name="m", version="1", entities=[(gates or Gates()).entity])
    async with started(config, [discovery_pb2.CAPABILITY_MULTIPLEXED_STREAM]) as proxy:
        wire = proxy.open(MULTIPLEX)
        await wire.send(HandleRequest(start=Start(entity_type=KIND.full_name)))
        yield proxy, wire
        wire.reset()


def opened(handle: int, entity_id: str) -> HandleRequest:
    init = says.init(PROFILES.full_name, entity_id)
    return HandleRequest(handle=handle, open=Open(message=init.SerializeToString()))


def message(handle: int, said: Message) -> HandleRequest:
    return HandleRequest(handle=handle, message=said.SerializeToString())


def put(handle: int, entity_id: str, command_id: int = 1) -> HandleRequest:
    return message(handle, says.command(entity_id, command_id, "PutProfile", PutProfileRequest()))


def close(handle: int, *, reset: bool = False) -> HandleRequest:
    return HandleRequest(handle=handle, close=Close(reset=reset))


async def next_frame(wire: Wire, *cases: str) -> Any:
    """Return the next frame of one of these cases, credit left out unless it is one of them."""
    while True:
        frame = await wire.receive()
        assert frame is not None, await wire.status()
        case = frame.WhichOneof("frame")
        if case in cases:
            return frame
        assert case == "credit", frame


async def test_a_slow_handle_holds_up_no_other() -> None:
    # MUX-READ-001, MUX-MSG-005, CORE-STREAM-002.
    gates = Gates()
    gates.gates["slow"] = asyncio.Event()
    async with multiplexed(gates) as (_, wire):
        await wire.send(opened(1, "slow"), put(1, "slow"), opened(2, "b"), put(2, "b"))
        assert (await next_frame(wire, "message")).handle == 2
        gates.gates["slow"].set()
        assert (await next_frame(wire, "message")).handle == 1
        await wire.send(close(1), close(2))
        ends = [await next_frame(wire, "closed"), await next_frame(wire, "closed")]
        assert {end.handle for end in ends} == {1, 2}
        await wire.half_close()
        assert await wire.receive() is None
        assert await wire.status() is Code.OK


async def test_all_that_was_taken_is_given_back() -> None:
    # MUX-CREDIT-004, MUX-CREDIT-005, MUX-CREDIT-006, MUX-CREDIT-007.
    gates = Gates()
    gates.gates["a"] = asyncio.Event()
    frames = [opened(1, "a"), put(1, "a")]
    owed = len(frames[0].open.message) + len(frames[1].message)
    async with multiplexed(gates) as (_, wire):
        await wire.send(*frames)
        while owed:  # while the handler still waits
            credit = (await next_frame(wire, "credit")).credit.bytes
            assert 0 < credit <= owed
            owed -= credit
        gates.gates["a"].set()
        assert (await next_frame(wire, "message")).handle == 1


async def test_messages_wait_for_credit() -> None:
    # MUX-CREDIT-003: 64 KiB are left of the first, and nothing goes before they are given back.
    gates = Gates()
    gates.response = PutProfileResponse()
    gates.response.MergeFromString(b"\xc2\x3e" + b"\x80\x80\x04" + bytes(65536))  # an unknown field
    async with multiplexed(gates) as (_, wire):
        await wire.send(opened(1, "a"), put(1, "a", 1), put(1, "a", 2), opened(2, "b"), put(2, "b"))
        first = await next_frame(wire, "message")
        second = await next_frame(wire, "message")
        assert [first.handle, second.handle] == [1, 2]
        await wire.send(HandleRequest(handle=1, credit=Credit(bytes=len(first.message))))
        assert (await next_frame(wire, "message")).handle == 1


async def test_a_reset_is_acknowledged_at_once() -> None:
    # MUX-CLOSE-003, and the handler is cancelled.
    gates = Gates()
    gates.gates["a"] = asyncio.Event()
    async with multiplexed(gates) as (_, wire):
        await wire.send(opened(1, "a"), put(1, "a"))
        await asyncio.wait_for(gates.begun.wait(), PATIENCE)
        await wire.send(close(1, reset=True))
        assert (await next_frame(wire, "closed", "message")).HasField("closed")
        await asyncio.wait_for(gates.cancelled.wait(), PATIENCE)


async def test_a_broken_stream_releases_its_handles() -> None:
    # MUX-END-004.
    gates = Gates()
    gates.gates["a"] = asyncio.Event()
    async with multiplexed(gates) as (_, wire):
        await wire.send(opened(1, "a"), put(1, "a"))
        await asyncio.wait_for(gates.begun.wait(), PATIENCE)
        wire.reset()
        await asyncio.wait_for(gates.cancelled.wait(), PATIENCE)


async def test_a_stream_level_failure_is_followed_by_the_last_frame() -> None:
    # MUX-OPEN-003, CORE-FAIL-002.
    async with multiplexed() as (_, wire):
        await wire.send(HandleRequest(handle=1, open=Open(message=put(1, "a").message)))
        said = value_pb2.HandleResponse.FromString((await next_frame(wire, "message")).message)
        assert said.HasField("failure")
        assert (await next_frame(wire, "closed")).handle == 1


async def test_frames_that_were_under_way_change_nothing() -> None:
    # MUX-CLOSE-007, MUX-CLOSE-008.
    async with multiplexed() as (_, wire):
        await wire.send(opened(1, "a"), message(1, says.passivate()))
        assert (await next_frame(wire, "closed")).handle == 1
        await wire.send(HandleRequest(handle=1, credit=Credit(bytes=5)), put(1, "a"), close(1))
        await wire.send(HandleRequest(handle=1, credit=Credit(bytes=5)), close(1, reset=True))
        await wire.send(opened(2, "a"), put(2, "a"))
        assert (await next_frame(wire, "message")).handle == 2
        await wire.send(put(1, "a"))  # it is done, MUX-WRONG-002
        assert await wire.status() is Code.INVALID_ARGUMENT


async def test_the_function_stops() -> None:
    # MUX-DRAIN-002: each handle ends, then the stream, with UNAVAILABLE.
    async with multiplexed() as (proxy, wire):
        await wire.send(opened(1, "a"), put(1, "a"))
        await next_frame(wire, "message")
        await proxy.server.stop()
        failed = await next_frame(wire, "failure")
        assert failed.failure.code == Code.UNAVAILABLE.value[0]
        assert await wire.receive() is None
        assert await wire.status() is Code.UNAVAILABLE
