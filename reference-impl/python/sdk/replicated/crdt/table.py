"""What a set or a map remembers of its changes."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from google.protobuf.any_pb2 import Any

from sdk.replicated.crdt.codec import Codec, Identity, identity

K = TypeVar("K")
V = TypeVar("V")


class Row(Generic[K, V]):
    """One element of a set, or one entry of a map.

    `own` is how its key is packed here. `form` is the key as it came, or was packed
    here: what is removed is named by it (REP-EQ-003).
    """

    __slots__ = ("form", "key", "own", "value")

    def __init__(self, key: K, own: Identity, form: Any, value: V) -> None:
        self.key = key
        self.own = own
        self.form = form
        self.value = value


class Table(Generic[K, V]):
    """The rows of a collection, and what was done to them since the last commit.

    Rows are found by how their key is packed here. Mostly there is one for a key; there
    are more where others packed it differently, and to the proxy these are different
    ones (REP-EQ-001). Whoever reads the collection sees the first of them.
    """

    def __init__(self, codec: Codec[K]) -> None:
        self._codec = codec
        self._rows: dict[Identity, list[Row[K, V]]] = {}
        self._removed: dict[Identity, list[Row[K, V]]] = {}  # were there at the last commit
        self.added: set[Row[K, V]] = set()  # were not
        self.cleared = False  # there was something, and all of it went

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[K]:
        return (rows[0].key for rows in self._rows.values())

    def __contains__(self, key: object) -> bool:
        try:
            return self.find(key) is not None  # type: ignore[arg-type] # whatever it is
        except (TypeError, ValueError):
            return False  # what cannot travel is nowhere

    def find(self, key: K) -> Row[K, V] | None:
        """Return the row that is seen under the key."""
        rows = self._rows.get(self._own(key))
        return rows[0] if rows else None

    def holds(self, row: Row[K, V]) -> bool:
        """Say whether the row is still there."""
        return row in self._rows.get(row.own, ())

    def add(self, key: K, value: V) -> Row[K, V]:
        """Put a row into the table, whose key is not there."""
        form = self._codec.pack(key)
        row = Row(self._codec.unpack(form), identity(form), form, value)
        self._put(row)
        self.added.add(row)
        return row

    def restore(self, key: K) -> bool:
        """Take the key's remove back, and say whether that could be done.

        It cannot after a clear: what is there again is then added (REP-ORSET-004).
        """
        own = self._own(key)
        if self.cleared or own not in self._removed:
            return False
        self._rows[own] = self._removed.pop(own)
        return True

    def discard(self, key: K) -> bool:
        """Remove the key, and say whether it was there."""
        gone = self._rows.pop(self._own(key), [])
        self._forget(gone)
        return bool(gone)

    def clear(self) -> None:
        """Remove all that is there; of nothing, nothing is done (REP-ORSET-006)."""
        if not self._rows:
            return
        for rows in self._rows.values():
            self._forget(rows)
        self._rows.clear()
        self.cleared = bool(self._removed)

    def changed(self) -> bool:
        """Say whether rows came or went since the last commit."""
        return self.cleared or bool(self._removed) or bool(self.added)

    def gone(self) -> list[Any]:
        """Return what a delta names as removed.

        That is nothing where it says cleared (REP-ORSET-003, REP-MAP-004).
        """
        if self.cleared:
            return []
        return [row.form for row in ordered(row for rows in self._removed.values() for row in rows)]

    def commit(self) -> None:
        """Take what was done as sent."""
        self._removed.clear()
        self.added.clear()
        self.cleared = False

    def rollback(self) -> None:
        """Undo what was done since the last commit."""
        for row in self.added:
            self._drop(row)
        for rows in self._removed.values():
            for row in rows:
                self._put(row)
        self.commit()

    def take(self, cleared: bool, removed: Iterable[Any]) -> bool:
        """Remove what a delta from elsewhere removes, and say whether that was anything."""
        changed = cleared and bool(self._rows)
        if cleared:
            self._rows.clear()
        for form in removed:
            found = self.receive(form, self._codec.unpack(form))
            if found is not None:
                self._drop(found)
                changed = True
        return changed

    def receive(self, form: Any, key: K) -> Row[K, V] | None:
        """Return the row with exactly this form of the key."""
        same = (row for row in self._rows.get(self._own(key), ()) if identity(row.form) == identity(form))
        return next(same, None)

    def put(self, form: Any, key: K, value: V) -> None:
        """Put a row from elsewhere into the table, in place of the one with its form."""
        found = self.receive(form, key)
        if found is not None:
            self._drop(found)
        self._put(Row(key, self._own(key), form, value))

    def unpack(self, form: Any) -> K:
        """Read a key from elsewhere."""
        return self._codec.unpack(form)

    def _own(self, key: K) -> Identity:
        return identity(self._codec.pack(key))

    def _put(self, row: Row[K, V]) -> None:
        self._rows.setdefault(row.own, []).append(row)

    def _drop(self, row: Row[K, V]) -> None:
        rows = self._rows[row.own]
        rows.remove(row)
        if not rows:
            del self._rows[row.own]

    def _forget(self, gone: list[Row[K, V]]) -> None:
        """Note that rows go."""
        for row in gone:
            if row in self.added:
                self.added.remove(row)
            else:
                self._removed.setdefault(row.own, []).append(row)


def ordered(rows: Iterable[Row[K, V]]) -> list[Row[K, V]]:
    """Return the rows in the order of their forms, so that one change is always told in one way."""
    return sorted(rows, key=lambda row: identity(row.form))
