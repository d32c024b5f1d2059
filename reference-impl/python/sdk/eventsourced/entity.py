"""What the author of an event sourced entity writes."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from sdk.definition import StatefulDefinition, message_returned, message_taken
from sdk.eventsourced.activation import Activation
from sdk.eventsourced.context import Context
from sdk.eventsourced.service import KIND

S = TypeVar("S")
M = TypeVar("M", bound=Message)
Answer = TypeVar("Answer", bound=Message | Coroutine[Any, Any, Message])


@dataclass(frozen=True)
class Command(Generic[S]):
    """A method, and its handler."""

    method: MethodDescriptor
    handle: Callable[[Context, S, Any], Message | Coroutine[Any, Any, Message]]


@dataclass(frozen=True)
class Event(Generic[S]):
    """A type of event, or of snapshot, and what it does to the state."""

    message: type[Message]
    apply: Callable[[S, Any], None]


class Entity(StatefulDefinition, Generic[S]):
    """The definition of one event sourced entity with a state of class S."""

    kind = KIND

    def __init__(
        self,
        service: ServiceDescriptor,
        persistence_id: str,
        create: Callable[[str], S],
        *,
        passivate_after: timedelta | None = None,
    ) -> None:
        """Begin the definition: the user's service, and the name under which its events are stored for ever.

        `create` makes the state of the entity with this id as it is before the first event, once
        for each activation; two states share nothing.
        `passivate_after` is when the proxy is to passivate an idle entity, in place of the
        proxy's own time.
        """
        super().__init__(service, persistence_id, passivate_after)
        self.create = create
        self.commands: dict[str, Command[S]] = {}
        self.events: dict[str, Event[S]] = {}  # by the full name of the message
        self.snapshot_every = 0  # 0 is never
        self.save: Callable[[S], Message] | None = None
        self.restoration: Event[S] | None = None

    def command(
        self, name: str
    ) -> Callable[[Callable[[Context, S, M], Answer]], Callable[[Context, S, M], Answer]]:
        """Decorate what the method with this short name does.

        The handler reads the state, emits events, and returns the response; an `sdk.Error`
        refuses the command. It runs alone in its entity, and many entities run at once. It
        may be a coroutine, which is cancelled when nobody waits any more.
        """

        def decorate(handle: Callable[[Context, S, M], Answer]) -> Callable[[Context, S, M], Answer]:
            if (method := self.handles(name, handle)) is not None:
                self.commands[name] = Command(method, handle)
            return handle

        return decorate

    def event(self, apply: Callable[[S, M], None]) -> Callable[[S, M], None]:
        """Decorate what one type of event does to the state, when it is emitted and when it is replayed.

        The annotation of its parameter says which type. It does not change the event.
        """
        if (message := self._taken(apply)) is not None:
            if message.DESCRIPTOR.full_name in self.events:
                self.complain(f"events of type {message.DESCRIPTOR.full_name} are applied twice")
            self.events[message.DESCRIPTOR.full_name] = Event(message, apply)
        return apply

    def snapshot(self, *, every: int) -> Callable[[Callable[[S], M]], Callable[[S], M]]:
        """Decorate what saves the whole state, and keeps no hold of what it returned.

        A snapshot goes to the proxy with the reply in which the number of events since the
        last one, those of the journal included, reaches `every` (ES-SNAP-004).
        """

        def decorate(save: Callable[[S], M]) -> Callable[[S], M]:
            if every < 1:
                self.complain(f"a snapshot after every {every} events; at least 1")
            if self.save is not None:
                self.complain("two ways to save")
            if (message := message_returned(save)) is None:
                self.complain(f"{save.__qualname__} does not say which message it returns")
            else:
                self.stores(message)
            self.snapshot_every, self.save = every, save
            return save

        return decorate

    def restore(self, restore: Callable[[S, M], None]) -> Callable[[S, M], None]:
        """Decorate what brings a state that was just created to a snapshot.

        It is the inverse of what saves, for every snapshot that was ever stored.
        """
        if self.restoration is not None:
            self.complain("two ways to restore")
        if (message := self._taken(restore)) is not None:
            self.restoration = Event(message, restore)
        return restore

    def activate(self, entity_id: str) -> Activation[S]:
        """Return the entity with this id as it is before its first event. It is for the kind."""
        return Activation(self, entity_id)

    def _taken(self, apply: Callable[..., None]) -> type[Message] | None:
        message = message_taken(apply)
        if message is None:
            self.complain(f"{apply.__qualname__} does not say which message it takes")
        else:
            self.stores(message)
        return message

    def _check(self) -> list[str]:
        mistakes = super()._check()
        if (self.save is None) != (self.restoration is None):
            mistakes.append("what saves a state and what restores it come together")
        return mistakes
