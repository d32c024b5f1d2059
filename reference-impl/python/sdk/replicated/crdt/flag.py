"""False, until it is set."""

from stateward.replicated.v1.replicated_pb2 import Delta, FlagDelta
from typing_extensions import override

from sdk.replicated.crdt.value import Entry, expect


class Flag(Entry):
    """False until it is set: `bool(flag)` reads it."""

    def __init__(self) -> None:
        self._is_set = False
        self._sets = False  # since the last commit

    def __bool__(self) -> bool:
        return self._is_set

    def __repr__(self) -> str:
        return f"Flag({self._is_set})"

    def set(self) -> None:
        """Set the flag, for ever."""
        self._sets = self._sets or not self._is_set
        self._is_set = True

    @override
    def apply(self, delta: Delta) -> bool:
        """Set the flag where the delta says so (REP-FLAG-002)."""
        expect(delta, "flag")
        changed = delta.flag.value and not self._is_set
        self._is_set = self._is_set or changed
        return changed

    @override
    def changed(self) -> bool:
        return self._sets

    @override
    def delta(self) -> Delta:
        """Return whether the flag was set (REP-FLAG-001).

        Of a flag that had been set before there is nothing to say, and its delta is never sent.
        """
        return Delta(flag=FlagDelta(value=self._sets))

    @override
    def commit(self) -> None:
        self._sets = False

    @override
    def rollback(self) -> None:
        self._is_set = self._is_set and not self._sets
        self._sets = False
