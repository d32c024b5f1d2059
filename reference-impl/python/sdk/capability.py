"""Capabilities: what a function can do beyond what every peer does, and where it may."""

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
    """The connection on which a call was made: what the proxy at its other end has announced.

    Where several proxies may have made the call, it is what each of them has.
    """

    def __init__(self, *announced: DiscoverRequest) -> None:
        self._announced = announced

    def announce(self, proxy: DiscoverRequest) -> None:
        """Note what the proxy says of itself in this call."""
        self._announced = (proxy,)

    def in_force(self, capability: Capability) -> bool:
        """Say whether both sides have announced the capability (DISC-CAP-005)."""
        if capability not in CAPABILITIES or not self._announced:
            return False
        return all(capability in proxy.capabilities for proxy in self._announced)

    @property
    def max_message(self) -> int:
        """The largest message that the proxy takes, in bytes."""
        stated = (proxy.limits.max_message_bytes for proxy in self._announced)
        return max(_LEAST_MESSAGE, min(stated, default=0))
