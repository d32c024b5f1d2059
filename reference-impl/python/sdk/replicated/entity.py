"""What the author of a replicated entity writes."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from stateward.annotations.v1 import annotations_pb2

from sdk.context import Surroundings
from sdk.definition import StatefulDefinition
from sdk.replicated.activation import Activation
from sdk.replicated.context import Context
from sdk.replicated.crdt import Value
from sdk.replicated.service import KIND

V = TypeVar("V", bound=Value)
M = TypeVar("M", bound=Message)
Answer = TypeVar("Answer", bound=Message | Coroutine[Any, Any, Message | None] | None)

# protoc's stubs do not say what it extends.
_READ_ONLY: Any = annotations_pb2.read_only


@dataclass(frozen=True)
class Command(Generic[V]):
    """A method, and its handler."""

    method: MethodDescriptor
    handle: Callable[[Context, V, Any], Message | Coroutine[Any, Any, Message | None] | None]

    @property
    def read_only(self) -> bool:
        """Whether the method has the option read_only."""
        return bool(self.method.GetOptions().Extensions[_READ_ONLY])


class Entity(StatefulDefinition, Generic[V]):
    """The definition of one replicated entity whose value is a V, such as ``ORSet[str]``."""

    kind = KIND
    streams_responses = True

    def __init__(
        self,
        service: ServiceDescriptor,
        persistence_id: str,
        create: Callable[[str], V],
        *,
        passivate_after: timedelta | None = None,
    ) -> None:
        """Begin the definition: the user's service, and the name under which its values are stored for ever.

        `create` returns the empty value of the entity with this id; two values share nothing.
        It chooses the same type for an id every time, so that no two functions choose
        differently (REP-TYPE-005). `passivate_after` is when the proxy is to passivate an idle
        entity, in place of the proxy's own time.
        """
        super().__init__(service, persistence_id, passivate_after)
        self.create = create
        self.commands: dict[str, Command[V]] = {}

    def command(
        self, name: str
    ) -> Callable[[Callable[[Context, V, M], Answer]], Callable[[Context, V, M], Answer]]:
        """Decorate what the method with this short name does.

        The handler reads and changes the value, and returns the response; an `sdk.Error`
        refuses the command, and what it did to the value is undone. Where the method streams
        its responses, it may return None: the caller then gets none yet. It runs alone in its
        entity, and many entities run at once. It may be a coroutine, which is cancelled when
        nobody waits any more.
        """

        def decorate(handle: Callable[[Context, V, M], Answer]) -> Callable[[Context, V, M], Answer]:
            if (method := self.handles(name, handle)) is not None:
                self.commands[name] = Command(method, handle)
            return handle

        return decorate

    def activate(self, entity_id: str, surroundings: Surroundings) -> Activation[V]:
        """Return the entity with this id, and the empty value. It is for the kind."""
        return Activation(self, entity_id, surroundings)
