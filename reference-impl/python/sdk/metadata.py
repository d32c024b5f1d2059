"""Metadata: pairs that travel beside a payload, in order; a key may stand more than once."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import overload

from stateward.entity.v1 import entity_pb2

Pair = tuple[str, str | bytes]
"""A key in lower case, and text, or bytes where the key ends in ``-bin``."""

_HEADER = re.compile(r"[a-z0-9_.-]+")


class MetadataError(ValueError):
    """A pair that no header can carry."""


class Metadata(Sequence[Pair]):
    """Pairs, in order. Never changed.

    >>> Metadata({"x-tenant": "blue"}).get("X-Tenant")
    'blue'
    """

    def __init__(self, pairs: Mapping[str, str | bytes] | Iterable[Pair] = ()) -> None:
        self._pairs = tuple(pairs.items() if isinstance(pairs, Mapping) else pairs)
        for key, value in self._pairs:
            if not _HEADER.fullmatch(key):
                raise MetadataError(f"metadata: {key!r} is not a lower-case header name")
            if isinstance(value, str) == key.endswith("-bin"):
                raise MetadataError(
                    f"metadata: {key!r} has {type(value).__name__}; keys of bytes, and no others, end in -bin"
                )

    def get(self, key: str, default: str | bytes = "") -> str | bytes:
        """Return the first value of the key, whatever the case of either."""
        return next(iter(self.values(key)), default)

    def values(self, key: str) -> list[str | bytes]:
        """Return every value of the key, in order."""
        return [value for name, value in self._pairs if name.lower() == key.lower()]

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        return self._pairs[index]

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Metadata) and self._pairs == other._pairs

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"Metadata({list(self._pairs)!r})"

    @classmethod
    def read(cls, message: entity_pb2.Metadata) -> "Metadata":
        """Return the pairs of the protocol's message, in order, whatever they are.

        A pair that has neither value has an empty one (META-GIVE-001).
        """
        read = cls()
        read._pairs = tuple(
            (entry.key, entry.bytes_value if entry.HasField("bytes_value") else entry.string_value)
            for entry in message.entries
        )
        return read

    def message(self) -> entity_pb2.Metadata | None:
        """Return the protocol's form, None where there is no pair. It is for the kinds of entities."""
        if not self._pairs:
            return None
        return entity_pb2.Metadata(
            entries=[
                entity_pb2.MetadataEntry(key=key, string_value=value)
                if isinstance(value, str)
                else entity_pb2.MetadataEntry(key=key, bytes_value=value)
                for key, value in self._pairs
            ]
        )
