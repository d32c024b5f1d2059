"""Capabilities: what a function can do beyond what every peer does, and where it may."""

from collections import OrderedDict

from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import Capability, DiscoverRequest

CAPABILITIES = (
    discovery_pb2.CAPABILITY_CANCEL,
    discovery_pb2.CAPABILITY_PASSIVATION_NOTICE,
    discovery_pb2.CAPABILITY_LIFECYCLE,
    discovery_pb2.CAPABILITY_DURABLE_EFFECTS,
    discovery_pb2.CAPABILITY_EVENT_METADATA,
    discovery_pb2.CAPABILITY_SNAPSHOT_REQUEST,
    discovery_pb2.CAPABILITY_EVENT_SOURCED_DELETE,
    discovery_pb2.CAPABILITY_REPLICATED_MAPS,
    discovery_pb2.CAPABILITY_MULTIPLEXED_STREAM,
)
"""What this library can do, whatever the proxy can (DISC-CAP-002)."""

# What every proxy takes in one message, in bytes (CORE-LIMIT-004).
_LEAST_MESSAGE = 4 << 20


class Connection:
    """One connection from a proxy: what that proxy last said of itself there."""

    def __init__(self, proxy: DiscoverRequest | None = None) -> None:
        self.proxy = proxy or DiscoverRequest()

    def in_force(self, capability: Capability) -> bool:
        """Say whether both sides have announced the capability (DISC-CAP-005)."""
        return capability in CAPABILITIES and capability in self.proxy.capabilities

    @property
    def max_message(self) -> int:
        """The largest message that the proxy takes, in bytes."""
        return max(_LEAST_MESSAGE, self.proxy.limits.max_message_bytes)


class Connections:
    """The connections of a server, by the address at their other end.

    gRPC for Python says nothing of a connection but that address: not when it begins,
    nor when it ends. So the least recently used are forgotten, and where the address is
    that of a unix socket, all connections are one.
    """

    # How many are remembered; a proxy has a few. One that was forgotten is as one on
    # which nothing was announced.
    _MOST = 1024

    def __init__(self) -> None:
        self._by_peer: OrderedDict[str, Connection] = OrderedDict()

    def of(self, peer: str) -> Connection:
        """Return the connection from this peer."""
        connection = self._by_peer.setdefault(peer, Connection())
        self._by_peer.move_to_end(peer)
        if len(self._by_peer) > self._MOST:
            self._by_peer.popitem(last=False)
        return connection
