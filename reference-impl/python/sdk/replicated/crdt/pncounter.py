"""A number that grows and shrinks."""

from stateward.replicated.v1.replicated_pb2 import Delta, PNCounterDelta
from typing_extensions import override

from sdk.replicated.crdt.value import Entry, RangeError, expect

MIN, MAX = -(2**63), 2**63 - 1


class PNCounter(Entry):
    """A number from -2^63 to 2^63 - 1 that grows and shrinks: `int(counter)` reads it."""

    def __init__(self) -> None:
        self._value = 0
        self._change = 0  # since the last commit

    def __int__(self) -> int:
        return self._value

    def __repr__(self) -> str:
        return f"PNCounter({self._value})"

    def increment(self, n: int = 1) -> None:
        """Add n, be it negative; after a `RangeError` the counter is as it was.

        One command changes a counter by what a delta can say: from -2^63 to 2^63 - 1.
        """
        value, change = self._value + n, self._change + n
        if not (MIN <= value <= MAX and MIN <= change <= MAX):
            raise RangeError
        self._value, self._change = value, change

    def decrement(self, n: int = 1) -> None:
        """Take n away, as `increment(-n)` does."""
        self.increment(-n)

    @override
    def apply(self, delta: Delta) -> bool:
        """Add what the delta adds, modulo 2^64 in two's complement (REP-PNCOUNTER-002)."""
        expect(delta, "pncounter")
        self._value = (self._value + delta.pncounter.change - MIN) % 2**64 + MIN
        return delta.pncounter.change != 0

    @override
    def changed(self) -> bool:
        """Say whether anything is to be sent: what was added and taken again comes to nothing."""
        return self._change != 0

    @override
    def delta(self) -> Delta:
        """Return what was added less what was taken (REP-PNCOUNTER-001)."""
        return Delta(pncounter=PNCounterDelta(change=self._change))

    @override
    def commit(self) -> None:
        self._change = 0

    @override
    def rollback(self) -> None:
        self._value -= self._change
        self._change = 0
