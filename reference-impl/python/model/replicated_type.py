"""The types of the replicated model's values, which ids and keys name."""

from collections.abc import Callable

from sdk import Code, Error
from sdk.replicated.crdt import (
    STRING,
    Entry,
    Flag,
    GCounter,
    GSet,
    LWWRegister,
    LWWRegisterMap,
    ORMap,
    ORMultiMap,
    ORSet,
    PNCounter,
    PNCounterMap,
    Value,
    Vote,
)


def entry_of(key: str) -> Entry:
    """Return the empty value of an entry of an ORMap, whose key names one of the first eight types."""
    return _ENTRIES.get(type_of(key), Flag)()  # a key that names none is one that no command takes


_ENTRIES: dict[str, Callable[[], Entry]] = {
    "GCounter": GCounter,
    "PNCounter": PNCounter,
    "GSet": lambda: GSet(STRING),
    "ORSet": lambda: ORSet(STRING),
    "LWWRegister": lambda: LWWRegister(STRING, ""),
    "Flag": Flag,
    "ORMap": lambda: ORMap(STRING, entry_of),
    "Vote": Vote,
}


def type_of(key: str) -> str:
    """Return the part of an id or a key that names its type."""
    return key.partition("-")[0]


def names_entry(key: str) -> bool:
    """Say whether a key of an ORMap names a type."""
    return type_of(key) in _ENTRIES


_MAPS: dict[str, Callable[[], Value]] = {
    "PNCounterMap": lambda: PNCounterMap(STRING),
    "LWWRegisterMap": lambda: LWWRegisterMap(STRING, STRING),
    "ORMultiMap": lambda: ORMultiMap(STRING, STRING),
}


def value_of(entity_id: str) -> Value:
    """Return the empty value of the type that the id names; if it names none, one that no command reaches."""
    return _MAPS.get(type_of(entity_id), lambda: entry_of(entity_id))()


def names_type(entity_id: str) -> bool:
    """Say whether an entity's id names a type."""
    return type_of(entity_id) in _MAPS or names_entry(entity_id)


def no_type() -> Error:
    """Return what refuses an id, or a key of an ORMap, that names no type."""
    return Error(Code.INVALID_ARGUMENT, "the id or key names no type")
