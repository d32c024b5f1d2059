"""One stream of a value entity: what is said, and what answers it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as Payload
from stateward.discovery.v1 import discovery_pb2
from stateward.samples.profile.v1 import profile_pb2
from stateward.samples.profile.v1.profile_pb2 import (
    ChangeEmailRequest,
    ChangeEmailResponse,
    GetProfileRequest,
)
from stateward.samples.profile.v1.stored_pb2 import Profile
from stateward.value.v1.value_pb2 import Delete, HandleRequest, Init, State, StateAction, Update

import sdk
from sdk import Code, Error
from sdk.payload import output_class, pack
from sdk.value import Context, Entity
from sdktest import Conversation
from sdktest import value as says

PROFILES = profile_pb2.DESCRIPTOR.services_by_name["CustomerProfileService"]
TARGET = sdk.Call(PROFILES.full_name, "GetProfile", GetProfileRequest(customer_id="f"))
INIT = says.init(PROFILES.full_name, "e")
Act = Callable[[Context[Profile]], None]


def new_profile(act: Act) -> Entity[Profile]:
    """Return an entity whose every method does this."""
    profile = Entity(PROFILES, "profile", Profile)
    for method in PROFILES.methods:
        response = output_class(method)

        def handle(ctx: Context[Profile], request: Any, response: Any = response) -> Any:
            act(ctx)
            return response()

        profile.command(method.name)(handle)
    assert profile.mistakes() == []
    return profile


async def changed(act: Act, value: Profile | None = None, *capabilities: Any) -> Any:
    """Return the reply to a command that does this."""
    stream = Conversation(new_profile(act), capabilities)
    answer = await stream.say(says.init(PROFILES.full_name, "e", value), change())
    return answer.reply


def change(command_id: int = 1) -> HandleRequest:
    return says.command("e", command_id, "ChangeEmail", ChangeEmailRequest(customer_id="e"))


def test_an_entity_has_a_persistence_id() -> None:
    assert Entity(PROFILES, "", Profile).mistakes()[0].endswith("(DISC-ENT-002)")


async def test_the_last_change_counts() -> None:
    # VAL-CMD-004, VAL-CMD-006.
    def twice(ctx: Context[Profile]) -> None:
        ctx.update(Profile(email="a"))
        ctx.delete()
        ctx.update(Profile(email="b"))

    reply = await changed(twice)
    assert reply.state_action == StateAction(update=Update(value=pack(Profile(email="b"))))


async def test_a_delete() -> None:
    # VAL-CMD-004: whether or not there is a value.
    def update_and_delete(ctx: Context[Profile]) -> None:
        ctx.update(Profile(email="a"))
        ctx.delete()
        assert ctx.current is None

    for value in (None, Profile(email="x")):
        assert (await changed(update_and_delete, value)).state_action == StateAction(delete=Delete())


async def test_no_change_sends_none() -> None:
    # VAL-CMD-008, also where a copy was changed.
    def read(ctx: Context[Profile]) -> None:
        assert ctx.current is not None
        ctx.current.email = "changed"
        assert ctx.current.email == "x"

    reply = await changed(read, Profile(email="x"))
    assert reply.client_action.HasField("reply")
    assert not reply.HasField("state_action")


async def test_an_empty_message_is_a_value() -> None:
    # VAL-INIT-010, VAL-INIT-011, VAL-CMD-010.
    seen: list[Profile | None] = []
    await changed(lambda ctx: seen.append(ctx.current), Profile())
    await changed(lambda ctx: seen.append(ctx.current), None)
    assert seen == [Profile(), None]
    reply = await changed(lambda ctx: ctx.update(Profile()))
    assert reply.state_action.update.HasField("value")


async def test_the_next_command_sees_the_change() -> None:
    # VAL-CMD-005.
    seen: list[Profile | None] = []
    given = Profile(email="a")

    def act(ctx: Context[Profile]) -> None:
        seen.append(ctx.current)
        ctx.update(given)

    stream = Conversation(new_profile(act))
    await stream.say(INIT, change(1))
    given.email = "b"  # what becomes of the message afterwards changes nothing
    await stream.say(change(2))
    assert seen == [None, Profile(email="a")]


async def test_a_failure_leaves_the_value() -> None:
    # VAL-FAIL-002, VAL-FAIL-004, FX-EFF-003.
    seen: list[Profile | None] = []

    def act(ctx: Context[Profile]) -> None:
        seen.append(ctx.current)
        ctx.update(Profile(email="b"))
        ctx.effect(TARGET)
        raise Error(Code.ABORTED, "no")

    stream = Conversation(new_profile(act))
    answer = await stream.say(says.init(PROFILES.full_name, "e", Profile(email="a")), change(1))
    assert answer.reply.client_action.failure.description == "no"
    assert not answer.reply.client_action.failure.restart
    assert not answer.reply.HasField("state_action")
    assert not answer.reply.side_effects
    await stream.say(change(2))
    assert seen == [Profile(email="a"), Profile(email="a")]


@pytest.mark.parametrize(
    ("life", "want"), [(timedelta(milliseconds=1), 1), (timedelta(days=36500), 3153600000000)]
)
async def test_a_life(life: timedelta, want: int) -> None:
    # VAL-EXPIRE-006.
    reply = await changed(lambda ctx: ctx.update(Profile(), life=life))
    assert reply.state_action.update.expire_after == want


@pytest.mark.parametrize("life", [timedelta(), timedelta(microseconds=999), timedelta(days=36501)])
async def test_a_life_out_of_range(life: timedelta) -> None:
    # VAL-EXPIRE-006: a mistake of the author's, which ends the stream.
    stream = Conversation(new_profile(lambda ctx: ctx.update(Profile(), life=life)))
    assert (await stream.say(INIT, change())).failure.command_id == 1
    assert not stream.more


async def test_a_value_of_another_class() -> None:
    wrong: Any = ChangeEmailRequest()
    stream = Conversation(new_profile(lambda ctx: ctx.update(wrong)))
    assert (await stream.say(INIT, change())).HasField("failure")


async def test_forward_and_effects_stand_beside_a_change() -> None:
    # VAL-CMD-009, FX-FWD-001, FX-EFF-001, FX-DUR-002.
    def ask(ctx: Context[Profile]) -> None:
        ctx.update(Profile())
        ctx.forward(TARGET)
        ctx.durable_effect(TARGET, synchronous=True)

    reply = await changed(ask, None, discovery_pb2.CAPABILITY_DURABLE_EFFECTS)
    assert reply.client_action.forward.command_name == "GetProfile"
    assert reply.HasField("state_action")
    assert (reply.side_effects[0].durable, reply.side_effects[0].synchronous) == (True, True)


BROKEN = {
    "no case (CORE-STREAM-004)": ([INIT, HandleRequest()], 0),
    "a command before init (VAL-INIT-004)": ([change(3)], 3),
    "a second init (VAL-INIT-007)": ([INIT, INIT], 0),
    "another service (VAL-INIT-008)": ([says.init("nobody.Service", "e")], 0),
    "no entity id (CORE-KEY-001)": ([says.init(PROFILES.full_name, "")], 0),
    "another type (VAL-INIT-009)": ([says.init(PROFILES.full_name, "e", GetProfileRequest())], 0),
    "unreadable (VAL-INIT-009)": (
        [
            HandleRequest(
                init=Init(
                    service_name=PROFILES.full_name,
                    entity_id="e",
                    state=State(value=Payload(type_url=pack(Profile()).type_url, value=b"\x0a")),
                )
            )
        ],
        0,
    ),
    "another entity (VAL-CMD-007)": ([INIT, says.command("f", 1, "GetProfile", GetProfileRequest())], 1),
}


@pytest.mark.parametrize(("said", "command_id"), BROKEN.values(), ids=BROKEN)
async def test_what_breaks_a_stream(said: list[HandleRequest], command_id: int) -> None:
    # CORE-FAIL-002.
    stream = Conversation(new_profile(lambda ctx: None))
    answer = await stream.say(*said)
    assert answer.failure.command_id == command_id
    assert not stream.more


@pytest.mark.parametrize(
    "command",
    [
        says.command("e", 1, "Missing", ChangeEmailRequest()),  # CORE-CMD-003
        says.command("e", 1, "ChangeEmail", None),  # CORE-CMD-005
        says.command("e", 1, "ChangeEmail", ChangeEmailResponse()),
    ],
)
async def test_a_command_that_cannot_be_run_is_refused(command: HandleRequest) -> None:
    stream = Conversation(new_profile(lambda ctx: None))
    answer = await stream.say(INIT, command)
    assert answer.reply.client_action.failure.code
    assert stream.more


async def test_passivate_ends_the_stream() -> None:
    # LIFE-PASS-004.
    stream = Conversation(new_profile(lambda ctx: None))
    assert await stream.say(INIT, says.passivate()) is None
    assert not stream.more
