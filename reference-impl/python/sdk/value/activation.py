"""One value entity in memory."""

from typing import TYPE_CHECKING, Generic, TypeVar

from google.protobuf.message import Message
from stateward.entity.v1 import entity_pb2
from stateward.entity.v1.entity_pb2 import ClientAction
from stateward.value.v1.value_pb2 import ValueEntityReply

from sdk.command import read_request, unhandled
from sdk.context import Surroundings
from sdk.failure import refuse, refused_by
from sdk.value.context import Context

if TYPE_CHECKING:
    from sdk.value.entity import Entity

V = TypeVar("V", bound=Message)


class Activation(Generic[V]):
    """One entity, for as long as its stream lives."""

    def __init__(self, entity: "Entity[V]", value: V | None) -> None:
        self._entity = entity
        self._value = value  # None where there is none

    async def execute(self, command: entity_pb2.Command, surroundings: Surroundings) -> ValueEntityReply:
        """Run the command and return its one reply. A command that fails leaves the entity as it was."""
        ctx = Context(command, surroundings, self._entity.value, self._value)
        try:
            action = await self._answer(ctx, command, surroundings)
        except Exception as error:
            refusal = refused_by(error)
            if refusal is None:
                raise
            return ValueEntityReply(command_id=command.id, client_action=refuse(command, refusal))
        self._value = ctx.value
        return ValueEntityReply(
            command_id=command.id, client_action=action, side_effects=ctx.effects, state_action=ctx.change
        )

    async def _answer(
        self, ctx: Context[V], command: entity_pb2.Command, surroundings: Surroundings
    ) -> ClientAction:
        """Run the command's handler and return what its caller gets."""
        handler = self._entity.commands.get(command.name)
        if handler is None:
            raise unhandled(self._entity.service, command)
        request = read_request(handler.method, command)
        return ctx.answer(handler.method, await surroundings.handle(command, handler.handle(ctx, request)))
