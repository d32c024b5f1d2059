"""A number that grows."""

from stateward.replicated.v1.replicated_pb2 import Delta, GCounterDelta
from typing_extensions import override

from sdk.replicated.crdt.value import Entry, RangeError, expect

MAX = 2**64 - 1


class GCounter(Entry):
    """A number from 0 to 2^64 - 1 that grows: `int(counter)` reads it."""

    def __init__(self) -> None:
        self._value = 0
        self._added = 0  # since the last commit

    def __int__(self) -> int:
        return self._value

    def __repr__(self) -> str:
        return f"GCounter({self._value})"

    def increment(self, n: int = 1) -> None:
        """Add n, which is not negative; after a `RangeError` the counter is as it was."""
        if n < 0:
            raise ValueError(f"a GCounter grows, and cannot be changed by {n}")
        if self._value + n > MAX:
            raise RangeError
        self._value += n
        self._added += n

    @override
    def apply(self, delta: Delta) -> bool:
        """Add what the delta adds, modulo 2^64 (REP-GCOUNTER-002)."""
        expect(delta, "gcounter")
        self._value = (self._value + delta.gcounter.increment) & MAX
        return delta.gcounter.increment != 0

    @override
    def changed(self) -> bool:
        return self._added != 0

    @override
    def delta(self) -> Delta:
        """Return the sum of what was added (REP-GCOUNTER-001)."""
        return Delta(gcounter=GCounterDelta(increment=self._added))

    @override
    def commit(self) -> None:
        self._added = 0

    @override
    def rollback(self) -> None:
        self._value -= self._added
        self._added = 0
