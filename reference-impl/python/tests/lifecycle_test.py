"""Health and drain, on the Watch of a connection, and what becomes of streams at the end."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from stateward.discovery.v1 import discovery_pb2
from stateward.eventsourced.v1 import eventsourced_pb2
from stateward.lifecycle.v1 import lifecycle_pb2
from stateward.lifecycle.v1.lifecycle_pb2 import ProxyDraining, WatchRequest, WatchStart
from stateward.samples.cart.v1.cart_pb2 import AddItemResponse

import sdk
from sdk import Code
from sdk.eventsourced import Context
from sdk.health import SERVICE as HEALTH
from sdktest import PATIENCE, Proxy, started
from sdktest import eventsourced as says
from tests.eventsourced.tally import CART, Tally, add, new_tally

WATCH = lifecycle_pb2.DESCRIPTOR.services_by_name["LifecycleService"].methods_by_name["Watch"]
KIND = eventsourced_pb2.DESCRIPTOR.services_by_name["EventSourcedService"]
START = WatchRequest(start=WatchStart())
DRAINING = WatchRequest(draining=ProxyDraining(grace=30000))


def config(on_add: Any = None, **more: Any) -> sdk.Config:
    return sdk.Config(name="n", version="v", entities=[new_tally(on_add)], **more)


async def test_health_is_said_at_once_and_at_each_change() -> None:
    # LIFE-HEALTH-001, LIFE-WATCH-007, LIFE-HEALTH-006, LIFE-WATCH-011.
    health = sdk.Health()
    async with started(config(health=health)) as proxy:
        for _ in range(2):
            watch = proxy.call(WATCH)
            assert (await watch.ask(START)).health.status == lifecycle_pb2.HEALTH_STATUS_SERVING
            health.serving()  # which it did before: nothing is said
            health.not_serving("ü" * 600)
            said = (await watch.receive()).health
            assert said.status == lifecycle_pb2.HEALTH_STATUS_NOT_SERVING
            assert said.reason == "ü" * 512
            health.serving()
            assert (await watch.receive()).health.status == lifecycle_pb2.HEALTH_STATUS_SERVING
            await watch.half_close()
            assert await watch.receive() is None
            assert await watch.status() is Code.OK  # LIFE-DRAIN-008


@pytest.mark.parametrize(
    "said",
    [[DRAINING], [START, START], [START, DRAINING, DRAINING], [START, WatchRequest()], [WatchRequest()]],
)
async def test_a_watch_that_is_wrong(said: list[WatchRequest]) -> None:
    # LIFE-WATCH-002: every other call lives on.
    async with started(config()) as proxy:
        other, watch = proxy.call(WATCH), proxy.call(WATCH)
        await other.ask(START)
        await watch.send(*said)
        assert await watch.status() is Code.INVALID_ARGUMENT
        await other.half_close()
        assert await other.status() is Code.OK


async def test_the_proxy_stops() -> None:
    # LIFE-STOP-008: what it sends is answered as before.
    async with started(config()) as proxy:
        watch = proxy.call(WATCH)
        await watch.ask(START)
        await watch.send(DRAINING)
        stream = proxy.open(KIND)
        await stream.send(says.init(CART.full_name, "e"))
        assert (await stream.ask(add(1))).HasField("reply")
        await watch.half_close()
        assert await watch.status() is Code.OK


async def test_the_function_drains() -> None:
    # LIFE-DRAIN-001, LIFE-DRAIN-009: it serves on until the Watch is half-closed, whatever is open then.
    async with started(config(stop_within=timedelta(seconds=2 * PATIENCE))) as proxy:
        watch = proxy.call(WATCH)
        await watch.ask(START)
        stopping = asyncio.create_task(proxy.server.stop())
        draining = await watch.receive()
        assert draining.draining.grace == 2 * PATIENCE * 1000
        stream = proxy.open(KIND)
        await stream.send(says.init(CART.full_name, "e"))
        assert (await stream.ask(add(1))).HasField("reply")
        await watch.half_close()
        assert await watch.receive() is None
        await asyncio.wait_for(stopping, PATIENCE)
        assert await stream.status() is Code.UNAVAILABLE


async def test_a_drain_outlives_its_watch() -> None:
    # LIFE-DRAIN-001: what is open on its connection is served for the whole grace.
    grace = timedelta(milliseconds=200)
    async with started(config(stop_within=timedelta(seconds=PATIENCE))) as proxy:
        proxy.server._lifecycle._grace = grace  # of the drain alone: what follows it may take its time
        watch = proxy.call(WATCH)
        await watch.ask(START)
        began = asyncio.get_running_loop().time()
        stopping = asyncio.create_task(proxy.server.stop())
        assert (await watch.receive()).HasField("draining")
        watch.reset()
        await asyncio.wait_for(stopping, PATIENCE)
        assert asyncio.get_running_loop().time() - began >= grace.total_seconds()


async def test_a_late_watch_is_told_what_is_left_of_the_grace() -> None:
    # Never 0, which would state none.
    async with started(config(stop_within=timedelta(seconds=PATIENCE))) as proxy:
        first = proxy.call(WATCH)
        await first.ask(START)
        stopping = asyncio.create_task(proxy.server.stop())
        assert (await first.receive()).HasField("draining")
        late = proxy.call(WATCH)
        assert (await late.ask(START)).HasField("health")
        assert 0 < (await late.receive()).draining.grace < PATIENCE * 1000
        for watch in first, late:
            await watch.half_close()
            assert await watch.status() is Code.OK
        await asyncio.wait_for(stopping, PATIENCE)


async def test_a_stop_answers_what_is_at_hand() -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    async def wait(ctx: Context, state: Tally) -> AddItemResponse:
        begun.set()
        await gate.wait()
        return AddItemResponse()

    async with started(config(wait)) as proxy:
        idle, stream = proxy.open(KIND), proxy.open(KIND)
        await idle.send(says.init(CART.full_name, "f"))
        await stream.send(says.init(CART.full_name, "e"), add(1))
        await asyncio.wait_for(begun.wait(), PATIENCE)
        stopping = asyncio.create_task(proxy.server.stop())
        assert await idle.status() is Code.UNAVAILABLE  # it is stopping now
        gate.set()
        assert (await stream.receive()).reply.command_id == 1
        assert await stream.receive() is None
        assert await stream.status() is Code.UNAVAILABLE
        await asyncio.wait_for(stopping, PATIENCE)


async def test_a_command_that_takes_too_long_is_broken() -> None:
    begun = asyncio.Event()

    async def hang(ctx: Context, state: Tally) -> AddItemResponse:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with started(config(hang, stop_within=timedelta(milliseconds=10))) as proxy:
        stream = proxy.open(KIND)
        await stream.send(says.init(CART.full_name, "e"), add(1))
        await asyncio.wait_for(begun.wait(), PATIENCE)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(proxy.server.stop(), PATIENCE)
        assert await stream.status() is not Code.OK


async def test_half_close_ends_a_stream() -> None:
    # CORE-STREAM-003.
    async with started(config()) as proxy:
        stream = proxy.open(KIND)
        await stream.send(says.init(CART.full_name, "e"))
        await stream.ask(add(1))
        await stream.half_close()
        assert await stream.receive() is None
        assert await stream.status() is Code.OK


async def test_a_cancel_is_heard_while_its_command_is_handled() -> None:
    # CORE-CANCEL-002.
    begun = asyncio.Event()

    async def hang(ctx: Context, state: Tally) -> AddItemResponse:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with started(config(hang)) as proxy:
        stream = proxy.open(KIND)
        await stream.send(says.init(CART.full_name, "e"), add(1))
        await asyncio.wait_for(begun.wait(), PATIENCE)
        answer = await stream.ask(says.cancel(1))
        assert answer.reply.client_action.failure.code == Code.CANCELLED.value[0]


async def test_an_unreadable_message_costs_its_stream(caplog: pytest.LogCaptureFixture) -> None:
    # CORE-STREAM-002, CORE-STREAM-005.
    async with started(config()) as proxy:
        other, stream = proxy.open(KIND), proxy.open(KIND)
        await other.send(says.init(CART.full_name, "e"))
        await stream.send(b"\x0a")
        assert await stream.status() is Code.INVALID_ARGUMENT
        assert (await other.ask(add(1))).HasField("reply")
    # Of the function alone: asyncio logs what gRPC has left for the closed loop of an earlier test.
    said = [record for record in caplog.records if record.name == config().log.name]
    assert not [record for record in said if record.levelno >= logging.ERROR]


async def test_health_check() -> None:
    health = sdk.Health()
    async with started(config(health=health)) as proxy:
        check = HEALTH.methods_by_name["Check"]
        assert (await proxy.unary(check, HealthCheckRequest())).status == HealthCheckResponse.SERVING
        health.not_serving("no database")
        assert (await proxy.unary(check, HealthCheckRequest())).status == HealthCheckResponse.NOT_SERVING
        call = proxy.call(check)
        await call.send(HealthCheckRequest(service="some.Service"))
        assert await call.status() is Code.NOT_FOUND


async def test_limits() -> None:
    # CORE-LIMIT-001: a payload of 4 MiB, and not of any size.
    async with started(config()) as proxy:
        stream = proxy.open(KIND)
        await stream.send(says.init(CART.full_name, "e"))
        assert (await stream.ask(add(1, "x" * (4 << 20)))).HasField("reply")
        await stream.send(add(2, "x" * (6 << 20)))
        assert await stream.status() is Code.RESOURCE_EXHAUSTED


async def test_a_port_that_is_taken() -> None:
    one, two = (sdk.Server(sdk.Function(config())) for _ in range(2))
    port = await one.start("127.0.0.1:0")
    with pytest.raises(OSError, match=str(port)):
        await two.start(f"127.0.0.1:{port}")
    await one.stop()
    await two.stop()


async def test_two_connections_announce_for_themselves() -> None:
    # DISC-CAP-005.
    def delete(ctx: Context, state: Tally) -> AddItemResponse:
        ctx.delete()
        return AddItemResponse()

    async def code(proxy: Proxy) -> int:
        stream = proxy.open(KIND)
        await stream.send(says.init(CART.full_name, "e"))
        answer = await stream.ask(add(1))
        return int(answer.reply.client_action.failure.code)

    server = sdk.Server(sdk.Function(config(delete)))
    port = await server.start("127.0.0.1:0")
    local = [("grpc.use_local_subchannel_pool", 1)]
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=local) as one,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=local) as two,
    ):
        able, unable = Proxy(one, server), Proxy(two, server)
        await able.announce(discovery_pb2.CAPABILITY_EVENT_SOURCED_DELETE)
        await unable.announce()
        assert (await code(able), await code(unable)) == (0, Code.FAILED_PRECONDITION.value[0])
    await server.stop()
