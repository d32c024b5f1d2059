"""A set that grows."""

from typing import TypeVar

from stateward.replicated.v1.replicated_pb2 import Delta, GSetDelta
from typing_extensions import override

from sdk.replicated.crdt.elements import Elements
from sdk.replicated.crdt.value import expect

E = TypeVar("E")


class GSet(Elements[E]):
    """A set that grows."""

    def add(self, element: E) -> None:
        """Put the element into the set."""
        if self._table.find(element) is None:
            self._table.add(element, None)

    @override
    def apply(self, delta: Delta) -> bool:
        """Add what the delta adds; what is there already changes nothing (REP-GSET-002)."""
        expect(delta, "gset")
        return self._receive(delta.gset.added)

    @override
    def delta(self) -> Delta:
        """Return the elements that were added (REP-GSET-001)."""
        return Delta(gset=GSetDelta(added=self._added()))
