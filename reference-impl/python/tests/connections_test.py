"""What counts on a connection, where gRPC may name several alike."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import grpc
import pytest
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import Capability, DiscoverRequest, ProxyLimits
from stateward.eventsourced.v1 import eventsourced_pb2
from stateward.samples.cart.v1.cart_pb2 import AddItemRequest, AddItemResponse, GetCartRequest

import sdk
from sdk.capability import Connection
from sdk.connections import Connections
from sdk.eventsourced import Context
from sdktest import Proxy, Wire
from sdktest import eventsourced as says
from tests.eventsourced.tally import CART, Tally, new_tally

EVENT_SOURCED = eventsourced_pb2.DESCRIPTOR.services_by_name["EventSourcedService"]

CANCEL = discovery_pb2.CAPABILITY_CANCEL
EFFECTS = discovery_pb2.CAPABILITY_DURABLE_EFFECTS
MAPS = discovery_pb2.CAPABILITY_REPLICATED_MAPS
MIB = 1 << 20


class Socket:
    """A unix socket, on which gRPC names every connection alike."""

    def __init__(self, calls: ExitStack) -> None:
        self.connections = Connections()
        self._calls = calls

    def discover(self, *capabilities: Capability, mib: int = 0) -> None:
        limits = ProxyLimits(max_message_bytes=mib * MIB)
        with self.connections.call("unix:") as call:
            call.announce(DiscoverRequest(capabilities=capabilities, limits=limits))

    def open(self) -> Connection:
        return self._calls.enter_context(self.connections.call("unix:"))

    def close(self) -> None:
        """End every call that is open."""
        self._calls.close()


@pytest.fixture
def unix() -> Iterator[Socket]:
    with ExitStack() as calls:
        yield Socket(calls)


def in_force(connection: Connection) -> set[Capability]:
    return {capability for capability in (CANCEL, EFFECTS, MAPS) if connection.in_force(capability)}


def test_nothing_is_in_force_that_nobody_has_announced(unix: Socket) -> None:
    # DISC-CAP-005
    assert in_force(unix.open()) == set()
    unix.discover(CANCEL)
    assert in_force(unix.open()) == {CANCEL}  # nor does the call before count as a proxy that has nothing


def test_a_proxy_takes_over_from_another(unix: Socket) -> None:
    # DISC-CAP-006: neither gets what it has not announced.
    unix.discover(CANCEL, EFFECTS, mib=8)
    old = unix.open()
    unix.discover(CANCEL, MAPS, mib=16)
    both = unix.open()
    assert in_force(old) == {CANCEL, EFFECTS}
    assert in_force(both) == {CANCEL}
    assert both.max_message == 8 * MIB


def test_one_that_has_gone_is_forgotten(unix: Socket) -> None:
    unix.discover(CANCEL, EFFECTS)
    unix.open()
    unix.discover(CANCEL, MAPS)
    with unix.connections.call("unix:") as both:  # opened meanwhile, and open still
        unix.close()
        assert in_force(unix.open()) == {CANCEL, MAPS}
        assert in_force(both) == {CANCEL}


def test_a_proxy_announces_itself_on_each_of_its_connections(unix: Socket) -> None:
    unix.discover(CANCEL, EFFECTS)
    unix.open()
    unix.discover(CANCEL, EFFECTS)
    assert in_force(unix.open()) == {CANCEL, EFFECTS}


def test_its_own_call_of_discover_is_not_one_of_its_predecessor(unix: Socket) -> None:
    unix.discover(CANCEL)
    with unix.connections.call("unix:") as call:
        call.announce(DiscoverRequest(capabilities=[EFFECTS]))
        assert in_force(call) == {EFFECTS}
        assert in_force(unix.open()) == {EFFECTS}  # before Discover has ended


def test_an_address_of_its_own() -> None:
    connections = Connections()
    with connections.call("ipv4:127.0.0.1:1") as call, connections.call("ipv4:127.0.0.1:2") as other:
        call.announce(DiscoverRequest(capabilities=[CANCEL]))
        assert in_force(other) == set()
        with connections.call("ipv4:127.0.0.1:1") as further:
            assert in_force(further) == {CANCEL}


def test_addresses_are_forgotten() -> None:
    connections = Connections()
    for port in range(2000):
        with connections.call(f"ipv4:127.0.0.1:{port}") as call:
            call.announce(DiscoverRequest(capabilities=[CANCEL]))
    with connections.call("ipv4:127.0.0.1:0") as first, connections.call("ipv4:127.0.0.1:1999") as last:
        assert in_force(first) == set()
        assert in_force(last) == {CANCEL}


async def test_two_proxies_on_a_socket(tmp_path: Path) -> None:
    # DISC-CAP-006, over the wire: the one that comes later has durable effects, the other has not.
    def add(ctx: Context, state: Tally) -> AddItemResponse:
        ctx.durable_effect(sdk.Call(CART.full_name, "GetCart", GetCartRequest(user_id="e")))
        return AddItemResponse()

    address = f"unix:{tmp_path}/function"
    server = sdk.Server(sdk.Function(sdk.Config(name="t", version="1", entities=[new_tally(add)])))
    await server.start(address)
    try:
        async with connected(address, server) as old, connected(address, server) as new:
            await old.announce()
            stream = await begun(old)
            assert await outcome(stream) == "failure"  # and so its call has come before the other proxy
            await new.announce(EFFECTS)
            assert await outcome(await begun(old)) == "failure"
            assert await outcome(await begun(new)) == "failure"  # it may be of the old one
            assert await outcome(stream) == "failure"
            await stream.half_close()
            assert await stream.status() is sdk.Code.OK
            assert await outcome(await begun(new)) == "reply"
    finally:
        await server.stop()


@asynccontextmanager
async def connected(address: str, server: sdk.Server) -> AsyncIterator[Proxy]:
    """Connect to the function anew: gRPC would share a connection."""
    async with grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield Proxy(channel, server)


async def begun(proxy: Proxy) -> Wire:
    wire = proxy.open(EVENT_SOURCED)
    await wire.send(says.init(CART.full_name, "e"))
    return wire


async def outcome(wire: Wire) -> str:
    """Ask for a durable effect on the stream, and return what comes of it."""
    answer = await wire.ask(says.command("e", 1, "AddItem", AddItemRequest(user_id="e")))
    return str(answer.reply.client_action.WhichOneof("action"))
