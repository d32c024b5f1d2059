"""What the replicated model does to a value."""

from stateward.replicated.v1.replicated_pb2 import CLOCK_CUSTOM, CLOCK_CUSTOM_AUTO_INCREMENT
from stateward.tck.replicated.v1.replicated_pb2 import (
    LWWRegisterMapUpdate,
    LWWRegisterUpdate,
    ORMapUpdate,
    ORMultiMapUpdate,
    ORSetUpdate,
    PNCounterMapUpdate,
    Update,
)

from model.replicated_type import names_entry, no_type
from sdk import Code, Error
from sdk.replicated.crdt import (
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
    Vote,
)


def update_value(value: Value, update: Update) -> None:
    """Do to the value what the update says; an update of another type is refused."""
    match update.WhichOneof("update"), value:
        case "gcounter", GCounter():
            value.increment(update.gcounter.increment)
        case "pncounter", PNCounter():
            value.increment(update.pncounter.change)
        case "gset", GSet():
            value.add(update.gset.add)
        case "orset", ORSet():
            update_orset(value, update.orset)
        case "lwwregister", LWWRegister():
            value.set(update.lwwregister.value, clock_of(update.lwwregister))
        case "flag", Flag():
            value.set()
        case "ormap", ORMap():
            update_ormap(value, update.ormap)
        case "vote", Vote():
            value.cast(update.vote.self_vote)
        case "pncounter_map", PNCounterMap():
            update_pncounter_map(value, update.pncounter_map)
        case "lwwregister_map", LWWRegisterMap():
            update_lwwregister_map(value, update.lwwregister_map)
        case "ormulti_map", ORMultiMap():
            update_ormulti_map(value, update.ormulti_map)
        case None, _:
            raise no_case()
        case _:
            raise Error(Code.INVALID_ARGUMENT, "the update is not of the value's type")


def no_case() -> Error:
    """Return what refuses an update without an action that is known here."""
    return Error(Code.INVALID_ARGUMENT, "an update without a case that is known here")


def clock_of(update: LWWRegisterUpdate) -> Clock:
    """Return the clock of a write; a time counts for the custom ones alone."""
    custom = update.clock.clock_type in (CLOCK_CUSTOM, CLOCK_CUSTOM_AUTO_INCREMENT)
    return Clock(update.clock.clock_type, update.clock.custom_clock_value if custom else 0)


def update_orset(elements: ORSet[str], update: ORSetUpdate) -> None:
    """Change a set."""
    match update.WhichOneof("action"):
        case "add":
            elements.add(update.add)
        case "remove":
            elements.discard(update.remove)
        case "clear":
            if update.clear:
                elements.clear()
        case _:
            raise no_case()


def update_ormap(entries: ORMap[str, Entry], update: ORMapUpdate) -> None:
    """Change a map, whose keys name types."""
    match update.WhichOneof("action"):
        case "add":
            entries.ensure(typed(update.add))
        case "update":
            update_value(entries.ensure(typed(update.update.key)), update.update.update)
        case "remove":
            entries.discard(typed(update.remove))
        case "clear":
            if update.clear:
                entries.clear()
        case _:
            raise no_case()


def typed(key: str) -> str:
    """Return the key, which has to name a type."""
    if not names_entry(key):
        raise no_type()
    return key


def update_pncounter_map(counters: PNCounterMap[str], update: PNCounterMapUpdate) -> None:
    """Change a map of counters."""
    match update.WhichOneof("action"):
        case "add":
            counters.increment(update.add, 0)
        case "update":
            counters.increment(update.update.key, update.update.counter.change)
        case "remove":
            counters.discard(update.remove)
        case "clear":
            if update.clear:
                counters.clear()
        case _:
            raise no_case()


def update_lwwregister_map(registers: LWWRegisterMap[str, str], update: LWWRegisterMapUpdate) -> None:
    """Change a map of registers."""
    match update.WhichOneof("action"):
        case "add":
            registers.setdefault(update.add, "")
        case "update":
            written = update.update.register
            registers.set(update.update.key, written.value, clock_of(written))
        case "remove":
            registers.discard(update.remove)
        case "clear":
            if update.clear:
                registers.clear()
        case _:
            raise no_case()


def update_ormulti_map(sets: ORMultiMap[str, str], update: ORMultiMapUpdate) -> None:
    """Change a map of sets."""
    match update.WhichOneof("action"):
        case "add":
            sets.ensure(update.add)
        case "update":
            update_orset(sets.ensure(update.update.key), update.update.set)
        case "remove":
            sets.discard(update.remove)
        case "clear":
            if update.clear:
                sets.clear()
        case _:
            raise no_case()
