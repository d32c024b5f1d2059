"""Values of each type, what handlers do to them, and what they hold, for the tests of all."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from sdk.replicated import crdt
from sdk.replicated.crdt import (
    STRING,
    Clock,
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
)

Draw = Callable[[st.SearchStrategy[Any]], Any]

NAMES = ["", "a", "b", "c"]
"""Few, so that changes meet."""

names = st.sampled_from(NAMES)


def entry_of(key: str) -> Entry:
    """Return the empty value of the type that a key of a mixed map names."""
    match key:
        case "gcounter":
            return GCounter()
        case "pncounter":
            return PNCounter()
        case "gset":
            return GSet(STRING)
        case "orset":
            return ORSet(STRING)
        case "register":
            return LWWRegister(STRING, "")
        case "flag":
            return Flag()
        case _:
            return ORMap(STRING, entry_of)


MIXED = ["gcounter", "pncounter", "gset", "orset", "register", "flag", "map"]

# A vote's deltas do not say the same in both directions; it has tests of its own.
MAKERS: dict[str, Callable[[], Value]] = {
    "GCounter": GCounter,
    "PNCounter": PNCounter,
    "GSet": lambda: GSet(STRING),
    "ORSet": lambda: ORSet(STRING),
    "LWWRegister": lambda: LWWRegister(STRING, ""),
    "Flag": Flag,
    "ORMap": lambda: ORMap(STRING, entry_of),
    "PNCounterMap": lambda: PNCounterMap(STRING),
    "LWWRegisterMap": lambda: LWWRegisterMap(STRING, STRING),
    "ORMultiMap": lambda: ORMultiMap(STRING, STRING),
}


def act(draw: Draw, value: Value) -> None:
    """Do one thing to the value, as a handler does."""
    name = draw(names)
    match value:
        case GCounter():
            value.increment(draw(st.integers(0, 2)))
        case PNCounter():
            value.increment(draw(st.integers(-2, 2)))
        case GSet():
            value.add(name)
        case ORSet():
            edit(draw, value, name, lambda: value.add(name))
        case LWWRegister():
            value.set(name, Clock.custom(draw(st.integers(0, 9))))
        case Flag():
            if name == "a":
                value.set()
        case ORMap():
            key = draw(st.sampled_from(MIXED))
            edit(draw, value, key, lambda: act(draw, value.ensure(key)))
        case PNCounterMap():
            edit(draw, value, name, lambda: value.increment(name, draw(st.integers(-2, 2))))
        case LWWRegisterMap():
            edit(draw, value, name, lambda: value.set(name, draw(names)))
        case ORMultiMap():
            edit(draw, value, name, lambda: act(draw, value.ensure(name)))
        case _:
            raise AssertionError(f"nothing is known to do to a {type(value).__name__}")


def edit(draw: Draw, value: Any, key: str, put: Callable[[], None]) -> None:
    """Remove the key, or everything, or do what is given."""
    match draw(st.integers(0, 5)):
        case 0:
            value.clear()
        case 1 | 2:
            value.discard(key)
        case _:
            put()


def plain(value: Value) -> Any:
    """Return the value in Python's own types: an independent picture, to compare."""
    match value:
        case GCounter() | PNCounter():
            return int(value)
        case GSet() | ORSet():
            return set(value)
        case LWWRegister():
            return value.value
        case Flag():
            return bool(value)
        case ORMap() | ORMultiMap():
            return {key: plain(entry) for key, entry in value.items()}
        case PNCounterMap() | LWWRegisterMap():
            return dict(value)
        case crdt.Vote():
            return value.mine, value.votes, value.voters
        case _:
            raise AssertionError(f"a {type(value).__name__}")
