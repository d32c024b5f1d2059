"""One stream of a replicated entity: what is said, and what answers it."""

import asyncio
from collections.abc import Callable

import pytest
from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    HandleRequest,
    HandleResponse,
    ORSetDelta,
    StateAction,
    StreamCancelledResponse,
)
from stateward.samples.presence.v1.presence_pb2 import (
    GetPeopleRequest,
    GetPeopleResponse,
    JoinRequest,
    JoinResponse,
)

import sdk
from sdk import Code, Error, replicated
from sdk.payload import pack
from sdk.replicated import Context, News
from sdk.replicated.crdt import STRING, Flag, LWWRegister, ORMultiMap, PNCounterMap, RangeError
from sdktest import Conversation
from sdktest import replicated as says
from tests.replicated.room import PRESENCE, Answer, People, join, new_room, opened, people_in

CALL = sdk.Call(PRESENCE.full_name, "GetPeople", GetPeopleRequest(room_id="f"))


def added(*people: str) -> Delta:
    return Delta(orset=ORSetDelta(added=[STRING.pack(person) for person in people]))


def entering(ctx: Context, people: People, request: JoinRequest) -> Answer:
    """Let the person in, say who is there from then on, and let them out when the caller leaves."""
    people.add(request.person)
    ctx.watch(
        lambda _: JoinResponse(people=sorted(people)),
        lambda _: people.discard(request.person),
    )
    return JoinResponse(people=sorted(people))


def said(answer: HandleResponse) -> list[str]:
    """Return whom a reply or a streamed message names."""
    message = answer.reply if answer.HasField("reply") else answer.streamed_message
    response = JoinResponse()
    assert message.client_action.reply.payload.Unpack(response), answer
    return list(response.people)


async def test_a_room() -> None:
    # REP-INIT-008, REP-DELTA-001, REP-UPD-001, REP-STREAM-001, REP-STREAM-002, REP-CANCEL-005.
    stream = await opened(new_room(entering), added("anna"))
    reply = await stream.say(join(1, "ben"))
    assert said(reply) == ["anna", "ben"]
    assert reply.reply.streamed
    assert reply.reply.state_action == StateAction(update=added("ben"))

    reply, news = await stream.say_all(join(2, "cleo"))
    assert reply.reply.command_id == 2
    assert reply.reply.state_action == StateAction(update=added("cleo"))
    assert (news.streamed_message.command_id, said(news)) == (1, ["anna", "ben", "cleo"])

    news1, news2 = await stream.say_all(says.changed(Delta(orset=ORSetDelta(removed=[STRING.pack("anna")]))))
    assert (news1.streamed_message.command_id, news2.streamed_message.command_id) == (1, 2)
    assert said(news1) == said(news2) == ["ben", "cleo"]
    assert await stream.say(says.changed(added("ben"))) is None  # it is there already

    response, news = await stream.say_all(says.cancelled("e", 1))
    left = Delta(orset=ORSetDelta(removed=[STRING.pack("ben")]))
    assert response.stream_cancelled_response == StreamCancelledResponse(
        command_id=1, state_action=StateAction(update=left)
    )
    assert (news.streamed_message.command_id, said(news)) == (2, ["cleo"])
    response = await stream.say(says.cancelled("e", 1))  # it is answered each time (REP-CANCEL-003)
    assert response.stream_cancelled_response == StreamCancelledResponse(command_id=1)
    assert await people_in(stream) == ["cleo"]


async def test_what_changes_nothing_has_no_state_action() -> None:
    # REP-UPD-002
    stream = await opened(new_room(entering), added("anna"))
    reply = await stream.say(join(1, "anna"))
    assert not reply.reply.HasField("state_action")


async def test_a_method_that_does_not_stream_has_no_open_call() -> None:
    # REP-STREAM-003
    stream = await opened(new_room(entering))
    reply = await stream.say(join(1, "anna", streamed=False))
    assert not reply.reply.streamed
    _ = await stream.say(join(2, "ben", streamed=False))


def write_all(ctx: Context, people: People, request: JoinRequest) -> Answer:
    people.add(request.person)
    ctx.write_consistency = replicated.ALL
    return None


async def test_write_consistency() -> None:
    # REP-WRITE-001
    stream = await opened(new_room(write_all))
    reply = await stream.say(join(1, "anna"))
    assert reply.reply.state_action == StateAction(update=added("anna"), write_consistency=replicated.ALL)
    assert not reply.reply.HasField("client_action")  # a caller who waits for more gets none yet
    assert not reply.reply.streamed


async def test_a_call_that_is_not_streamed_needs_an_answer() -> None:
    stream = await opened(new_room(write_all))
    reply = await stream.say(join(1, "anna", streamed=False))
    assert reply.reply.client_action.failure.code == Code.INTERNAL.value[0]
    assert await people_in(stream) == []


def refuse(error: Exception) -> Callable[[Context], None]:
    def end(_: Context) -> None:
        raise error

    return end


def delete_and_refuse(ctx: Context) -> None:
    ctx.delete()
    raise Error(Code.ABORTED, "on second thoughts")


FAILURES: dict[str, tuple[Callable[[Context], None], Code]] = {
    "a refusal": (refuse(Error(Code.NOT_FOUND, "nobody")), Code.NOT_FOUND),
    "out of range": (refuse(RangeError()), Code.OUT_OF_RANGE),
    "out of time": (refuse(TimeoutError()), Code.DEADLINE_EXCEEDED),
    "after a delete": (delete_and_refuse, Code.ABORTED),
    "no answer": (lambda _: None, Code.INTERNAL),
}


@pytest.mark.parametrize(("end", "code"), FAILURES.values(), ids=FAILURES.keys())
async def test_a_command_that_fails_has_done_nothing(end: Callable[[Context], None], code: Code) -> None:
    # REP-FAIL-003, REP-FAIL-004.
    def on_join(ctx: Context, people: People, request: JoinRequest) -> Answer:
        if request.person == "anna":
            people.add("anna")
            return JoinResponse()
        people.clear()
        people.add("ben")
        ctx.effect(CALL, synchronous=True)
        ctx.watch(lambda _: None)
        end(ctx)
        return JoinResponse.FromString(b"") if code is not Code.INTERNAL else GetPeopleResponse()  # type: ignore[return-value]

    stream = await opened(new_room(on_join))
    (reply,) = await stream.say_all(join(1, "anna"), join(2, "ben"))
    assert reply.reply.client_action.failure.command_id == 2
    assert reply.reply.client_action.failure.code == code.value[0]
    assert not reply.reply.HasField("state_action")
    assert not reply.reply.side_effects
    assert not reply.reply.streamed
    assert await people_in(stream) == ["anna"]


async def test_a_handler_that_is_given_up_has_done_nothing() -> None:
    # CORE-CANCEL-002: it is answered all the same.
    async def on_join(ctx: Context, people: People, request: JoinRequest) -> Answer:
        people.add(request.person)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    stream = await opened(new_room(on_join))
    late = join(1, "anna", streamed=False)
    late.command.timeout = 1  # ms
    reply = await stream.say(late)
    assert reply.reply.client_action.failure.code == Code.DEADLINE_EXCEEDED.value[0]
    assert await people_in(stream) == []


REFUSED: dict[str, tuple[HandleRequest, Code]] = {
    "an unknown method": (says.command("e", 7, "Nothing", None), Code.UNIMPLEMENTED),
    "no payload": (says.command("e", 7, "Join", None), Code.INVALID_ARGUMENT),
    "another payload": (says.command("e", 7, "Join", GetPeopleRequest()), Code.INVALID_ARGUMENT),
}


@pytest.mark.parametrize(("request_", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_commands_that_cannot_be_handled(request_: HandleRequest, code: Code) -> None:
    # CORE-CMD-003, CORE-CMD-005.
    stream = await opened(new_room(entering))
    reply = await stream.say(request_)
    assert reply.reply.command_id == 7
    assert reply.reply.client_action.failure.code == code.value[0]
    assert stream.more


INIT = says.init(PRESENCE.full_name, "e")
BROKEN: dict[str, tuple[list[HandleRequest], int]] = {
    "a command first (REP-INIT-005)": ([join(3, "anna")], 3),
    "a delta first (REP-INIT-005)": ([says.changed(added())], 0),
    "nothing first (CORE-STREAM-004)": ([HandleRequest()], 0),
    "another service (REP-INIT-007)": ([says.init("nobody", "e")], 0),
    "no id (CORE-KEY-001)": ([says.init(PRESENCE.full_name, "")], 0),
    "a value of another type (REP-INIT-009)": ([says.init(PRESENCE.full_name, "e", Flag().delta())], 0),
    "a second init (REP-INIT-006)": ([INIT, INIT], 0),
    "a delta of another type (REP-DELTA-004)": ([INIT, says.changed(Flag().delta())], 0),
    "a delta without a case (REP-DELTA-004)": ([INIT, says.changed(Delta())], 0),
    "a command of another (REP-CMD-001)": ([INIT, says.command("f", 3, "GetPeople", GetPeopleRequest())], 3),
    "a cancellation of another (REP-CMD-001)": ([INIT, says.cancelled("f", 3)], 0),
    "a delta after delete": ([INIT, says.deleted(), says.changed(added("anna"))], 0),
}


@pytest.mark.parametrize(("requests", "command_id"), BROKEN.values(), ids=BROKEN.keys())
async def test_streams_that_end_by_a_failure(requests: list[HandleRequest], command_id: int) -> None:
    stream = Conversation(new_room(entering))
    answer = await stream.say(*requests)
    assert answer.failure.command_id == command_id
    assert answer.failure.description
    assert not stream.more


async def test_passivation() -> None:
    # It is not answered (LIFE-PASS-005).
    stream = await opened(new_room(entering))
    request = HandleRequest()
    request.passivate.SetInParent()
    assert await stream.say(request) is None
    assert not stream.more


async def test_deletion() -> None:
    # REP-DEL-001: the reply has delete, and no update.
    def on_join(ctx: Context, people: People, request: JoinRequest) -> Answer:
        if request.person == "last":
            people.add("last")
            ctx.write_consistency = replicated.MAJORITY
            ctx.delete()
        ctx.watch(lambda _: JoinResponse())
        return JoinResponse(people=sorted(people))

    stream = await opened(new_room(on_join))
    (reply,) = await stream.say_all(join(1, "anna"), join(2, "last"))
    assert reply.reply.state_action.HasField("delete")
    assert reply.reply.state_action.write_consistency == replicated.MAJORITY
    assert not reply.reply.streamed
    assert said(reply) == ["last"]
    reply = await stream.say(join(3, "ben"))
    assert reply.reply.client_action.failure.code == Code.NOT_FOUND.value[0]
    assert not reply.reply.HasField("state_action")


async def test_deletion_elsewhere() -> None:
    stream = await opened(new_room(entering))
    assert await stream.say_all(join(1, "anna"), says.deleted()) == []
    response = await stream.say(says.cancelled("e", 1))
    assert response.stream_cancelled_response == StreamCancelledResponse(command_id=1)


def do_change(_: Context, people: People) -> None:
    people.add("anna")


def do_delete(ctx: Context, _: People) -> None:
    ctx.delete()


@pytest.mark.parametrize("do", [do_change, do_delete])
async def test_a_read_only_method_changes_nothing(do: Callable[[Context, People], None]) -> None:
    # CORE-READ-001
    room = new_room(entering)
    room.commands.clear()

    @room.command("GetPeople")
    def get_people(ctx: Context, people: People, request: GetPeopleRequest) -> GetPeopleResponse:
        do(ctx, people)
        return GetPeopleResponse()

    stream = await opened(room)
    reply = await stream.say(says.command("e", 1, "GetPeople", GetPeopleRequest()))
    assert reply.reply.client_action.failure.code == Code.INTERNAL.value[0]
    assert not reply.reply.HasField("state_action")
    assert stream.more


async def test_a_reader_creates_no_register() -> None:
    room = replicated.Entity(PRESENCE, "room", lambda _: LWWRegister(STRING, "new"))

    @room.command("GetPeople")
    def get_people(ctx: Context, register: LWWRegister[str], request: GetPeopleRequest) -> GetPeopleResponse:
        return GetPeopleResponse(people=[register.value])

    stream = await opened(room)
    reply = await stream.say(says.command("e", 1, "GetPeople", GetPeopleRequest()))
    assert reply.reply.client_action.reply.payload == pack(GetPeopleResponse(people=["new"]))
    assert not reply.reply.HasField("state_action")


@pytest.mark.parametrize("new", [lambda: PNCounterMap(STRING), lambda: ORMultiMap(STRING, STRING)])
async def test_a_proxy_that_knows_no_maps_of_one_type(new: Callable[[], PNCounterMap[str]]) -> None:
    # DISC-CAP-006: nothing of the capability is sent, where it is not in force.
    room = replicated.Entity(PRESENCE, "room", lambda _: new())

    @room.command("GetPeople")
    def get_people(ctx: Context, counters: PNCounterMap[str], request: GetPeopleRequest) -> GetPeopleResponse:
        raise AssertionError("it is not asked")

    stream = await opened(room)
    reply = await stream.say(says.command("e", 1, "GetPeople", GetPeopleRequest()))
    assert reply.reply.client_action.failure.code == Code.FAILED_PRECONDITION.value[0]
    assert stream.more


async def test_the_last_news_end_a_call() -> None:
    # With end_stream alone, where there is nothing else to say (REP-STREAM-004).
    def on_join(ctx: Context, people: People, request: JoinRequest) -> Answer:
        def changed(news: News) -> Answer:
            if request.person not in people:
                news.effect(CALL)
                news.end()
            return None

        people.add(request.person)
        ctx.watch(changed, lambda _: people.add("never"))
        return None

    stream = await opened(new_room(on_join))
    reply = await stream.say(join(1, "anna"))
    assert reply.reply.streamed
    _ = await stream.say(join(2, "ben"))  # the first has nothing to say
    news = await stream.say(says.changed(Delta(orset=ORSetDelta(removed=[STRING.pack("anna")]))))
    assert (news.streamed_message.command_id, news.streamed_message.end_stream) == (1, True)
    assert not news.streamed_message.HasField("client_action")
    assert len(news.streamed_message.side_effects) == 1
    assert await stream.say(says.changed(Delta(orset=ORSetDelta(added=[STRING.pack("dora")])))) is None
    response = await stream.say(says.cancelled("e", 1))  # its call has ended
    assert response.stream_cancelled_response == StreamCancelledResponse(command_id=1)


async def test_a_watch_that_forwards() -> None:
    def on_join(ctx: Context, people: People, request: JoinRequest) -> Answer:
        people.add(request.person)
        ctx.watch(lambda news: news.forward(CALL))
        ctx.forward(CALL)
        return None

    stream = await opened(new_room(on_join))
    reply = await stream.say(join(1, "anna"))
    assert reply.reply.client_action.forward.service_name == PRESENCE.full_name
    assert reply.reply.state_action == StateAction(update=added("anna"))  # REP-UPD-004
    _, news = await stream.say_all(join(2, "ben"))
    assert news.streamed_message.client_action.forward.command_name == "GetPeople"


@pytest.mark.parametrize("end_fails", [False, True])
async def test_a_watch_that_fails_ends_its_call(end_fails: bool, caplog: pytest.LogCaptureFixture) -> None:
    # With the failure, without effects, and says no more (REP-STREAM-004); it hears of the end,
    # which may change the value (REP-CANCEL-005) and, where it fails, has changed nothing.
    def on_join(ctx: Context, people: People, request: JoinRequest) -> Answer:
        def changed(news: News) -> Answer:
            news.effect(CALL)
            raise Error(Code.ABORTED, "nothing to say")

        def cancelled(ctx: Context) -> None:
            people.discard(request.person)
            ctx.effect(CALL)
            if end_fails:
                raise Error(Code.ABORTED, "stays")

        people.add(request.person)
        if request.person == "anna":
            ctx.watch(changed, cancelled)
        return JoinResponse()

    stream = await opened(new_room(on_join))
    _, news = await stream.say_all(join(1, "anna"), join(2, "ben"))
    assert news.streamed_message.client_action.failure.description == "nothing to say"
    assert not news.streamed_message.side_effects
    assert not news.streamed_message.end_stream
    _ = await stream.say(join(3, "cleo"))
    response = await stream.say(says.cancelled("e", 1))
    assert response.stream_cancelled_response.command_id == 1
    assert response.stream_cancelled_response.HasField("state_action") == (not end_fails)
    assert len(response.stream_cancelled_response.side_effects) == (not end_fails)
    assert ("stays" in caplog.text) == end_fails
    assert await people_in(stream) == (["anna", "ben", "cleo"] if end_fails else ["ben", "cleo"])


def raises(ctx: Context, people: People, request: JoinRequest) -> Answer:
    raise ZeroDivisionError("a bug of the author")


def adds_what_cannot_travel(ctx: Context, people: People, request: JoinRequest) -> Answer:
    people.add("\ud800")
    return None


def watches_badly(ctx: Context, people: People, request: JoinRequest) -> Answer:
    def changed(_: News) -> Answer:
        raise ZeroDivisionError("a bug in a watch")

    people.add(request.person)
    ctx.watch(changed)
    return None


def watch_changes(ctx: Context, people: People, request: JoinRequest) -> Answer:
    def changed(_: News) -> Answer:
        people.clear()
        return None

    people.add(request.person)
    ctx.watch(changed)
    return None


def watches_by_a_coroutine(ctx: Context, people: People, request: JoinRequest) -> Answer:
    async def changed(_: News) -> Answer:
        return None

    ctx.watch(changed)  # type: ignore[arg-type]
    return None


def leaves_badly(ctx: Context, people: People, request: JoinRequest) -> Answer:
    def cancelled(_: Context) -> None:
        raise ZeroDivisionError("a bug at the end")

    ctx.watch(lambda _: None, cancelled)
    return None


BUGS = {
    "in the handler": (raises, "a bug of the author", [], 1),
    "what cannot travel": (adds_what_cannot_travel, "surrogates not allowed", [], 1),
    "in a watch": (watches_badly, "a bug in a watch", [join(2, "ben")], 2),
    "a watch that changes": (watch_changes, "a watch has changed the value", [join(2, "ben")], 2),
    "a coroutine to watch": (watches_by_a_coroutine, "plain functions", [], 1),
    "at the end": (leaves_badly, "a bug at the end", [says.cancelled("e", 1)], 0),
}


@pytest.mark.parametrize(("on_join", "cause", "then", "command_id"), BUGS.values(), ids=BUGS.keys())
async def test_an_exception_ends_the_stream(
    on_join: Callable[[Context, People, JoinRequest], Answer],
    cause: str,
    then: list[HandleRequest],
    command_id: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = await opened(new_room(on_join))
    (answer,) = await stream.say_all(join(1, "anna"), *then)
    assert answer.failure.command_id == command_id
    assert not stream.more
    assert cause not in answer.failure.description, "the caller is told of the function's inside"
    assert cause in caplog.text
    assert "Traceback" in caplog.text


async def test_two_streams_share_nothing() -> None:
    room = new_room(entering)
    one, other = await opened(room), await opened(room)
    await one.say(join(1, "anna"))
    assert await people_in(other) == []
