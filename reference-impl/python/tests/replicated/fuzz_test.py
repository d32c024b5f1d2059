"""Whatever is said on a stream, what answers it is defined (REP-TURN-001, REP-STREAM-001, REP-CANCEL-011)."""

import asyncio
import logging
from collections.abc import Iterator, Sequence

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from stateward.replicated.v1.replicated_pb2 import Delta, HandleRequest, HandleResponse
from stateward.samples.presence.v1.presence_pb2 import (
    CloseRoomRequest,
    GetPeopleRequest,
    JoinRequest,
    JoinResponse,
)

from sdk import Code, Error
from sdk.replicated import Context, News
from sdk.replicated.crdt import STRING, Flag, ORSet
from sdktest import Conversation
from sdktest import replicated as says
from tests.replicated.room import PRESENCE, Answer, People, join, new_room
from tests.replicated.subjects import MAKERS, act


def on_join(ctx: Context, people: People, request: JoinRequest) -> Answer:
    """Let the person in, and fail or end their call where the name says so."""
    people.add(request.person)
    if request.person == "fail":
        raise Error(Code.INVALID_ARGUMENT, "asked to fail")

    def changed(news: News) -> Answer:
        if request.person == "end":
            news.end()
        if request.person == "break":
            raise Error(Code.ABORTED, "asked to break")
        return JoinResponse(people=sorted(people))

    ctx.watch(changed, lambda _: people.discard(request.person))
    return JoinResponse()


@st.composite
def deltas(draw: st.DrawFn) -> Delta:
    """Return the delta of any type of value."""
    value = draw(st.sampled_from(list(MAKERS.values())))()
    for _ in range(draw(st.integers(0, 3))):
        act(draw, value)
    return value.delta()


@st.composite
def set_deltas(draw: st.DrawFn) -> Delta:
    people = ORSet(STRING)
    act(draw, people)
    return people.delta()


ids = st.integers(1, 3)
people = st.sampled_from(["anna", "ben", "fail", "end", "break"])
sensible = st.one_of(
    st.builds(join, ids, people),
    st.builds(join, ids, people),
    st.builds(says.changed, set_deltas()),
    st.builds(says.cancelled, st.just("e"), ids),
    st.builds(says.command, st.just("e"), ids, st.just("GetPeople"), st.just(GetPeopleRequest(room_id="e"))),
)
odd = st.one_of(
    st.builds(says.init, st.sampled_from([PRESENCE.full_name, "nobody"]), st.text(max_size=1), deltas()),
    st.builds(says.changed, deltas()),
    st.builds(says.cancelled, st.text(max_size=1), st.integers(-(2**63), 2**63 - 1)),
    st.builds(says.command, st.just("e"), ids, st.just("CloseRoom"), st.just(CloseRoomRequest())),
    st.builds(says.command, st.text(max_size=1), ids, st.text(max_size=3), st.none()),
    st.builds(says.deleted),
    st.just(HandleRequest()),
)


@given(st.lists(st.one_of(sensible, sensible, sensible, odd), max_size=30), st.booleans())
@example([join(1, "ben"), says.changed(Flag().delta())], True)
def test_messages(requests: list[HandleRequest], begun: bool) -> None:
    begin = [says.init(PRESENCE.full_name, "e")] if begun else []
    asyncio.run(converse([*begin, *requests]))


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_bytes(frames: list[bytes]) -> None:
    requests = [says.init(PRESENCE.full_name, "e")]
    for frame in frames:
        try:
            requests.append(HandleRequest.FromString(frame))
        except DecodeError:
            break  # grpc ends such a stream itself
    asyncio.run(converse(requests))


@given(st.binary(max_size=80))
def test_deltas(frame: bytes) -> None:
    try:
        delta = Delta.FromString(frame)
    except DecodeError:
        return
    requests = [says.init(PRESENCE.full_name, "e"), says.changed(delta), join(1, "anna")]
    asyncio.run(converse(requests))


async def converse(requests: Sequence[HandleRequest]) -> None:
    stream = Conversation(new_room(on_join))
    for request in requests:
        judge(request, await stream.say_all(request), stream.more)
        if not stream.more:
            return


def judge(request: HandleRequest, answers: Sequence[HandleResponse], more: bool) -> None:
    """Check what holds of the answers to any message."""
    asked = request.WhichOneof("message")
    cases = [answer.WhichOneof("message") for answer in answers]
    for answer in answers:
        answer.SerializeToString()
    if not more:
        assert cases == ["failure"] or asked == "passivate"
        assert all(answer.failure.command_id in (0, request.command.id) for answer in answers)
        return
    assert "failure" not in cases
    owed = {"command": "reply", "stream_cancelled": "stream_cancelled_response"}.get(asked or "")
    if owed is not None:
        assert cases.pop(0) == owed
        answered = getattr(answers[0], owed).command_id
        assert answered == (request.command.id or request.stream_cancelled.id)
    assert set(cases) <= ({"streamed_message"} if owed or asked == "delta" else set()), "said out of turn"


class Raising(logging.Handler):
    """Lets an exception that a step has caught fail the test: this author's code raises none."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            raise record.exc_info[1]


@pytest.fixture(autouse=True, scope="module")
def no_exceptions() -> Iterator[None]:
    handler = Raising()
    logging.getLogger("sdktest").addHandler(handler)
    yield
    logging.getLogger("sdktest").removeHandler(handler)
