"""What holds of every value, whatever a handler does to it."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from stateward.replicated.v1.replicated_pb2 import Delta

from sdk.replicated.crdt import STRING, ORMap, ORMultiMap, ORSet, PNCounterMap, Value
from tests.replicated.subjects import MAKERS, NAMES, Draw, act, names, plain

every_type = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


@every_type
@given(data=st.data())
def test_two_that_tell_each_other_stay_equal(make: Callable[[], Value], data: st.DataObject) -> None:
    # REP-UPD-001, REP-DELTA-001, REP-ORSET-002, REP-MAP-003, REP-GCOUNTER-002, REP-PNCOUNTER-002,
    # REP-LWW-004, REP-FLAG-002; whichever of them is changed.
    here, there = make(), make()
    tell(data.draw, here, there)  # a register is created with a value
    for _ in range(data.draw(st.integers(1, 4))):
        before = plain(here)
        for _ in range(data.draw(st.integers(0, 6))):
            act(data.draw, here)
        if data.draw(st.integers(0, 3)) == 0:
            here.rollback()
            assert plain(here) == before, "rolled back (REP-FAIL-003)"
            assert not here.changed()
        tell(data.draw, here, there)
        here, there = there, here


def tell(draw: Draw, sender: Value, receiver: Value) -> None:
    """Commit what was done to one value, and apply it to the other."""
    before = plain(sender)
    delta = sender.delta()
    assert plain(sender) == before, "asking for the delta changed the value"
    assert sender.delta() == delta, "asked again"
    assert sender.changed() == (inner(delta).ByteSize() > 0), delta
    held = plain(receiver)
    if sender.changed() or delta.WhichOneof("delta") != "lwwregister":  # an empty one says nothing
        changed = receiver.apply(shuffled(draw, delta))
        assert changed or plain(receiver) == held, f"changed in silence by {delta}"
        assert sender.changed() or not changed, "changed by an empty delta"
    assert plain(receiver) == plain(sender), delta
    assert not receiver.changed(), "what was received is to be sent (REP-DELTA-003)"
    sender.commit()
    assert not sender.changed(), "what was sent is to be sent again"


def inner(delta: Delta) -> Message:
    """Return the message in the case that is set."""
    case = delta.WhichOneof("delta")
    assert case is not None
    found = getattr(delta, case)
    assert isinstance(found, Message)
    return found


def shuffled(draw: Draw, delta: Delta) -> Delta:
    """Return the delta with each of its lists in another order (REP-EQ-004)."""
    mixed = Delta.FromString(delta.SerializeToString())
    order = random.Random(draw(st.integers(0, 9)))
    for field, held in inner(mixed).ListFields():
        if field.is_repeated:
            entries = list(held)
            order.shuffle(entries)
            inner(mixed).ClearField(field.name)
            getattr(inner(mixed), field.name).extend(entries)
    return mixed


def keys_of(forms: Iterable[Any]) -> list[str]:
    return sorted(STRING.unpack(form) for form in forms)


@given(data=st.data())
def test_the_lists_of_a_set_are_what_came_and_what_went(data: st.DataObject) -> None:
    # Once each (REP-ORSET-003, REP-ORSET-004, REP-ORSET-006); a clear names what is there
    # afterwards, and nothing of what went (REP-ORSET-005).
    subject = ORSet(STRING)
    for _ in range(data.draw(st.integers(0, 5))):
        act(data.draw, subject)
    subject.commit()
    before = set(subject)
    for _ in range(data.draw(st.integers(0, 8))):
        act(data.draw, subject)
    after, told = set(subject), subject.delta().orset
    if told.cleared:
        assert before, "an empty set is cleared"
        assert (keys_of(told.removed), keys_of(told.added)) == ([], sorted(after))
    else:
        assert keys_of(told.removed) == sorted(before - after)
        assert keys_of(told.added) == sorted(after - before)


@given(data=st.data())
def test_the_lists_of_a_map(data: st.DataObject) -> None:
    # REP-MAP-001, REP-MAP-004 to REP-MAP-008, against a reference that notes what was done to each key.
    subject = PNCounterMap(STRING)
    for _ in range(data.draw(st.integers(0, 5))):
        act(data.draw, subject)
    subject.commit()
    was, there = dict(subject), set(subject)
    gone: set[str] = set()
    new: set[str] = set()
    changes: dict[str, int] = {}
    cleared = False

    def remove(key: str) -> None:
        if key in there:
            there.remove(key)
            new.discard(key)
            changes.pop(key, None)
            if key in was:
                gone.add(key)

    def put(key: str, n: int) -> None:
        if key not in there:
            there.add(key)
            new.add(key)
        changes[key] = changes.get(key, 0) + n

    for _ in range(data.draw(st.integers(0, 10))):
        key, n = data.draw(names), data.draw(st.integers(-1, 1))
        match data.draw(st.integers(0, 4)):
            case 0:
                cleared = cleared or bool(there and was)
                subject.clear()
                for each in NAMES:
                    remove(each)
            case 1:
                subject.discard(key)
                remove(key)
            case _:
                subject.increment(key, n)
                put(key, n)
    told = subject.delta().pncounter_map
    assert told.cleared == cleared
    assert keys_of(told.removed) == ([] if cleared else sorted(gone))
    assert keys_of(entry.key for entry in told.added) == sorted(new)
    changed = [key for key, n in changes.items() if n != 0 and key not in new]
    assert keys_of(entry.key for entry in told.updated) == sorted(changed)
    for entry in [*told.updated, *told.added]:
        assert entry.change == changes[STRING.unpack(entry.key)]


@given(data=st.data())
def test_a_map_of_one_type_stands_for_an_ormap(data: st.DataObject) -> None:
    # With the same values, to which the same was done (REP-PNMAP-002, REP-LWWMAP-002, REP-MULTI-002).
    short: ORMultiMap[str, str] = ORMultiMap(STRING, STRING)
    long: ORMap[str, ORSet[str]] = ORMap(STRING, lambda _: ORSet(STRING))
    acts = st.lists(st.tuples(names, names, st.integers(0, 5)), max_size=8)
    for _ in range(2):
        for key, element, what in data.draw(acts):
            for subject in short, long:
                match what:
                    case 0:
                        subject.clear()
                    case 1:
                        subject.discard(key)
                    case 2:
                        subject.ensure(key).discard(element)
                    case _:
                        subject.ensure(key).add(element)
        stands, told = long.delta().ormap, short.delta().ormulti_map
        assert told.cleared == stands.cleared
        assert list(told.removed) == list(stands.removed)
        for listed in "updated", "added":
            assert [(entry.key, entry.set) for entry in getattr(told, listed)] == [
                (entry.key, entry.delta.orset) for entry in getattr(stands, listed)
            ]
        short.commit()
        long.commit()


@every_type
@given(data=st.data())
def test_a_collection_knows_its_size_and_what_it_has(make: Callable[[], Value], data: st.DataObject) -> None:
    subject = make()
    for _ in range(data.draw(st.integers(0, 12))):
        act(data.draw, subject)
    held = plain(subject)
    if not isinstance(held, (set, dict)):
        return
    assert len(subject) == len(held)  # type: ignore[arg-type]
    for name in [*NAMES, "map", 5]:
        assert (name in subject) == (name in held)  # type: ignore[operator]
