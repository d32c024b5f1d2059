"""What all four maps are made of: rows whose values are values too."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from stateward.replicated.v1.replicated_pb2 import (
    LWWRegisterMapDelta,
    ORMapDelta,
    ORMapEntryDelta,
    ORMultiMapDelta,
    PNCounterMapDelta,
)
from typing_extensions import override

from sdk.replicated.crdt.codec import Codec
from sdk.replicated.crdt.table import Row, Table, ordered
from sdk.replicated.crdt.value import DeltaError, Entry, Value

K = TypeVar("K")
V = TypeVar("V", bound=Entry)

Short = PNCounterMapDelta | LWWRegisterMapDelta | ORMultiMapDelta
"""The delta of a map of one type: that of an ORMap, written shorter."""
S = TypeVar("S", PNCounterMapDelta, LWWRegisterMapDelta, ORMultiMapDelta)


class Entries(Value, Generic[K, V]):
    """Entries of a key and a value, changed and told as an ORMap is."""

    def __init__(self, keys: Codec[K], create: Callable[[K], V]) -> None:
        self._table = Table[K, V](keys)
        self._create = create
        # Rows whose values were handed out since the last commit: only these can have changed.
        self._touched: set[Row[K, V]] = set()

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[K]:
        return iter(self._table)

    def __contains__(self, key: object) -> bool:
        return key in self._table

    def __delitem__(self, key: K) -> None:
        """Remove the entry; one that is created later under the same key is a new one."""
        if not self._table.discard(key):
            raise KeyError(key)

    def discard(self, key: K) -> None:
        """Remove the entry, if it is there."""
        self._table.discard(key)

    def clear(self) -> None:
        """Remove every entry."""
        self._table.clear()

    @override
    def changed(self) -> bool:
        return self._table.changed() or bool(self._updated())

    @override
    def commit(self) -> None:
        for row in self._touched:
            row.value.commit()
        self._touched.clear()
        self._table.commit()

    @override
    def rollback(self) -> None:
        for row in self._touched:
            row.value.rollback()
        self._touched.clear()
        self._table.rollback()

    def _get(self, key: K) -> V:
        """Return the value under the key, to be changed, or raise KeyError."""
        row = self._table.find(key)
        if row is None:
            raise KeyError(key)
        return self._touch(row)

    def _ensure(self, key: K) -> V:
        """Return the value under the key, a new one where there is none."""
        row = self._table.find(key) or self._table.add(key, self._create(key))
        return self._touch(row)

    def _touch(self, row: Row[K, V]) -> V:
        self._touched.add(row)
        return row.value

    def _apply(self, delta: ORMapDelta) -> bool:
        """Change the map in this order: cleared, removed, updated, added (REP-MAP-002)."""
        self._touched.clear()  # nothing is collected; rows that go now would be kept by who only reads
        changed = self._table.take(delta.cleared, delta.removed)
        for entry in delta.updated:
            changed = self._update(entry) or changed
        for entry in delta.added:
            self._insert(entry)
        return changed or len(delta.added) > 0

    def _apply_short(self, received: Short, stands: Callable[[Any], ORMapEntryDelta]) -> bool:
        """Apply a delta of a map of one type; `stands` returns the entry for which one stands."""
        return self._apply(
            ORMapDelta(
                cleared=received.cleared,
                removed=received.removed,
                updated=map(stands, received.updated),
                added=map(stands, received.added),
            )
        )

    def _update(self, entry: ORMapEntryDelta) -> bool:
        """Change one entry from elsewhere; one whose key is not there is added."""
        row = self._table.receive(entry.key, self._key(entry))
        if row is None:
            self._insert(entry)
            return True
        return row.value.apply(entry.delta)

    def _insert(self, entry: ORMapEntryDelta) -> None:
        """Add one entry from elsewhere, in place of the one that has its key."""
        key = self._key(entry)
        value = self._create(key)
        value.apply(entry.delta)
        self._table.put(entry.key, key, value)

    def _key(self, entry: ORMapEntryDelta) -> K:
        if not entry.HasField("key"):
            raise DeltaError("an entry without key")
        return self._table.unpack(entry.key)

    def _delta(self) -> ORMapDelta:
        """Return what was done, as an ORMap says it (REP-MAP-003 to REP-MAP-007)."""
        return ORMapDelta(
            cleared=self._table.cleared,
            removed=self._table.gone(),
            updated=[entry(row) for row in ordered(self._updated())],
            added=[entry(row) for row in ordered(self._table.added)],
        )

    def _short_delta(self, of: type[S], short: Callable[[ORMapEntryDelta], Any]) -> S:
        """Return what stands for what was done; `short` returns what stands for an entry."""
        done = self._delta()
        return of(
            cleared=done.cleared,
            removed=done.removed,
            updated=map(short, done.updated),
            added=map(short, done.added),
        )

    def _updated(self) -> list[Row[K, V]]:
        """Return the rows that were there at the last commit, still are, and have changed."""
        return [
            row
            for row in self._touched
            if row not in self._table.added and self._table.holds(row) and row.value.changed()
        ]


def entry(row: Row[K, V]) -> ORMapEntryDelta:
    """Say what was done to one entry."""
    return ORMapEntryDelta(key=row.form, delta=row.value.delta())
