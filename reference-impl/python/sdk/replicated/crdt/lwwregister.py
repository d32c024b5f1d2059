"""One value, that of the last write, and the clocks that say what last means."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from stateward.replicated.v1 import replicated_pb2
from stateward.replicated.v1.replicated_pb2 import Delta, LWWRegisterDelta
from typing_extensions import override

from sdk.replicated.crdt import codec
from sdk.replicated.crdt.codec import Codec
from sdk.replicated.crdt.value import DeltaError, Entry, expect

T = TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """Gives a write to a register its time, by which the proxy finds the last one.

    `Clock()` is the proxy's own: the last write wins. A `time` counts for the custom
    clocks alone.
    """

    kind: replicated_pb2.Clock = replicated_pb2.CLOCK_DEFAULT
    time: int = 0

    @classmethod
    def reverse(cls) -> "Clock":
        """Let the first write win."""
        return cls(replicated_pb2.CLOCK_REVERSE)

    @classmethod
    def custom(cls, time: int) -> "Clock":
        """Let the write with the greatest time win, in whatever unit."""
        return cls(replicated_pb2.CLOCK_CUSTOM, time)

    @classmethod
    def custom_auto_increment(cls, time: int) -> "Clock":
        """Do as `custom`, with a time at least one above that of the value which is replaced."""
        return cls(replicated_pb2.CLOCK_CUSTOM_AUTO_INCREMENT, time)


DEFAULT = Clock()


class LWWRegister(Entry, Generic[T]):
    """One value, that of the last write: `register.value` reads it, and is set."""

    def __init__(self, codec: Codec[T], initial: T) -> None:
        """Create the register with this value."""
        self._codec = codec
        self._value = initial
        self._before = initial  # the value at the last commit
        self._clock = DEFAULT  # of the write, where one was made
        self._created = True  # and not yet committed
        self._written = False  # since the last commit

    @property
    def value(self) -> T:
        """What was written last. To set it is a write also where it is the same (REP-LWW-003)."""
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        self.set(value)

    def set(self, value: T, clock: Clock = DEFAULT) -> None:
        """Set the value by this clock."""
        self._value, self._clock, self._written = self._codec.taken(value), clock, True

    def __repr__(self) -> str:
        return f"LWWRegister({self._value!r})"

    @override
    def apply(self, delta: Delta) -> bool:
        """Take the value (REP-LWW-004)."""
        expect(delta, "lwwregister")
        if not delta.lwwregister.HasField("value"):
            raise DeltaError("a register's delta without value")
        received = delta.lwwregister.value
        value = self._codec.unpack(received)
        changed = self._created or codec.identity(self._codec.pack(self._value)) != codec.identity(received)
        self._value, self._before, self._created = value, value, False
        return changed

    @override
    def changed(self) -> bool:
        return self._created or self._written

    @override
    def delta(self) -> Delta:
        """Return the last value that was set, with its clock (REP-LWW-001, REP-LWW-002)."""
        if not self.changed():
            return Delta(lwwregister=LWWRegisterDelta())
        return Delta(
            lwwregister=LWWRegisterDelta(
                value=self._codec.pack(self._value),
                clock=self._clock.kind,
                custom_clock_value=self._clock.time,
            )
        )

    @override
    def commit(self) -> None:
        self._before, self._created, self._written = self._value, False, False

    @override
    def rollback(self) -> None:
        """Undo a write; a register that was created stays so."""
        self._value, self._clock, self._written = self._before, DEFAULT, False
