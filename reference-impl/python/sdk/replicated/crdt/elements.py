"""What both sets are made of: rows without values."""

from collections.abc import Iterable, Iterator, Set
from typing import TypeVar

from google.protobuf.any_pb2 import Any
from typing_extensions import override

from sdk.replicated.crdt.codec import Codec
from sdk.replicated.crdt.table import Table, ordered
from sdk.replicated.crdt.value import Entry

E = TypeVar("E")
T = TypeVar("T")


class Elements(Entry, Set[E]):
    """What both sets have in common.

    Operators such as `&` and `-` return a set of Python's own.
    """

    def __init__(self, codec: Codec[E]) -> None:
        self._table = Table[E, None](codec)

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[E]:
        return iter(self._table)

    def __contains__(self, element: object) -> bool:
        return element in self._table

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)})"

    @classmethod
    @override
    def _from_iterable(cls, it: Iterable[T]) -> Set[T]:  # what the operators return
        return set(it)

    @override
    def changed(self) -> bool:
        return self._table.changed()

    @override
    def commit(self) -> None:
        self._table.commit()

    @override
    def rollback(self) -> None:
        self._table.rollback()

    def _receive(self, forms: Iterable[Any]) -> bool:
        """Put elements from elsewhere into the set, and say whether one is new."""
        changed = False
        for form in forms:
            element = self._table.unpack(form)
            if self._table.receive(form, element) is None:
                self._table.put(form, element, None)
                changed = True
        return changed

    def _added(self) -> list[Any]:
        """Return the elements that are new since the last commit, in order."""
        return [row.form for row in ordered(self._table.added)]
