"""A set that grows and shrinks."""

from collections.abc import MutableSet
from typing import TypeVar

from stateward.replicated.v1.replicated_pb2 import Delta, ORSetDelta
from typing_extensions import override

from sdk.replicated.crdt.elements import Elements
from sdk.replicated.crdt.value import expect

E = TypeVar("E")


class ORSet(Elements[E], MutableSet[E]):
    """A set that grows and shrinks.

    Of an add and a remove at once on two proxies, the add wins.
    """

    def add(self, element: E) -> None:
        """Put the element into the set."""
        if self._table.find(element) is None and not self._table.restore(element):
            self._table.add(element, None)

    def discard(self, element: E) -> None:
        """Remove the element, if it is there."""
        self._table.discard(element)

    def clear(self) -> None:
        """Remove every element."""
        self._table.clear()

    @override
    def apply(self, delta: Delta) -> bool:
        """Remove and add in this order: cleared, removed, added (REP-ORSET-001)."""
        expect(delta, "orset")
        removed = self._table.take(delta.orset.cleared, delta.orset.removed)
        return self._receive(delta.orset.added) or removed

    @override
    def delta(self) -> Delta:
        """Return what came and went (REP-ORSET-002 to REP-ORSET-004).

        After a clear that is every element that is there.
        """
        return Delta(
            orset=ORSetDelta(
                cleared=self._table.cleared,
                removed=self._table.gone(),
                added=self._added(),  # all that is there, where it was cleared
            )
        )
