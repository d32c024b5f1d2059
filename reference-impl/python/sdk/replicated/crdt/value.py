"""What the stream of an entity does with its value; handlers have no use for it."""

from abc import ABC, abstractmethod
from typing import Literal

from stateward.replicated.v1.replicated_pb2 import Delta

from sdk.failure import Code, Error

Case = Literal[
    "gcounter",
    "pncounter",
    "gset",
    "orset",
    "lwwregister",
    "flag",
    "ormap",
    "vote",
    "pncounter_map",
    "lwwregister_map",
    "ormulti_map",
]
"""The case of a delta, which is the value's type."""


class RangeError(Error):
    """A counter would leave its range (REP-LIMIT-004): the caller gets OUT_OF_RANGE."""

    def __init__(self) -> None:
        super().__init__(Code.OUT_OF_RANGE, "the counter would leave its range")


class DeltaError(ValueError):
    """A delta from elsewhere is not of the value's type, or cannot be read."""


class Value(ABC):
    """The value of a replicated entity, as its stream sees it.

    Between two commits a value collects what it is told to change: `delta` is that
    change, and `rollback` undoes it. `apply` comes when nothing is collected. A value
    whose `apply` has raised is void.
    """

    @abstractmethod
    def apply(self, delta: Delta) -> bool:
        """Change the value by a delta from elsewhere, and say whether that changed it.

        Nothing of it is ever in `delta` (REP-DELTA-003). Raises `DeltaError`.
        """

    @abstractmethod
    def changed(self) -> bool:
        """Say whether anything was done since the last commit; a register's creation counts."""

    @abstractmethod
    def delta(self) -> Delta:
        """Return what was done since the last commit.

        It is a new message whose case is the value's type (REP-TYPE-001), empty where
        nothing was done. Of a value that was never committed it leads from the empty one.
        """

    @abstractmethod
    def commit(self) -> None:
        """Take what was done as sent."""

    @abstractmethod
    def rollback(self) -> None:
        """Undo what was done since the last commit."""


class Entry(Value):
    """A value that may stand in an `ORMap`: one of the first eight types (REP-MAP-017)."""


def expect(delta: Delta, case: Case) -> None:
    """Raise `DeltaError` where the delta is of another type than the value (REP-DELTA-004)."""
    found = delta.WhichOneof("delta")
    if found != case:
        raise DeltaError(f"a delta of {found or 'no type'}, for a value of {case} (REP-DELTA-004)")
