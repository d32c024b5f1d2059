"""A map of registers."""

from collections.abc import MutableMapping
from typing import TypeVar, cast

from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    LWWRegisterMapDelta,
    LWWRegisterMapEntryDelta,
    ORMapEntryDelta,
)
from typing_extensions import override

from sdk.replicated.crdt.codec import Codec
from sdk.replicated.crdt.entries import Entries
from sdk.replicated.crdt.lwwregister import DEFAULT, Clock, LWWRegister
from sdk.replicated.crdt.value import expect

K = TypeVar("K")
T = TypeVar("T")


class LWWRegisterMap(Entries[K, LWWRegister[T]], MutableMapping[K, T]):
    """A map of registers, each with its own times; an entity's value alone."""

    def __init__(self, keys: Codec[K], values: Codec[T]) -> None:
        # A register that was just created has no value yet: a write or a delta follows at once.
        super().__init__(keys, lambda _: LWWRegister(values, cast(T, None)))

    def __getitem__(self, key: K) -> T:
        return self._get(key).value

    def __setitem__(self, key: K, value: T) -> None:
        self.set(key, value)

    def __repr__(self) -> str:
        return f"LWWRegisterMap({dict(self)})"

    def set(self, key: K, value: T, clock: Clock = DEFAULT) -> None:
        """Set the value under the key by this clock."""
        self._ensure(key).set(value, clock)

    @override
    def apply(self, delta: Delta) -> bool:
        """Apply the delta of an ORMap for which the delta stands (REP-LWWMAP-001)."""
        expect(delta, "lwwregister_map")
        return self._apply_short(delta.lwwregister_map, stands)

    @override
    def delta(self) -> Delta:
        """Return what stands for the delta of the ORMap (REP-LWWMAP-002)."""
        return Delta(lwwregister_map=self._short_delta(LWWRegisterMapDelta, short))


def stands(entry: LWWRegisterMapEntryDelta) -> ORMapEntryDelta:
    """Return the entry for which this one stands; what is absent in one is absent in the other."""
    key = entry.key if entry.HasField("key") else None
    return ORMapEntryDelta(key=key, delta=Delta(lwwregister=entry.register))  # which has no value then


def short(entry: ORMapEntryDelta) -> LWWRegisterMapEntryDelta:
    """Return what stands for the entry."""
    return LWWRegisterMapEntryDelta(key=entry.key, register=entry.delta.lwwregister)
