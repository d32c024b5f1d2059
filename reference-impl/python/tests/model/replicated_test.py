"""The model of replicated entities, type by type."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    LWWRegisterDelta,
    ORSetDelta,
    VoteDelta,
)
from stateward.tck.replicated.v1.replicated_pb2 import (
    ProcessRequest,
    ProcessResponse,
    ProcessStreamedRequest,
    ProcessStreamedResponse,
    State,
)

from model import replicated
from sdk import Code
from sdk.capability import CAPABILITIES
from sdk.replicated import LOCAL, MAJORITY
from sdk.replicated.crdt import STRING
from sdktest import Conversation
from sdktest import replicated as says

SERVICE = replicated.model.service.full_name
Json = dict[str, Any]


async def begun(entity_id: str, delta: Delta | None = None) -> Conversation:
    stream = Conversation(replicated.model, CAPABILITIES)
    assert await stream.say(says.init(SERVICE, entity_id, delta)) is None
    return stream


async def ask(stream: Conversation, entity_id: str, *actions: Json) -> Any:
    request = ParseDict({"id": entity_id, "actions": list(actions)}, ProcessRequest())
    return await stream.say(says.command(entity_id, 1, "Process", request))


def update(**case: Any) -> Json:
    return {"update": case}


def state_of(answer: Any) -> Json:
    response = ProcessResponse()
    assert answer.reply.client_action.reply.payload.Unpack(response), answer
    return MessageToDict(response.state)


# For each type: what is asked, and the state then.
TYPES: dict[str, tuple[list[Json], Json]] = {
    "GCounter-1": ([update(gcounter={"increment": 2})] * 2, {"gcounter": {"value": "4"}}),
    "PNCounter-1": ([update(pncounter={"change": -2})], {"pncounter": {"value": "-2"}}),
    "GSet-1": ([update(gset={"add": e}) for e in "bab"], {"gset": {"elements": ["a", "b"]}}),
    "ORSet-1": (
        [update(orset={"add": e}) for e in "cba"]
        + [update(orset={"remove": "b"}), update(orset={"clear": False})],
        {"orset": {"elements": ["a", "c"]}},
    ),
    "LWWRegister-1": ([update(lwwregister={"value": "x"})], {"lwwregister": {"value": "x"}}),
    "Flag-1": ([update(flag={})], {"flag": {"value": True}}),
    "Vote-1": (
        [update(vote={"selfVote": True})],
        {"vote": {"selfVote": True, "votesFor": 1, "totalVoters": 1}},
    ),
    "ORMap-1": (
        [
            update(ormap={"add": "ORMap-x"}),
            update(ormap={"update": {"key": "GCounter-x", "update": {"gcounter": {"increment": 1}}}}),
            update(ormap={"add": "Flag-x"}),
            update(ormap={"remove": "Flag-x"}),
        ],
        {
            "ormap": {
                "entries": [
                    {"key": "GCounter-x", "value": {"gcounter": {"value": "1"}}},
                    {"key": "ORMap-x", "value": {"ormap": {}}},
                ]
            }
        },
    ),
    "PNCounterMap-1": (
        [
            update(pncounterMap={"add": "b"}),
            update(pncounterMap={"update": {"key": "a", "counter": {"change": 3}}}),
            update(pncounterMap={"remove": "c"}),
        ],
        {"pncounterMap": {"entries": [{"key": "a", "counter": {"value": "3"}}, {"key": "b", "counter": {}}]}},
    ),
    "LWWRegisterMap-1": (
        [
            update(lwwregisterMap={"update": {"key": "b", "register": {"value": "x"}}}),
            update(lwwregisterMap={"add": "b"}),
            update(lwwregisterMap={"add": "a"}),
        ],
        {
            "lwwregisterMap": {
                "entries": [{"key": "a", "register": {}}, {"key": "b", "register": {"value": "x"}}]
            }
        },
    ),
    "ORMultiMap-1": (
        [
            update(ormultiMap={"clear": True}),
            update(ormultiMap={"update": {"key": "a", "set": {"add": "x"}}}),
            update(ormultiMap={"update": {"key": "a", "set": {"remove": "x"}}}),
        ],
        {"ormultiMap": {"entries": [{"key": "a", "set": {}}]}},
    ),
}


@pytest.mark.parametrize("entity_id", TYPES)
async def test_each_type_does_what_is_asked(entity_id: str) -> None:
    actions, want = TYPES[entity_id]
    stream = await begun(entity_id)
    answer = await ask(stream, entity_id, *actions)
    assert state_of(answer) == want
    # The update leads from the empty value to the same (REP-INIT-008).
    again = await begun(entity_id, answer.reply.state_action.update)
    if entity_id != "Vote-1":  # whose update says its own vote alone
        assert state_of(await ask(again, entity_id)) == want


@pytest.mark.parametrize("entity_id", TYPES)
async def test_an_update_of_another_type_is_refused(entity_id: str) -> None:
    other = next(actions for name, (actions, _) in TYPES.items() if name != entity_id)
    stream = await begun(entity_id)
    for wrong in other[0], update(), {}:
        answer = await ask(stream, entity_id, wrong)
        assert answer.reply.client_action.failure.code == Code.INVALID_ARGUMENT.value[0]
        assert not answer.reply.HasField("state_action")


@pytest.mark.parametrize("case", ["orset", "ormap", "pncounterMap", "lwwregisterMap", "ormultiMap"])
async def test_an_update_without_a_case_is_refused(case: str) -> None:
    entity_id = next(name for name, (actions, _) in TYPES.items() if case in actions[0]["update"])
    answer = await ask(await begun(entity_id), entity_id, update(**{case: {}}))
    assert answer.reply.client_action.failure.code == Code.INVALID_ARGUMENT.value[0]


async def test_ids_and_keys_that_name_no_type_are_refused() -> None:
    for entity_id in "x", "gcounter-1", "-GCounter":
        answer = await ask(await begun(entity_id), entity_id)
        assert answer.reply.client_action.failure.code == Code.INVALID_ARGUMENT.value[0]
    entries = await begun("ORMap-1")
    for wrong in (
        {"add": "x"},
        {"remove": "PNCounterMap-1"},
        {"update": {"key": "", "update": {"flag": {}}}},
    ):
        answer = await ask(entries, "ORMap-1", update(ormap=wrong))
        assert answer.reply.client_action.failure.code == Code.INVALID_ARGUMENT.value[0]


async def test_a_failure_undoes_the_command() -> None:
    stream = await begun("ORSet-1", Delta(orset=ORSetDelta(added=[STRING.pack("a")])))
    answer = await ask(
        stream,
        "ORSet-1",
        update(orset={"clear": True}),
        {"effect": {"id": "other"}},
        {"delete": {}},
        {"fail": {"message": "no"}},
        update(orset={"add": "b"}),
    )
    assert answer.reply.client_action.failure.description == "no"
    assert not answer.reply.HasField("state_action")
    assert not answer.reply.side_effects
    assert state_of(await ask(stream, "ORSet-1")) == {"orset": {"elements": ["a"]}}


async def test_the_write_consistency_is_that_of_the_last_update() -> None:
    # REP-WRITE-001
    stream = await begun("GCounter-1")
    majority = update(gcounter={"increment": 1}, writeConsistency="WRITE_CONSISTENCY_MAJORITY")
    answer = await ask(stream, "GCounter-1", update(gcounter={"increment": 1}), majority)
    assert answer.reply.state_action.write_consistency == MAJORITY
    answer = await ask(stream, "GCounter-1", majority, update(gcounter={"increment": 1}))
    assert answer.reply.state_action.write_consistency == LOCAL
    answer = await ask(stream, "GCounter-1", majority, {"delete": {}})
    assert answer.reply.state_action.write_consistency == MAJORITY


async def test_forwards_effects_and_deletion() -> None:
    answer = await ask(
        await begun("Flag-1"),
        "Flag-1",
        {"effect": {"id": "a", "synchronous": True}},
        {"forward": {"id": "b"}},
        {"delete": {}},
    )
    (effect,) = answer.reply.side_effects
    target = replicated.two.service.full_name
    assert (effect.service_name, effect.command_name, effect.synchronous) == (target, "Call", True)
    assert (
        answer.reply.client_action.forward.service_name,
        answer.reply.state_action.HasField("delete"),
    ) == (
        target,
        True,
    )


async def test_the_clocks() -> None:
    stream = await begun("LWWRegister-1")
    for clock, want in (
        ({}, {}),
        ({"clockType": "CLOCK_REVERSE"}, {"clock": "CLOCK_REVERSE"}),
        (
            {"clockType": "CLOCK_CUSTOM", "customClockValue": 5},
            {"clock": "CLOCK_CUSTOM", "custom_clock_value": 5},
        ),
    ):
        answer = await ask(stream, "LWWRegister-1", update(lwwregister={"value": "x", "clock": clock}))
        written = LWWRegisterDelta(value=STRING.pack("x"))
        assert answer.reply.state_action.update.lwwregister == ParseDict(want, written)


async def watch(stream: Conversation, entity_id: str, asked: Json) -> Any:
    request = ParseDict({"id": entity_id, **asked}, ProcessStreamedRequest())
    return await stream.say(says.command(entity_id, 7, "ProcessStreamed", request, streamed=True))


async def test_a_streamed_call() -> None:
    stream = await begun("Vote-1")
    state = {"vote": {"selfVote": False, "votesFor": 2, "totalVoters": 3}}
    asked = {"initialUpdate": {"vote": {"selfVote": True}}, "endState": state, "effects": [{"id": "a"}]}
    answer = await watch(stream, "Vote-1", asked)
    assert answer.reply.streamed
    assert answer.reply.state_action.update.vote.self_vote
    news = await stream.say(says.changed(Delta(vote=VoteDelta(votes_for=2, total_voters=3))))
    assert news.streamed_message.end_stream
    assert len(news.streamed_message.side_effects) == 1
    response = ProcessStreamedResponse()
    assert news.streamed_message.client_action.reply.payload.Unpack(response)
    assert response.state == ParseDict(state, State())


async def test_a_silent_streamed_call_changes_the_value_at_its_end() -> None:
    stream = await begun("PNCounter-1")
    answer = await watch(stream, "PNCounter-1", {"empty": True, "cancelUpdate": {"pncounter": {"change": 1}}})
    assert not answer.reply.HasField("client_action")
    await ask(stream, "PNCounter-1", update(pncounter={"change": 2}))
    response = await stream.say(says.cancelled("PNCounter-1", 7))
    assert response.stream_cancelled_response.state_action.update.pncounter.change == 1


async def test_the_other_two_answer_with_nothing() -> None:
    for entity in replicated.two, replicated.configured:
        stream = Conversation(entity)
        await stream.say(says.init(entity.service.full_name, "e"))
        answer = await stream.say(says.command("e", 1, "Call", ProcessRequest(id="e")))
        assert answer.reply.client_action.reply.payload.value == b""
        assert not answer.reply.HasField("state_action")


def test_the_definitions_are_complete() -> None:
    assert [entity.mistakes() for entity in replicated.ENTITIES] == [[], [], []]
    assert replicated.configured.describe().passivation_strategy.timeout.timeout == 100
