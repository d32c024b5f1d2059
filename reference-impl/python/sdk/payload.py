"""Payloads: a message packed into ``google.protobuf.Any``, and read from it."""

from typing import TypeVar

from google.protobuf.any_pb2 import Any
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import DecodeError, EncodeError, Message
from google.protobuf.message_factory import GetMessageClass

M = TypeVar("M", bound=Message)

_PREFIX = "type.googleapis.com/"


class PayloadError(ValueError):
    """A payload that is missing, of another type, or not to be read; or a message not to be packed."""


def pack(message: Message) -> Any:
    """Return the message as a payload: type URL and bytes.

    Equal messages give equal bytes, maps included (CORE-PAYLOAD-006).
    """
    try:
        value = message.SerializeToString(deterministic=True)
    except EncodeError as error:
        raise PayloadError(f"{message.DESCRIPTOR.full_name} cannot be packed: {error}") from error
    return Any(type_url=_PREFIX + message.DESCRIPTOR.full_name, value=value)


def unpack(payload: Any | None, kind: type[M]) -> M:
    """Return the message of this class that the payload holds.

    Fields that the class does not know are kept.
    """
    if payload is None:
        raise PayloadError("there is no payload")
    if type_name(payload) != kind.DESCRIPTOR.full_name:
        raise PayloadError(f"the payload is of type {payload.type_url!r}, not {kind.DESCRIPTOR.full_name}")
    try:
        return kind.FromString(payload.value)
    except DecodeError as error:
        raise PayloadError(f"the payload is not a {kind.DESCRIPTOR.full_name}: {error}") from error


def present(message: Message, field: str) -> Any | None:
    """Return the payload in this field of the message, None where there is none."""
    return getattr(message, field) if message.HasField(field) else None


def type_name(payload: Any) -> str:
    """Return the full name of the message that the payload holds, under whatever prefix.

    It is empty for a scalar and for JSON, which have prefixes of their own (CORE-PAYLOAD-003).
    """
    if payload.type_url.startswith(("p.cloudstate.io/", "json.cloudstate.io/")):
        return ""
    _, slash, name = payload.type_url.rpartition("/")
    return name if slash else ""


def message_class(descriptor: Descriptor) -> type[Message]:
    """Return the generated class of the message."""
    return GetMessageClass(descriptor)


def input_class(method: MethodDescriptor) -> type[Message]:
    """Return the class of the method's requests."""
    return message_class(method.input_type)


def output_class(method: MethodDescriptor) -> type[Message]:
    """Return the class of the method's responses."""
    return message_class(method.output_type)
