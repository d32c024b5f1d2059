"""What counts on a connection, where gRPC may name several alike."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import Capability, DiscoverRequest, ProxyLimits

from sdk.capability import Connection
from sdk.connections import Connections

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
