"""One replicated entity in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from stateward.discovery.v1 import discovery_pb2
from stateward.entity.v1 import entity_pb2
from stateward.entity.v1.entity_pb2 import ClientAction
from stateward.replicated.v1.replicated_pb2 import (
    Delete,
    Delta,
    HandleResponse,
    ReplicatedReply,
    StateAction,
    StreamCancelledResponse,
    StreamedMessage,
)

from sdk import context
from sdk.command import read_request, unhandled
from sdk.context import Surroundings
from sdk.failure import Code, Error, refuse, refused_by
from sdk.replicated.context import Context, News, Watch
from sdk.replicated.crdt import Entry, Value

if TYPE_CHECKING:
    from sdk.replicated.entity import Command, Entity

V = TypeVar("V", bound=Value)


@dataclass
class Call(Generic[V]):
    """A streamed call that is open."""

    command: entity_pb2.Command
    handler: "Command[V]"
    watch: Watch
    failed: bool = False  # it says no more, and waits for its stream_cancelled


class Activation(Generic[V]):
    """One entity, for as long as its stream lives.

    It does no I/O but what the author's handlers do. What its methods return is sent, in that
    order; news of a change come after the answer to what made it.
    """

    def __init__(self, entity: "Entity[V]", entity_id: str, surroundings: Surroundings) -> None:
        self._entity = entity
        self._surroundings = surroundings
        self._value = entity.create(entity_id)
        self._calls: dict[
            int, Call[V]
        ] = {}  # that are open, by their commands, in the order of their opening
        self.deleted = False
        """Whether the entity was deleted, here or elsewhere."""

    def apply(self, delta: Delta) -> list[HandleResponse]:
        """Change the value by a delta from elsewhere, that of init among them.

        Raises DeltaError where it is not of the value's type; the entity is then void.
        """
        return self._news() if self._value.apply(delta) else []

    async def execute(self, command: entity_pb2.Command) -> list[HandleResponse]:
        """Run the command, and return its one reply, then news."""
        ctx = Context(command, self._surroundings)
        try:
            reply = await self._reply(ctx, command)
        except Exception as error:
            refusal = refused_by(error)
            if refusal is None:
                raise
            self._value.rollback()
            reply = ReplicatedReply(command_id=command.id, client_action=refuse(command, refusal))
        answers = [HandleResponse(reply=reply)]
        if reply.state_action.HasField("update"):
            answers += self._news()
        if reply.streamed and ctx.watcher is not None:
            self._calls[command.id] = Call(command, self._entity.commands[command.name], ctx.watcher)
        return answers

    async def _reply(self, ctx: Context, command: entity_pb2.Command) -> ReplicatedReply:
        """Run the handler and return what follows from its success.

        Where it raises, the value may still have what the handler did to it.
        """
        if self.deleted:
            raise Error(Code.NOT_FOUND, "the entity is deleted")
        handler = self._entity.commands.get(command.name)
        if handler is None:
            raise unhandled(self._entity.service, command)
        if not isinstance(self._value, Entry):  # what cannot stand in an ORMap is a map of one type
            ctx.require(discovery_pb2.CAPABILITY_REPLICATED_MAPS, "knows no maps of one type")
        request = read_request(handler.method, command)
        before = self._value.delta()
        response = await self._surroundings.handle(command, handler.handle(ctx, self._value, request))
        action = _answer(ctx, handler.method, response, command.streamed)
        return ReplicatedReply(
            command_id=command.id,
            client_action=action,
            state_action=self._change(ctx, handler, before),
            side_effects=ctx.effects,
            # REP-STREAM-002, REP-STREAM-003
            streamed=command.streamed and ctx.watcher is not None and not self.deleted,
        )

    def _change(self, ctx: Context, handler: "Command[V]", before: Delta) -> StateAction | None:
        """Return what the author's code did to the value, None where that is nothing (REP-UPD-002).

        `before` is what was collected before it ran: of a register that nobody has created,
        its creation. Raises an Error where the method is read_only.
        """
        if handler.read_only:
            if ctx.deleted or self._value.delta() != before:
                wrong = f"{handler.method.name} is read_only, and has changed the value (CORE-READ-001)"
                raise Error(Code.INTERNAL, wrong)
            return None
        if ctx.deleted:
            self.delete()
            return StateAction(delete=Delete(), write_consistency=ctx.write_consistency)
        if not self._value.changed():
            return None
        update = self._value.delta()
        self._value.commit()
        return StateAction(update=update, write_consistency=ctx.write_consistency)

    def _news(self) -> list[HandleResponse]:
        """Ask each open call what it has to say of the value, and close those that have said their last."""
        messages = [self._ask(call) for call in self._calls.values() if not call.failed]
        said = [message for message in messages if message is not None]
        for message in said:
            if message.end_stream:
                del self._calls[message.command_id]
        return [HandleResponse(streamed_message=message) for message in said]

    def _ask(self, call: Call[V]) -> StreamedMessage | None:
        """Return what one call says, None where it says nothing."""
        news = News(call.command, self._surroundings)
        before = self._value.delta()
        try:
            action = _answer(news, call.handler.method, call.watch.changed(news), streamed=True)
            said = action is not None or news.effects or news.ends
        except Exception as error:
            refusal = refused_by(error)
            if refusal is None:
                raise
            call.failed = said = True  # the failure ends the call, and is all of it (REP-STREAM-004)
            action, news = refuse(call.command, refusal), News(call.command, self._surroundings)
        if self._value.delta() != before:
            raise RuntimeError("a watch has changed the value; a streamed message carries no change")
        if not said:
            return None
        return StreamedMessage(
            command_id=call.command.id, client_action=action, side_effects=news.effects, end_stream=news.ends
        )

    def cancel(self, command_id: int) -> tuple[list[HandleResponse], Error | None]:
        """End the streamed call of the command with this id, if it is open.

        Returns the one response, then news; and what the author's code refused, of which
        nobody hears.
        """
        response, refusal = StreamCancelledResponse(command_id=command_id), None
        call = self._calls.pop(command_id, None)
        if call is not None and call.watch.cancelled is not None:
            try:
                response = self._leave(call, call.watch.cancelled)
            except Exception as error:
                refusal = refused_by(error)
                if refusal is None:
                    raise
                self._value.rollback()
        answers = [HandleResponse(stream_cancelled_response=response)]
        if response.state_action.HasField("update"):
            answers += self._news()
        return answers, refusal

    def _leave(self, call: Call[V], cancelled: Callable[[Context], None]) -> StreamCancelledResponse:
        """Let the watch do what it does at the end; its change stands in the response (REP-CANCEL-005)."""
        ctx = Context(call.command, self._surroundings)
        before = self._value.delta()
        cancelled(ctx)
        return StreamCancelledResponse(
            command_id=call.command.id,
            state_action=self._change(ctx, call.handler, before),
            side_effects=ctx.effects,
        )

    def delete(self) -> None:
        """End the entity: nothing changes it any more."""
        self.deleted = True
        self._calls.clear()


def _answer(
    ctx: context.Context, method: MethodDescriptor, response: Message | None, streamed: bool
) -> ClientAction | None:
    """Return what the caller gets; a streamed call may get nothing yet."""
    if streamed and response is None and not ctx.forwards:
        return None
    return ctx.answer(method, response)
