"""What an author says of an entity, whatever its kind."""

import inspect
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.message import Message
from stateward.annotations.v1 import annotations_pb2
from stateward.discovery.v1 import discovery_pb2

from sdk.payload import input_class, output_class
from sdk.stream import Handler, Host

# protoc's stubs do not say what it extends.
_ENTITY_KEY: Any = annotations_pb2.entity_key


@dataclass(frozen=True)
class Kind:
    """One kind of entity: a service of the protocol that the function serves and the proxy calls."""

    service: ServiceDescriptor
    """The service of the protocol."""
    serve: Callable[[Host, Mapping[str, Any]], Mapping[str, Handler]]
    """Returns what serves each of its methods, for these entities of the kind, by the full names
    of the user's services."""
    stateful: bool = True
    """Whether its one method, Handle, is an activation of an entity."""


class Definition(ABC):
    """What the definition of an entity holds whatever its kind.

    It is complete before it is given to a Function, and not changed afterwards. The author's
    mistakes are collected, and named all at once at the start.
    """

    kind: Kind
    """How it is served; the same for all entities of one kind."""

    def __init__(
        self, service: ServiceDescriptor, persistence_id: str = "", passivate_after: timedelta | None = None
    ) -> None:
        self.service = service
        self.persistence_id = persistence_id
        self.passivate_after = passivate_after
        self.stored: list[Any] = []
        """The files of the messages that the state holds, so that a proxy can show what it keeps."""
        self._handled: set[str] = set()
        self._mistakes: list[str] = []

    def describe(self) -> discovery_pb2.Entity:
        """Return the entity's line in discovery."""
        line = discovery_pb2.Entity(
            entity_type=self.kind.service.full_name,
            service_name=self.service.full_name,
            persistence_id=self.persistence_id,
        )
        if self.passivate_after is not None:
            line.passivation_strategy.timeout.timeout = self.passivate_after // timedelta(milliseconds=1)
        return line

    def mistakes(self) -> list[str]:
        """Return every mistake in the definition."""
        missing = [method.full_name for method in self.service.methods if method.name not in self._handled]
        mistakes = [*self._mistakes, *self._check(), *(f"{method}: no handler" for method in missing)]
        return [f"{self.service.full_name}: {mistake}" for mistake in mistakes]

    @abstractmethod
    def _check(self) -> list[str]:
        """Return what is wrong with the service, for an entity of this kind."""

    def complain(self, mistake: str) -> None:
        """Add a mistake of the author's. It is for the kinds of entities."""
        self._mistakes.append(mistake)

    def stores(self, message: type[Message]) -> None:
        """Note that the entity's state holds messages of this class. It is for the kinds of entities."""
        self.stored.append(message.DESCRIPTOR.file)

    def handles(self, name: str, handler: Callable[..., Any]) -> MethodDescriptor | None:
        """Note the handler of the method, and complain where they do not fit.

        Returns the method; None where there is none. It is for the kinds of entities.
        """
        method = self.service.methods_by_name.get(name)
        if method is None:
            self.complain(f"there is no method {name!r} to handle")
            return None
        if name in self._handled:
            self.complain(f"{name} has two handlers")
        self._handled.add(name)
        self._check_annotations(method, handler)
        return method

    def _check_annotations(self, method: MethodDescriptor, handler: Callable[..., Any]) -> None:
        """Complain of a handler whose annotations say other messages than the method has."""
        for want, found, verb in (
            (output_class(method), message_returned(handler), "returns"),
            (input_class(method), message_taken(handler), "takes"),
        ):
            if found is not None and found is not want:
                self.complain(
                    f"{method.name} {verb} {want.DESCRIPTOR.full_name}, not {found.DESCRIPTOR.full_name}"
                )


class StatefulDefinition(Definition):
    """The definition of an entity that has a key, and something stored."""

    streams_responses = False
    """Whether a method may stream its responses."""

    def _check(self) -> list[str]:
        mistakes = []
        if not self.persistence_id:
            mistakes.append("a stateful entity has a persistence id (DISC-ENT-002)")
        if self.passivate_after is not None and self.passivate_after < timedelta(milliseconds=1):
            mistakes.append(
                f"the passivation timeout is {self.passivate_after}, below a millisecond (DISC-ENT-004)"
            )
        for method in self.service.methods:
            if method.client_streaming or (method.server_streaming and not self.streams_responses):
                mistakes.append(f"{method.name} streams (DISC-METHOD-001)")
            mistakes += (f"{method.name}: {wrong}" for wrong in _wrong_keys(method.input_type))
        return mistakes


def _wrong_keys(message: Descriptor) -> list[str]:
    """Return what keeps the message from naming an entity (DISC-KEY-001)."""
    keys = [field for field in message.fields if field.GetOptions().Extensions[_ENTITY_KEY]]
    if len(keys) != 1:
        return [
            f"{message.full_name} has {len(keys)} fields with the option entity_key, not 1 (DISC-KEY-001)"
        ]
    key = keys[0]
    alone = key.containing_oneof is None or key.containing_oneof.name == f"_{key.name}"  # of `optional`
    if key.type != FieldDescriptor.TYPE_STRING or key.is_repeated or not alone:
        return [f"the entity key {key.full_name} is not a singular string (DISC-KEY-001)"]
    return []


def message_taken(function: Callable[..., Any]) -> type[Message] | None:
    """Return the class of message that the function's last parameter has; None where it says none."""
    parameters = inspect.signature(function).parameters.values()
    named = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    return _message_in(_annotations(function).get(named[-1])) if named else None


def message_returned(function: Callable[..., Any]) -> type[Message] | None:
    """Return the class of message that the function says it returns; None where it says none."""
    return _message_in(_annotations(function).get("return"))


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of the function; none where they cannot be read."""
    try:
        return typing.get_type_hints(function)
    except Exception:  # a name that exists for type checkers alone, for one
        return {}


def _message_in(hint: object) -> type[Message] | None:
    """Return the class of message in an annotation, such as that of ``AsyncIterator[M] | None``.

    Message, of which all are, says none.
    """
    if inspect.isclass(hint) and issubclass(hint, Message) and hint is not Message:
        return hint
    found = (_message_in(part) for part in typing.get_args(hint))
    return next((message for message in found if message is not None), None)
