"""Entries of a key and a value."""

from collections.abc import Mapping
from typing import TypeVar

from stateward.replicated.v1.replicated_pb2 import Delta
from typing_extensions import override

from sdk.replicated.crdt.entries import Entries
from sdk.replicated.crdt.value import Entry, expect

K = TypeVar("K")
V = TypeVar("V", bound=Entry)


class ORMap(Entries[K, V], Mapping[K, V], Entry):
    """Entries of a key and a value.

    The values are of one type V, such as `PNCounter`; where V is `Entry`, each key may
    have its own. `ORMap(keys, create)` is empty; `create` makes the value of a new entry,
    always of the same type for the same key, so that no two proxies choose differently.
    Of a change and a remove of an entry at once on two proxies, the change wins. A map
    may stand in a map, 16 deep.
    """

    def __getitem__(self, key: K) -> V:
        """Return the value; what is done to it is done to the map, until the entry is removed.

        It is for one command: what comes later, such as a watch, asks for it again.
        """
        return self._get(key)

    def ensure(self, key: K) -> V:
        """Return the value under the key; where there is none, create one."""
        return self._ensure(key)

    @override
    def apply(self, delta: Delta) -> bool:
        """Change the map as the delta says (REP-MAP-002)."""
        expect(delta, "ormap")
        return self._apply(delta.ormap)

    @override
    def delta(self) -> Delta:
        """Return what was done to the entries (REP-MAP-003 to REP-MAP-007)."""
        return Delta(ormap=self._delta())
