"""A map of sets."""

from collections.abc import Mapping
from typing import TypeVar

from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    ORMapEntryDelta,
    ORMultiMapDelta,
    ORMultiMapEntryDelta,
)
from typing_extensions import override

from sdk.replicated.crdt.codec import Codec
from sdk.replicated.crdt.entries import Entries
from sdk.replicated.crdt.orset import ORSet
from sdk.replicated.crdt.value import expect

K = TypeVar("K")
E = TypeVar("E")


class ORMultiMap(Entries[K, ORSet[E]], Mapping[K, ORSet[E]]):
    """A map of sets, an entity's value alone.

    A key stays until it is removed, with an empty set where nothing else is left.
    """

    def __init__(self, keys: Codec[K], elements: Codec[E]) -> None:
        super().__init__(keys, lambda _: ORSet(elements))

    def __getitem__(self, key: K) -> ORSet[E]:
        """Return the set; what is done to it is done to the map, until the key is removed.

        It is for one command: what comes later, such as a watch, asks for it again.
        """
        return self._get(key)

    def __repr__(self) -> str:
        return f"ORMultiMap({dict(self)})"

    def ensure(self, key: K) -> ORSet[E]:
        """Return the set under the key; where there is none, create one."""
        return self._ensure(key)

    @override
    def apply(self, delta: Delta) -> bool:
        """Apply the delta of an ORMap for which the delta stands (REP-MULTI-001)."""
        expect(delta, "ormulti_map")
        return self._apply_short(delta.ormulti_map, stands)

    @override
    def delta(self) -> Delta:
        """Return what stands for the delta of the ORMap (REP-MULTI-002)."""
        return Delta(ormulti_map=self._short_delta(ORMultiMapDelta, short))


def stands(entry: ORMultiMapEntryDelta) -> ORMapEntryDelta:
    """Return the entry for which this one stands; what is absent in one is absent in the other."""
    key = entry.key if entry.HasField("key") else None
    delta = Delta(orset=entry.set) if entry.HasField("set") else None
    return ORMapEntryDelta(key=key, delta=delta)


def short(entry: ORMapEntryDelta) -> ORMultiMapEntryDelta:
    """Return what stands for the entry."""
    return ORMultiMapEntryDelta(key=entry.key, set=entry.delta.orset)
