"""What a handler of a value entity sees."""

from copy import deepcopy
from datetime import timedelta
from typing import Generic, TypeVar

from google.protobuf.message import Message
from stateward.entity.v1.entity_pb2 import Command
from stateward.value.v1.value_pb2 import Delete, StateAction, Update

from sdk.context import StoringContext, Surroundings
from sdk.payload import pack

V = TypeVar("V", bound=Message)

_MILLISECOND = timedelta(milliseconds=1)
# The longest that a value may be kept for, where it is not kept for ever (VAL-EXPIRE-006).
_LONGEST_LIFE = timedelta(days=100 * 365)


class Context(StoringContext, Generic[V]):
    """What a handler knows of its command, the value among it, and asks for besides the response."""

    def __init__(self, command: Command, surroundings: Surroundings, kind: type[V], value: V | None) -> None:
        super().__init__(command, surroundings)
        self._kind = kind
        self.value = value
        """The value as the command has left it so far, never given away. It is for the kind."""
        self.change: StateAction | None = None
        """The last change; None where there was none. It is for the kind."""

    @property
    def current(self) -> V | None:
        """A copy of the value as the command has left it so far; None where there is none.

        A message whose every field has its default is a value (VAL-INIT-010).
        """
        return deepcopy(self.value)

    def update(self, value: V, *, life: timedelta | None = None) -> None:
        """Set the value, for ever, or for so long from when the update is durable (VAL-EXPIRE-001).

        A life is from a millisecond to 100 years of 365 days, in whole milliseconds. The entity
        then has no value; a command that is on its way by then still sees it. What becomes of
        the message afterwards changes nothing. A message of another class, or another life, is
        a mistake in the handler.
        """
        if not isinstance(value, self._kind):
            raise TypeError(f"a value of class {type(value).__name__}, not {self._kind.__name__}")
        if life is not None and not _MILLISECOND <= life <= _LONGEST_LIFE:
            raise ValueError(f"a value for {life}; {_MILLISECOND} to {_LONGEST_LIFE} (VAL-EXPIRE-006)")
        expire_after = life // _MILLISECOND if life is not None else 0
        self.change = StateAction(update=Update(value=pack(value), expire_after=expire_after))
        self.value = deepcopy(value)

    def delete(self) -> None:
        """Remove the value, whether or not there is one. The entity lives on without it."""
        self.value = None
        self.change = StateAction(delete=Delete())
