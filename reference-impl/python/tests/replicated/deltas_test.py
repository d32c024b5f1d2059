"""What an update says, and what a delta from elsewhere does."""

import pytest
from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    LWWRegisterDelta,
    LWWRegisterMapDelta,
    LWWRegisterMapEntryDelta,
    ORMultiMapDelta,
    ORMultiMapEntryDelta,
    ORSetDelta,
    PNCounterMapDelta,
    PNCounterMapEntryDelta,
)
from stateward.samples.presence.v1.presence_pb2 import JoinRequest, JoinResponse

from sdk.replicated import Context
from sdk.replicated.crdt import STRING, GCounter, GSet, LWWRegisterMap, ORMultiMap, ORSet, PNCounterMap
from sdktest import Conversation
from sdktest import replicated as says
from tests.replicated.room import PRESENCE, People, join, new_room, opened, people_in

A, B, C = (STRING.pack(name) for name in "abc")


def test_a_counter_says_what_was_added() -> None:
    # REP-GCOUNTER-001: the sum of what the command added, not the value.
    counter = GCounter()
    counter.increment(10)
    counter.commit()
    counter.increment(2)
    counter.increment(3)
    assert counter.delta().gcounter.increment == 5


def test_a_set_says_what_is_new() -> None:
    # REP-GSET-001: once, and nothing that was there.
    names = GSet(STRING)
    names.add("a")
    names.commit()
    for name in "abb":
        names.add(name)
    assert list(names.delta().gset.added) == [B]


def test_a_set_is_cleared_then_taken_from_then_added_to() -> None:
    # REP-ORSET-001.
    names = ORSet(STRING)
    names |= {"a", "b"}
    names.commit()
    names.apply(Delta(orset=ORSetDelta(cleared=True, removed=[A], added=[A])))
    assert set(names) == {"a"}


def test_a_map_of_counters() -> None:
    # REP-PNMAP-001: as the delta of an ORMap does that it stands for.
    counters = PNCounterMap(STRING)
    counters.increment("a", 5)
    counters.increment("b", 1)
    counters.commit()
    entry = PNCounterMapEntryDelta
    counters.apply(
        Delta(
            pncounter_map=PNCounterMapDelta(
                removed=[B], updated=[entry(key=A, change=2)], added=[entry(key=C, change=7)]
            )
        )
    )
    assert dict(counters) == {"a": 7, "c": 7}
    counters.apply(Delta(pncounter_map=PNCounterMapDelta(cleared=True, added=[entry(key=A, change=1)])))
    assert dict(counters) == {"a": 1}


def test_a_map_that_is_only_read_keeps_nothing_that_went() -> None:
    counters = PNCounterMap(STRING)
    for _ in range(3):
        entry = PNCounterMapEntryDelta(key=A, change=1)
        counters.apply(Delta(pncounter_map=PNCounterMapDelta(cleared=True, added=[entry])))
        assert counters["a"] == 1
    assert len(counters._touched) == 1


def test_a_map_of_sets() -> None:
    # REP-MULTI-001.
    sets = ORMultiMap(STRING, STRING)
    entry = ORMultiMapEntryDelta
    sets.apply(Delta(ormulti_map=ORMultiMapDelta(added=[entry(key=A, set=ORSetDelta(added=[B, C]))])))
    sets.apply(Delta(ormulti_map=ORMultiMapDelta(updated=[entry(key=A, set=ORSetDelta(removed=[B]))])))
    assert {key: set(elements) for key, elements in sets.items()} == {"a": {"c"}}
    sets.apply(Delta(ormulti_map=ORMultiMapDelta(removed=[A])))
    assert not sets


def test_a_map_of_registers() -> None:
    # REP-LWWMAP-001.
    registers = LWWRegisterMap(STRING, STRING)
    entry = LWWRegisterMapEntryDelta
    for value in (B, C):
        written = entry(key=A, register=LWWRegisterDelta(value=value))
        registers.apply(Delta(lwwregister_map=LWWRegisterMapDelta(added=[written])))
    assert dict(registers) == {"a": "c"}


def entering(ctx: Context, people: People, request: JoinRequest) -> JoinResponse:
    people.add(request.person)
    ctx.watch(lambda _: JoinResponse(people=sorted(people)))
    return JoinResponse()


async def test_a_delta_gives_an_unset_entity_its_value() -> None:
    # REP-DELTA-002.
    stream = await opened(new_room(entering))
    assert await stream.say_all(says.changed(Delta(orset=ORSetDelta(added=[A])))) == []
    assert await people_in(stream) == ["a"]


async def test_nothing_is_said_to_a_call_that_has_ended() -> None:
    # REP-CANCEL-004.
    stream = await opened(new_room(entering))
    await stream.say_all(join(1, "anna"))
    await stream.say_all(says.cancelled("e", 1))
    assert await stream.say_all(says.changed(Delta(orset=ORSetDelta(added=[A])))) == []


async def test_many_commands_may_be_outstanding() -> None:
    # REP-TURN-007: each is answered, here in the order in which they came.
    stream = await opened(new_room(entering))
    for command_id in range(1, 65):
        first, *_ = await stream.say_all(join(command_id, str(command_id), streamed=True))
        assert first.reply.command_id == command_id


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_a_deleted_entity_is_new_on_the_next_stream(elsewhere: bool) -> None:
    # REP-DEL-002: it starts from its init alone.
    def leave(ctx: Context, people: People, request: JoinRequest) -> JoinResponse:
        people.add(request.person)
        if request.person == "last":
            ctx.delete()
        return JoinResponse()

    room = new_room(leave)
    stream = await opened(room)
    await stream.say_all(join(1, "anna", streamed=False))
    await stream.say_all(says.deleted() if elsewhere else join(2, "last", streamed=False))
    again = Conversation(room)
    assert await again.say_all(says.init(PRESENCE.full_name, "e")) == []
    assert await people_in(again) == []
