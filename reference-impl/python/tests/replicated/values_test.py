"""What is particular to one type."""

from collections.abc import Callable, Set

import pytest
from google.protobuf.json_format import ParseDict
from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    GCounterDelta,
    GSetDelta,
    LWWRegisterDelta,
    LWWRegisterMapDelta,
    LWWRegisterMapEntryDelta,
    ORMapDelta,
    ORMapEntryDelta,
    ORMultiMapDelta,
    ORMultiMapEntryDelta,
    ORSetDelta,
    PNCounterDelta,
    PNCounterMapDelta,
    PNCounterMapEntryDelta,
    VoteDelta,
)

from sdk import Code
from sdk.replicated.crdt import (
    STRING,
    Clock,
    DeltaError,
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
    RangeError,
    Value,
    Vote,
)
from tests.replicated.subjects import MAKERS, entry_of


def says(value: Value, want: dict[str, object]) -> None:
    """Check the value's delta, given as JSON."""
    assert value.delta() == ParseDict(want, Delta())


def counted(n: int) -> Delta:
    return Delta(pncounter=PNCounterDelta(change=n))


def test_a_gcounter_has_a_range() -> None:
    # REP-LIMIT-004; it wraps where several have added to it (REP-GCOUNTER-002).
    counter = GCounter()
    counter.apply(Delta(gcounter=GCounterDelta(increment=2**64 - 2)))
    counter.increment()
    with pytest.raises(RangeError) as refused:
        counter.increment()
    assert refused.value.code is Code.OUT_OF_RANGE
    assert int(counter) == 2**64 - 1
    with pytest.raises(ValueError, match="grows"):
        counter.increment(-1)
    says(counter, {"gcounter": {"increment": "1"}})
    counter.apply(counter.delta())
    assert int(counter) == 0


def test_a_pncounter_has_a_range() -> None:
    # Its change has one too: it is what a delta can say (REP-PNCOUNTER-001, REP-PNCOUNTER-002).
    counter = PNCounter()
    counter.apply(counted(2**63 - 2))
    counter.increment()
    with pytest.raises(RangeError):
        counter.increment()
    assert int(counter) == 2**63 - 1
    counter.apply(counted(1))
    assert int(counter) == -(2**63)
    least = PNCounter()
    least.decrement(2**63)
    with pytest.raises(RangeError):
        least.decrement()
    says(least, {"pncounter": {"change": str(-(2**63))}})
    wide = PNCounter()
    wide.increment(2**63 - 1)
    wide.commit()
    wide.decrement(2**63)
    with pytest.raises(RangeError):
        wide.decrement()  # -2 is in range, and a change of -2^63 - 1 is not
    assert int(wide) == -1


def test_a_flag_is_set_for_ever() -> None:
    flag = Flag()
    flag.set()
    flag.rollback()
    assert not flag
    flag.set()
    says(flag, {"flag": {"value": True}})
    flag.commit()
    flag.set()
    assert not flag.changed()  # to set what is set is to do nothing (REP-FLAG-001)
    flag.rollback()
    flag.apply(Flag().delta())  # false leaves it as it is (REP-FLAG-002)
    assert flag


def test_a_vote() -> None:
    # REP-VOTE-001 to REP-VOTE-004.
    vote = Vote()
    assert (vote.mine, vote.votes, vote.voters) == (False, 0, 1)
    vote.cast(False)
    assert not vote.changed()
    vote.cast(True)
    assert (vote.mine, vote.votes) == (True, 1)
    says(vote, {"vote": {"selfVote": True}})
    vote.rollback()
    assert (vote.mine, vote.votes, vote.changed()) == (False, 0, False)
    vote.cast(True)
    vote.commit()
    assert vote.apply(Delta(vote=VoteDelta(self_vote=True, votes_for=2, total_voters=3)))
    assert not vote.apply(Delta(vote=VoteDelta(self_vote=True, votes_for=2, total_voters=3)))
    assert (vote.mine, vote.votes, vote.voters, vote.changed()) == (True, 2, 3, False)
    vote.cast(False)
    vote.cast(True)
    assert not vote.changed()
    vote.cast(False)
    assert vote.votes == 1
    says(vote, {"vote": {}})
    vote.commit()
    vote.apply(Delta(vote=VoteDelta()))  # defaults are values too
    assert (vote.mine, vote.votes, vote.voters) == (False, 0, 0)


CLOCKS = {
    "default": (Clock(), {}),
    "reverse": (Clock.reverse(), {"clock": "CLOCK_REVERSE"}),
    "custom": (Clock.custom(-5), {"clock": "CLOCK_CUSTOM", "customClockValue": "-5"}),
    "auto": (
        Clock.custom_auto_increment(7),
        {"clock": "CLOCK_CUSTOM_AUTO_INCREMENT", "customClockValue": "7"},
    ),
}


@pytest.mark.parametrize(("clock", "want"), CLOCKS.values(), ids=CLOCKS.keys())
def test_a_register_says_its_last_write_with_its_clock(clock: Clock, want: dict[str, str]) -> None:
    # REP-LWW-001, REP-LWW-002, and REP-LWW-003: also where the value is the same.
    register = LWWRegister(STRING, "new")
    register.commit()
    assert not register.changed()
    register.set("old", Clock.custom_auto_increment(9))
    register.set("new", clock)
    assert register.delta() == Delta(lwwregister=ParseDict(want, LWWRegisterDelta(value=STRING.pack("new"))))


def test_a_register_is_created_with_a_value() -> None:
    register = LWWRegister(STRING, "new")
    register.set("other", Clock.custom(5))
    register.rollback()  # created all the same, and by no clock but the proxy's
    assert register.changed()
    assert register.delta() == Delta(lwwregister=LWWRegisterDelta(value=STRING.pack("new")))
    with pytest.raises(DeltaError):
        register.apply(Delta(lwwregister=LWWRegisterDelta()))
    assert register.apply(Delta(lwwregister=LWWRegisterDelta(value=STRING.pack("new"))))
    assert not register.apply(Delta(lwwregister=LWWRegisterDelta(value=STRING.pack("new"))))
    register.value = "other"
    register.rollback()
    assert register.value == "new"


Acts = list[tuple[object, ...]]
TABLE: dict[str, tuple[Acts, dict[str, object]]] = {
    "adds 3 to a, takes 1 from it": ([("increment", "a", 3), ("decrement", "a")], {"updated": {"a": 2}}),
    "removes a": ([("discard", "a")], {"removed": ["a"]}),
    "adds 3 to a, removes it": ([("increment", "a", 3), ("discard", "a")], {"removed": ["a"]}),
    "removes a, then adds 3 to a new a": (
        [("discard", "a"), ("increment", "a", 3)],
        {"removed": ["a"], "added": {"a": 3}},
    ),
    "adds 3 to a, takes 3 from it": ([("increment", "a", 3), ("decrement", "a", 3)], {}),
    "creates b": ([("increment", "b", 0)], {"added": {"b": 0}}),
    "adds 3 to b, which creates it": ([("increment", "b", 3)], {"added": {"b": 3}}),
    "removes every entry, then creates b": (
        [("clear",), ("increment", "b", 0)],
        {"cleared": True, "added": {"b": 0}},
    ),
    "removes b, which is not there": ([("discard", "b")], {}),
}


@pytest.mark.parametrize(("acts", "want"), TABLE.values(), ids=TABLE.keys())
def test_the_table_of_the_specification(acts: Acts, want: dict[str, object]) -> None:
    # What a command on a map of a 5 and z 1 is answered with (REP-PNMAP-002, REP-MAP-005 to REP-MAP-007).
    counters = PNCounterMap(STRING)
    counters.increment("a", 5)
    counters.increment("z")
    counters.commit()
    for act, *how in acts:
        getattr(counters, str(act))(*how)
    told = counters.delta().pncounter_map
    said: dict[str, object] = {"cleared": True} if told.cleared else {}
    if told.removed:
        said["removed"] = [STRING.unpack(key) for key in told.removed]
    for listed, entries in ("updated", told.updated), ("added", told.added):
        if entries:
            said[listed] = {STRING.unpack(entry.key): entry.change for entry in entries}
    assert said == want
    assert counters.changed() == bool(want)


ALL: dict[str, Callable[[], Value]] = {**MAKERS, "Vote": Vote}


@pytest.mark.parametrize("name", ALL)
def test_a_delta_of_another_type_is_refused(name: str) -> None:
    # Or of none (REP-DELTA-004, REP-TYPE-001).
    for other, make in ALL.items():
        if other != name:
            with pytest.raises(DeltaError):
                ALL[name]().apply(make().delta())
    with pytest.raises(DeltaError):
        ALL[name]().apply(Delta())
    ALL[name]().apply(ALL[name]().delta())


def test_a_map_of_one_type_stands_in_no_ormap() -> None:
    # REP-MAP-017
    assert {name for name, make in ALL.items() if not isinstance(make(), Entry)} == {
        "PNCounterMap",
        "LWWRegisterMap",
        "ORMultiMap",
    }


KEY = STRING.pack("pncounter")
REFUSED = {
    "no key": (ORMapEntryDelta(delta=counted(1)), "without key"),
    "no delta": (ORMapEntryDelta(key=KEY), "no type"),
    "another type": (ORMapEntryDelta(key=KEY, delta=GCounter().delta()), "gcounter"),
    "a map of one type": (ORMapEntryDelta(key=KEY, delta=PNCounterMap(STRING).delta()), "pncounter_map"),
}


@pytest.mark.parametrize(("entry", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_an_entry_that_cannot_be_applied_is_refused(entry: ORMapEntryDelta, why: str) -> None:
    for delta in ORMapDelta(added=[entry]), ORMapDelta(updated=[entry]):
        entries = ORMap(STRING, entry_of)
        entries.ensure("pncounter")
        entries.commit()
        with pytest.raises(DeltaError, match=why):
            entries.apply(Delta(ormap=delta))


def test_an_entry_of_a_map_of_one_type_lacks_nothing() -> None:
    # What is absent in it is absent in the entry for which it stands.
    registers, sets = LWWRegisterMapEntryDelta, ORMultiMapEntryDelta
    lacking: list[tuple[Value, Delta, str]] = [
        (PNCounterMap(STRING), counters_delta(PNCounterMapEntryDelta(change=1)), "without key"),
        (LWWRegisterMap(STRING, STRING), registers_delta(registers(register=WRITE)), "without key"),
        (LWWRegisterMap(STRING, STRING), registers_delta(registers(key=KEY)), "without value"),
        (ORMultiMap(STRING, STRING), sets_delta(sets(set=ORSetDelta())), "without key"),
        (ORMultiMap(STRING, STRING), sets_delta(sets(key=KEY)), "no type"),
    ]
    for value, delta, why in lacking:
        with pytest.raises(DeltaError, match=why):
            value.apply(delta)


WRITE = LWWRegisterDelta(value=STRING.pack("x"))


def counters_delta(entry: PNCounterMapEntryDelta) -> Delta:
    return Delta(pncounter_map=PNCounterMapDelta(added=[entry]))


def registers_delta(entry: LWWRegisterMapEntryDelta) -> Delta:
    return Delta(lwwregister_map=LWWRegisterMapDelta(added=[entry]))


def sets_delta(entry: ORMultiMapEntryDelta) -> Delta:
    return Delta(ormulti_map=ORMultiMapDelta(added=[entry]))


def test_entries_from_elsewhere() -> None:
    # What comes for a key that is not there is new; what is added in the place of one replaces it
    # (REP-MAP-002).
    five, seven = (ORMapEntryDelta(key=KEY, delta=counted(n)) for n in (5, 7))
    entries: ORMap[str, Entry] = ORMap(STRING, entry_of)
    for delta, want in (
        (ORMapDelta(updated=[five]), 5),
        (ORMapDelta(added=[seven]), 7),
        (ORMapDelta(cleared=True, added=[five]), 5),
    ):
        assert entries.apply(Delta(ormap=delta))
        counter = entries["pncounter"]
        assert isinstance(counter, PNCounter)
        assert (int(counter), len(entries)) == (want, 1)
    entries.apply(Delta(ormap=ORMapDelta(removed=[KEY])))
    assert not entries


def test_what_is_not_there_is_told_apart_from_what_is_empty() -> None:
    counters, registers = PNCounterMap(STRING), LWWRegisterMap(STRING, STRING)
    sets, entries = ORMultiMap(STRING, STRING), ORMap(STRING, entry_of)
    counters.increment("a", 0)
    registers["a"] = ""
    sets.ensure("a")
    entries.ensure("a")
    assert (counters["a"], registers["a"], set(sets["a"])) == (0, "", set())
    for there in counters, registers, sets, entries:
        assert there.get("a") is not None
        assert there.get("b") is None
        with pytest.raises(KeyError):
            there["b"]
        with pytest.raises(KeyError):
            del there["b"]
        assert list(there) == ["a"]


def test_what_a_set_has_already_changes_nothing() -> None:
    # REP-GSET-002; whoever watches the set then hears nothing.
    a = STRING.pack("a")
    grows, both = GSet(STRING), ORSet(STRING)
    assert grows.apply(Delta(gset=GSetDelta(added=[a])))
    assert not grows.apply(Delta(gset=GSetDelta(added=[a])))
    assert not both.apply(Delta(orset=ORSetDelta(cleared=True, removed=[a])))
    assert both.apply(Delta(orset=ORSetDelta(added=[a])))
    assert not both.apply(Delta(orset=ORSetDelta(added=[a])))
    assert both.apply(Delta(orset=ORSetDelta(cleared=True)))


def test_a_clear_of_what_is_empty_does_nothing() -> None:
    # REP-ORSET-006, also where a remove of the last one came before.
    elements = ORSet(STRING)
    elements.clear()
    assert not elements.changed()
    elements.add("a")
    elements.commit()
    elements.discard("a")
    elements.clear()
    assert elements.delta() == Delta(orset=ORSetDelta(removed=[STRING.pack("a")]))


def test_sets_are_those_of_python() -> None:
    grows, both = GSet(STRING), ORSet(STRING)
    for element in "abc":
        grows.add(element)
        both.add(element)
    abc: Set[str] = {"a", "b", "c"}
    assert grows == abc
    assert both == abc
    assert both & {"a", "x"} == {"a"}
    assert type(both - {"a"}) is set  # not one that is replicated
    both |= {"d"}
    both -= {"a"}
    both.remove("b")
    assert both == abc - {"a", "b"} | {"d"}
    with pytest.raises(KeyError):
        both.remove("b")
    assert {"c"} < both
    assert 5 not in both  # type: ignore[comparison-overlap]


def test_a_map_of_registers_is_that_of_python() -> None:
    registers = LWWRegisterMap(STRING, STRING)
    registers.update(a="1", b="2")
    assert registers.pop("a") == "1"
    assert registers.setdefault("b", "3") == "2"
    assert registers == {"b": "2"}
