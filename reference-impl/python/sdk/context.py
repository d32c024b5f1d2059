"""What a handler knows of its command besides the request, and asks for besides the response."""

import inspect
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import Capability
from stateward.entity.v1.entity_pb2 import ClientAction, Command, Forward, Reply, SideEffect

from sdk.capability import Connection
from sdk.command import Outstanding
from sdk.failure import Code, Error
from sdk.metadata import Metadata
from sdk.payload import output_class, pack

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """Names a command for an entity, this one or another: the target of a forward or a side effect."""

    service: str
    """The target's full name, such as ``DESCRIPTOR.services_by_name["CartService"].full_name``."""
    method: str
    """Its short name."""
    request: Message
    """The method's input; it names the entity by its key."""
    metadata: Metadata = field(default_factory=Metadata)
    """Travels with the command."""


@dataclass(frozen=True)
class Surroundings:
    """What the commands of one stream share."""

    connection: Connection = field(default_factory=Connection)
    outstanding: Outstanding = field(default_factory=Outstanding)

    async def handle(self, command: Command, result: T | Coroutine[Any, Any, T]) -> T:
        """Return what the command's handler returns, which may be a coroutine."""
        if inspect.iscoroutine(result):
            return await self.outstanding.run(command, result)
        return cast(T, result)


class Context:
    """What every kind of handler sees; each kind has a Context of its own, made of it.

    It is used until the handler returns. What cannot be sent, such as a request that is no
    message, is a mistake in the handler: the methods then raise, the command fails, the
    entity is reset, and the log has the stack.
    """

    def __init__(self, command: Command, surroundings: Surroundings) -> None:
        self._command = command
        self._surroundings = surroundings
        self._forward: Forward | None = None
        self._effects: list[SideEffect] = []
        self.reply_metadata = Metadata()
        """What goes to the caller with the response, as headers; left out of a forward or a failure."""

    @property
    def entity_id(self) -> str:
        """The key of the entity that the command is for."""
        return self._command.entity_id

    @property
    def metadata(self) -> Metadata:
        """What came with the command, in order."""
        return Metadata.read(self._command.metadata)

    def forward(self, to: Call) -> None:
        """Let another entity answer the caller, in place of the handler's own response.

        The last call counts. A handler that raises forwards nothing.
        """
        self._forward = Forward(
            service_name=to.service,
            command_name=to.method,
            payload=pack(to.request),
            metadata=to.metadata.message(),
        )

    def effect(self, on: Call, *, synchronous: bool = False) -> None:
        """Ask for a further command, in the order of the calls, once the entity's state is durable.

        Its outcome never changes the caller's answer; the caller waits for it where it is
        synchronous. A handler that raises causes none.
        """
        self._add_effect(on, synchronous=synchronous, durable=False)

    def _add_effect(self, on: Call, *, synchronous: bool, durable: bool) -> None:
        self._effects.append(
            SideEffect(
                service_name=on.service,
                command_name=on.method,
                payload=pack(on.request),
                synchronous=synchronous,
                metadata=on.metadata.message(),
                durable=durable,
            )
        )

    def require(self, capability: Capability, what: str) -> None:
        """Raise FAILED_PRECONDITION where the proxy of this command cannot do what the capability is for.

        What belongs to a capability that is not in force is never sent (DISC-CAP-006). It
        is for the kinds of entities.
        """
        if not self._surroundings.connection.in_force(capability):
            raise Error(Code.FAILED_PRECONDITION, f"the proxy {what} (DISC-CAP-006)")

    @property
    def forwards(self) -> bool:
        """Whether the handler asked for a forward. It is for the kinds of entities."""
        return self._forward is not None

    @property
    def effects(self) -> Sequence[SideEffect]:
        """The side effects that the handler asked for, in order. It is for the kinds of entities."""
        return self._effects

    def answer(self, method: MethodDescriptor, response: Message | None) -> ClientAction:
        """Return what the caller gets after the handler returned this response.

        It is the forward if there is one, otherwise the response, which has to be of the
        method's own type (CORE-CMD-006). It is for the kinds of entities.
        """
        if self._forward is not None:
            return ClientAction(forward=self._forward)
        if not isinstance(response, output_class(method)):
            raise Error(
                Code.INTERNAL,
                f"{method.name} gave {type(response).__name__}, not {method.output_type.name} (CORE-CMD-006)",
            )
        return ClientAction(reply=Reply(payload=pack(response), metadata=self.reply_metadata.message()))


class StoringContext(Context):
    """The Context of a kind that stores something; the others have no durable effects (FX-DUR-016)."""

    def durable_effect(self, on: Call, *, synchronous: bool = False) -> None:
        """Ask as `effect` does, for one that is stored with the state and tried until it is answered.

        Raises an Error where the proxy cannot (FX-DUR-001, FX-DUR-003).
        """
        self.require(discovery_pb2.CAPABILITY_DURABLE_EFFECTS, "keeps no durable side effects")
        self._add_effect(on, synchronous=synchronous, durable=True)
