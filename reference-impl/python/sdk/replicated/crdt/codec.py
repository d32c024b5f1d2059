"""How the elements, keys and register values of a Python type travel."""

import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError, Message
from google.protobuf.wrappers_pb2 import (
    BoolValue,
    BytesValue,
    DoubleValue,
    FloatValue,
    Int32Value,
    Int64Value,
    StringValue,
    UInt32Value,
    UInt64Value,
)

from sdk import payload
from sdk.replicated.crdt.value import DeltaError

T = TypeVar("T")
M = TypeVar("M", bound=Message)

Identity = tuple[str, bytes]
"""What two payloads have in common when they are equal, and only then (REP-EQ-001)."""


@dataclass(frozen=True)
class Codec(Generic[T]):
    """How values of type T travel.

    Equal values are packed into equal bytes (REP-EQ-002). Packing raises `TypeError` or
    `ValueError` where a value cannot travel, such as a number out of range: a mistake in
    the handler. Unpacking raises `DeltaError`.
    """

    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]

    def taken(self, value: T) -> T:
        """Return the value as everybody else will read it: a float is rounded, a message copied."""
        return self.unpack(self.pack(value))


def _scalar(name: str, wrapper: type[typing.Any]) -> Codec[typing.Any]:
    """Return the codec of a scalar.

    A default is written as no bytes (CORE-PAYLOAD-006), and read in any encoding
    (CORE-PAYLOAD-005).
    """
    url = f"p.cloudstate.io/{name}"

    def pack(value: object) -> Any:
        return Any(type_url=url, value=wrapper(value=value).SerializeToString())

    def unpack(form: Any) -> object:
        if form.type_url != url:
            raise DeltaError(f"a payload of type {form.type_url!r}, not {url}")
        try:
            return wrapper.FromString(form.value).value
        except DecodeError as error:
            raise DeltaError(f"a payload that is not a {url}: {error}") from None

    return Codec(pack, unpack)


STRING: Codec[str] = _scalar("string", StringValue)
"""Text."""
BYTES: Codec[bytes] = _scalar("bytes", BytesValue)
BOOL: Codec[bool] = _scalar("bool", BoolValue)
INT32: Codec[int] = _scalar("int32", Int32Value)
INT64: Codec[int] = _scalar("int64", Int64Value)
UINT32: Codec[int] = _scalar("uint32", UInt32Value)
UINT64: Codec[int] = _scalar("uint64", UInt64Value)
FLOAT: Codec[float] = _scalar("float", FloatValue)
"""Numbers of 32 bits. A NaN is a bad element and a bad key."""
DOUBLE: Codec[float] = _scalar("double", DoubleValue)
"""Numbers of 64 bits. A NaN is a bad element and a bad key."""


def message(of: type[M]) -> Codec[M]:
    """Return the codec of a protobuf message.

    A message that was received is not changed. It has no hash: sets of messages do without
    the operators of Python's sets.
    """

    def pack(value: M) -> Any:
        if not isinstance(value, of):
            raise TypeError(f"{type(value).__name__} is no {of.__name__}")
        return payload.pack(value)

    def unpack(form: Any) -> M:
        try:
            return payload.unpack(form, of)
        except payload.PayloadError as error:
            raise DeltaError(str(error)) from None

    return Codec(pack, unpack)


def identity(form: Any) -> Identity:
    """Return the bytes by which two payloads are equal."""
    return form.type_url, form.value
