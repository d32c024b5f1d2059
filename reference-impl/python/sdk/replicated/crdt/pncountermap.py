"""A map of counters."""

from collections.abc import Mapping
from typing import TypeVar

from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    ORMapEntryDelta,
    PNCounterDelta,
    PNCounterMapDelta,
    PNCounterMapEntryDelta,
)
from typing_extensions import override

from sdk.replicated.crdt.codec import Codec
from sdk.replicated.crdt.entries import Entries
from sdk.replicated.crdt.pncounter import PNCounter
from sdk.replicated.crdt.value import expect

K = TypeVar("K")


class PNCounterMap(Entries[K, PNCounter], Mapping[K, int]):
    """A map of counters, an entity's value alone: `counters[key]` reads one."""

    def __init__(self, keys: Codec[K]) -> None:
        super().__init__(keys, lambda _: PNCounter())

    def __getitem__(self, key: K) -> int:
        return int(self._get(key))

    def __repr__(self) -> str:
        return f"PNCounterMap({dict(self)})"

    def increment(self, key: K, n: int = 1) -> None:
        """Add n, be it negative, to the counter under the key.

        Where there is none it is created first, of 0. After a `RangeError` the counter is
        as it was.
        """
        self._ensure(key).increment(n)

    def decrement(self, key: K, n: int = 1) -> None:
        """Take n away, as `increment(key, -n)` does."""
        self.increment(key, -n)

    @override
    def apply(self, delta: Delta) -> bool:
        """Apply the delta of an ORMap for which the delta stands (REP-PNMAP-001)."""
        expect(delta, "pncounter_map")
        return self._apply_short(delta.pncounter_map, stands)

    @override
    def delta(self) -> Delta:
        """Return what stands for the delta of the ORMap (REP-PNMAP-002)."""
        return Delta(pncounter_map=self._short_delta(PNCounterMapDelta, short))


def stands(entry: PNCounterMapEntryDelta) -> ORMapEntryDelta:
    """Return the entry for which this one stands; what is absent in one is absent in the other."""
    key = entry.key if entry.HasField("key") else None
    return ORMapEntryDelta(key=key, delta=Delta(pncounter=PNCounterDelta(change=entry.change)))


def short(entry: ORMapEntryDelta) -> PNCounterMapEntryDelta:
    """Return what stands for the entry."""
    return PNCounterMapEntryDelta(key=entry.key, change=entry.delta.pncounter.change)
