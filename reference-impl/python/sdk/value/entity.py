"""What the author of a value entity writes."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from stateward.value.v1.value_pb2 import State

from sdk.definition import StatefulDefinition
from sdk.payload import present, unpack
from sdk.value.activation import Activation
from sdk.value.context import Context
from sdk.value.service import KIND

V = TypeVar("V", bound=Message)
M = TypeVar("M", bound=Message)
Answer = TypeVar("Answer", bound=Message | Coroutine[Any, Any, Message])


@dataclass(frozen=True)
class Command(Generic[V]):
    """A method, and its handler."""

    method: MethodDescriptor
    handle: Callable[[Context[V], Any], Message | Coroutine[Any, Any, Message]]


class Entity(StatefulDefinition, Generic[V]):
    """The definition of one value entity whose value is a message of class V."""

    kind = KIND

    def __init__(
        self,
        service: ServiceDescriptor,
        persistence_id: str,
        value: type[V],
        *,
        passivate_after: timedelta | None = None,
    ) -> None:
        """Begin the definition: the user's service, and the name under which its values are stored for ever.

        `passivate_after` is when the proxy is to passivate an idle entity, in place of the
        proxy's own time.
        """
        super().__init__(service, persistence_id, passivate_after)
        self.value = value
        self.commands: dict[str, Command[V]] = {}
        self.stores(value)

    def command(
        self, name: str
    ) -> Callable[[Callable[[Context[V], M], Answer]], Callable[[Context[V], M], Answer]]:
        """Decorate what the method with this short name does.

        The handler reads the value, sets or removes it, and returns the response; an
        `sdk.Error` refuses the command. It runs alone in its entity, and many entities run at
        once. It may be a coroutine, which is cancelled when nobody waits any more.
        """

        def decorate(handle: Callable[[Context[V], M], Answer]) -> Callable[[Context[V], M], Answer]:
            if (method := self.handles(name, handle)) is not None:
                self.commands[name] = Command(method, handle)
            return handle

        return decorate

    def activate(self, state: State) -> Activation[V]:
        """Return the entity with what is stored of it. It is for the kind.

        Raises PayloadError where that is no V (VAL-INIT-009).
        """
        payload = present(state, "value")
        return Activation(self, None if payload is None else unpack(payload, self.value))
