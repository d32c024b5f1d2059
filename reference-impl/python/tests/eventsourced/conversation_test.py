"""One stream of an event sourced entity: what is said, and what answers it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Payload
from stateward.discovery.v1 import discovery_pb2
from stateward.entity.v1.entity_pb2 import Command, Failure
from stateward.eventsourced.v1.eventsourced_pb2 import Event, HandleRequest
from stateward.samples.cart.v1.cart_pb2 import AddItemRequest, AddItemResponse, GetCartRequest

import sdk
from sdk import Code, Error
from sdk.eventsourced import Context
from sdk.payload import pack
from sdktest import Conversation
from sdktest import eventsourced as says
from tests.eventsourced.tally import CART, Tally, add, get, item, new_tally, opened, products

TARGET = sdk.Call(CART.full_name, "GetCart", GetCartRequest(user_id="f"))


async def test_events_are_emitted_and_seen_at_once() -> None:
    # ES-EMIT-001, ES-EMIT-002, ES-EMIT-003, ES-INIT-003.
    seen: list[str] = []

    def emit_two(ctx: Context, state: Tally) -> AddItemResponse:
        for product in "ab":
            ctx.emit(item(product))
            seen.append(state.products)
        return AddItemResponse()

    stream = await opened(new_tally(emit_two))
    answer = await stream.say(add(1))
    assert seen == ["a", "ab"]
    assert answer.reply.command_id == 1
    assert list(answer.reply.events) == [pack(item("a")), pack(item("b"))]
    assert answer.reply.client_action.reply.payload == pack(AddItemResponse())
    assert not (await stream.say(get(2))).reply.events


async def test_a_state_is_told_whose_it_is() -> None:
    seen: list[str] = []

    def look(_: Context, state: Tally) -> AddItemResponse:
        seen.append(state.entity_id)
        return AddItemResponse()

    await (await opened(new_tally(look))).say(add(1))
    assert seen == ["e"]


async def test_replay_restores_in_silence() -> None:
    # ES-REPLAY-003, ES-REPLAY-004, ES-REPLAY-007.
    stream = Conversation(new_tally())
    saved = new_tally().save
    assert saved is not None
    state = Tally()
    state.products = "ab"
    assert await stream.say(says.init(CART.full_name, "e", saved(state), 2)) is None
    assert await stream.say(says.event(3, item("c")), says.event(4, item("d"))) is None
    assert await products(stream) == "abcd"


async def test_snapshots_are_due_by_the_events_since_the_last() -> None:
    # ES-SNAP-001, ES-SNAP-002, ES-SNAP-004: one event of the journal counts.
    stream = await opened(new_tally())
    assert await stream.say(says.event(1, item("a"))) is None
    first = await stream.say(add(1, "b"))
    assert first.reply.snapshot == pack(says_saved("ab"))
    assert not (await stream.say(add(2, "c"))).reply.HasField("snapshot")
    assert not (await stream.say(get(3))).reply.HasField("snapshot")
    assert (await stream.say(add(4, "d"))).reply.snapshot == pack(says_saved("abcd"))


def says_saved(text: str) -> Any:
    save = new_tally().save
    assert save is not None
    state = Tally()
    state.products = text
    return save(state)


async def test_a_snapshot_that_is_asked_for() -> None:
    # ES-ASK-003, ES-ASK-005.
    stream = await opened(new_tally())
    await stream.say(add(1, "a"))
    answer = await stream.say(says.ask_snapshot())
    assert answer.snapshot_response.snapshot == pack(says_saved("a"))
    assert not (await stream.say(add(2, "b"))).reply.HasField("snapshot")  # counted from that one


@pytest.mark.parametrize(
    ("raised", "want"),
    [
        (Error(Code.NOT_FOUND, "no x"), Failure(code=5, description="no x")),
        (Error(Code.OK, "not ok"), Failure(code=2, description="not ok")),
        (Error(Code.INTERNAL, ""), Failure(code=13)),
        (Error(Code.ABORTED, "half \ud800"), Failure(code=10, description="half ?")),
        (TimeoutError("slow"), Failure(code=4, description="slow")),
        (
            grpc.aio.AioRpcError(Code.ABORTED, grpc.aio.Metadata(), grpc.aio.Metadata(), "again"),
            Failure(code=10, description="again"),
        ),
    ],
)
async def test_a_refusal_is_the_answer(raised: Exception, want: Failure) -> None:
    # CORE-FAIL-001, CORE-FAIL-004, CORE-CMD-002.
    def refuse(ctx: Context, state: Tally) -> AddItemResponse:
        raise raised

    stream = await opened(new_tally(refuse))
    answer = await stream.say(add(1))
    want.command_id = 1
    assert answer.reply.command_id == 1
    assert answer.reply.client_action.failure == want
    assert await products(stream) == ""


async def test_a_refusal_after_events_restarts() -> None:
    # ES-FAIL-003, ES-FAIL-004, FX-EFF-003.
    def emit_and_refuse(ctx: Context, state: Tally) -> AddItemResponse:
        ctx.emit(item("a"))
        ctx.effect(TARGET)
        raise Error(Code.ABORTED, "no")

    stream = await opened(new_tally(emit_and_refuse))
    reply = (await stream.say(add(1))).reply
    assert reply.client_action.failure.restart
    assert not reply.events
    assert not reply.side_effects
    after = await stream.say(get(2))  # nothing comes after a restart
    assert after.failure.command_id == 2
    assert not stream.more


def emit_unknown(ctx: Context, _state: Tally) -> AddItemResponse:
    ctx.emit(AddItemResponse())
    return AddItemResponse()


def divide(_ctx: Context, _state: Tally) -> AddItemResponse:
    raise ZeroDivisionError


def apply_badly(ctx: Context, _state: Tally) -> AddItemResponse:
    ctx.emit(item("a", "raise"))
    return AddItemResponse()


def refuse_to_apply(ctx: Context, _state: Tally) -> AddItemResponse:
    ctx.emit(item("a", "refuse"))
    return AddItemResponse()


@pytest.mark.parametrize("mistake", [emit_unknown, divide, apply_badly, refuse_to_apply])
async def test_a_mistake_ends_the_stream(mistake: Callable[[Context, Tally], AddItemResponse]) -> None:
    # CORE-CMD-002, CORE-FAIL-002: the caller learns nothing of the inside.
    stream = await opened(new_tally(mistake))
    answer = await stream.say(add(1))
    assert answer.failure.command_id == 1
    assert "log" in answer.failure.description
    assert not stream.more


async def test_a_response_of_another_type_is_refused() -> None:
    # CORE-CMD-006.
    wrong: Any = GetCartRequest()
    stream = await opened(new_tally(lambda *_: wrong))
    answer = await stream.say(add(1))
    assert answer.reply.client_action.failure.code == Code.INTERNAL.value[0]


@pytest.mark.parametrize(
    "command",
    [
        Command(entity_id="e", id=7, name="Missing", payload=pack(AddItemRequest())),  # CORE-CMD-003
        Command(entity_id="e", id=7, name="AddItem"),  # CORE-CMD-005, and so on
        Command(entity_id="e", id=7, name="AddItem", payload=pack(GetCartRequest())),
        Command(
            entity_id="e",
            id=7,
            name="AddItem",
            payload=Payload(type_url=pack(AddItemRequest()).type_url[21:]),
        ),
        Command(
            entity_id="e",
            id=7,
            name="AddItem",
            payload=Payload(type_url=pack(AddItemRequest()).type_url, value=b"\x0a"),
        ),
    ],
)
async def test_a_command_that_cannot_be_run_is_refused(command: Command) -> None:
    stream = await opened(new_tally())
    answer = await stream.say(HandleRequest(command=command))
    assert answer.reply.command_id == 7
    assert answer.reply.client_action.failure.code
    assert await products(stream) == ""


INIT = says.init(CART.full_name, "e")
BROKEN = {
    "no case (CORE-STREAM-004)": ([INIT, HandleRequest()], 0),
    "a command before init (ES-INIT-003)": ([add(3)], 3),
    "an event before init (ES-INIT-003)": ([says.event(1, item("a"))], 0),
    "a second init (ES-INIT-004)": ([INIT, INIT], 0),
    "another service (ES-INIT-005)": ([says.init("nobody.Service", "e")], 0),
    "no entity id (CORE-KEY-001)": ([says.init(CART.full_name, "")], 0),
    "another entity (ES-CMD-002)": ([INIT, says.command("f", 1, "GetCart", GetCartRequest())], 1),
    "a gap (ES-REPLAY-006)": ([INIT, says.event(2, item("a"))], 0),
    "an unknown event (ES-REPLAY-005)": ([INIT, says.event(1, GetCartRequest())], 0),
    "an unreadable event (ES-REPLAY-011)": (
        [
            INIT,
            HandleRequest(
                event=Event(sequence=1, payload=Payload(type_url=pack(item("a")).type_url, value=b"\x0a"))
            ),
        ],
        0,
    ),
    "an unknown snapshot (ES-REPLAY-005)": ([says.init(CART.full_name, "e", GetCartRequest(), 1)], 0),
    "a question before the first command (ES-ASK-001)": ([INIT, says.ask_snapshot()], 0),
}


@pytest.mark.parametrize(("said", "command_id"), BROKEN.values(), ids=BROKEN)
async def test_what_breaks_a_stream(said: list[HandleRequest], command_id: int) -> None:
    # CORE-FAIL-002.
    stream = Conversation(new_tally())
    answer = await stream.say(*said)
    assert answer.failure.command_id == command_id
    assert answer.failure.description
    assert not stream.more


async def test_an_event_after_a_command_breaks_the_stream() -> None:
    # ES-REPLAY-006.
    stream = await opened(new_tally())
    await stream.say(add(1))
    assert (await stream.say(says.event(1, item("a")))).HasField("failure")  # not for its sequence
    assert not stream.more


async def test_passivate_ends_the_stream() -> None:
    # LIFE-PASS-004, LIFE-PASS-005.
    stream = await opened(new_tally())
    assert await stream.say(says.passivate()) is None
    assert not stream.more


async def test_activations_share_nothing() -> None:
    # CORE-STREAM-002.
    entity = new_tally()
    first, second = await opened(entity), await opened(entity)
    await first.say(add(1, "a"))
    assert await products(second) == ""


async def test_forward_effects_and_metadata() -> None:
    # FX-FWD-001, FX-EFF-001, FX-EFF-002, ES-EMIT-004, META-GIVE-002.
    def ask(ctx: Context, state: Tally) -> AddItemResponse:
        ctx.emit(item("a"))
        ctx.forward(TARGET)
        ctx.effect(TARGET, synchronous=True)
        tagged = sdk.Metadata([("k", "1"), ("k", "2"), ("b-bin", b"\xff")])
        ctx.effect(sdk.Call(CART.full_name, "AddItem", AddItemRequest(user_id="g"), tagged))
        return AddItemResponse()

    reply = (await (await opened(new_tally(ask))).say(add(1))).reply
    assert len(reply.events) == 1
    forward = reply.client_action.forward
    assert (forward.service_name, forward.command_name) == (CART.full_name, "GetCart")
    assert forward.payload == pack(TARGET.request)
    assert not forward.HasField("metadata")
    first, second = reply.side_effects
    assert (first.command_name, first.synchronous, first.durable) == ("GetCart", True, False)
    assert (second.command_name, second.synchronous) == ("AddItem", False)
    assert [(e.key, e.string_value, e.bytes_value) for e in second.metadata.entries] == [
        ("k", "1", b""),
        ("k", "2", b""),
        ("b-bin", "", b"\xff"),
    ]


CAPABLE: dict[str, tuple[discovery_pb2.Capability, Callable[[Context], None]]] = {
    "ES-DEL-001": (
        discovery_pb2.CAPABILITY_EVENT_SOURCED_DELETE,
        lambda ctx: ctx.delete(timedelta(seconds=1)),
    ),
    "FX-DUR-002": (discovery_pb2.CAPABILITY_DURABLE_EFFECTS, lambda ctx: ctx.durable_effect(TARGET)),
    "ES-EVENT-003": (
        discovery_pb2.CAPABILITY_EVENT_METADATA,
        lambda ctx: ctx.emit(item("b"), sdk.Metadata({"k": "v"})),
    ),
}


@pytest.mark.parametrize(("capability", "ask"), CAPABLE.values(), ids=CAPABLE)
async def test_a_capability_in_force(capability: Any, ask: Callable[[Context], None]) -> None:
    def use(ctx: Context, state: Tally) -> AddItemResponse:
        ctx.emit(item("a"))
        ask(ctx)
        return AddItemResponse()

    reply = (await (await opened(new_tally(use), capability)).say(add(1))).reply
    assert reply.client_action.HasField("reply")
    match capability:
        case discovery_pb2.CAPABILITY_EVENT_SOURCED_DELETE:
            assert reply.delete.retention == 1000
        case discovery_pb2.CAPABILITY_DURABLE_EFFECTS:
            assert reply.side_effects[0].durable
        case _:
            assert [len(metadata.entries) for metadata in reply.event_metadata] == [0, 1]


@pytest.mark.parametrize(("capability", "ask"), CAPABLE.values(), ids=CAPABLE)
async def test_a_capability_not_in_force(capability: Any, ask: Callable[[Context], None]) -> None:
    # DISC-CAP-006: nothing of it is sent.
    def use(ctx: Context, state: Tally) -> AddItemResponse:
        ask(ctx)
        return AddItemResponse()

    reply = (await (await opened(new_tally(use))).say(add(1))).reply
    assert reply.client_action.failure.code == Code.FAILED_PRECONDITION.value[0]
    assert not reply.events
    assert not reply.side_effects
    assert not reply.HasField("delete")


@pytest.mark.parametrize("days", [-1, 100 * 365 + 1])
async def test_a_retention_out_of_range(days: int) -> None:
    # ES-DEL-005.
    def delete(ctx: Context, state: Tally) -> AddItemResponse:
        ctx.delete(timedelta(days=days))
        return AddItemResponse()

    stream = await opened(new_tally(delete), discovery_pb2.CAPABILITY_EVENT_SOURCED_DELETE)
    reply = (await stream.say(add(1))).reply
    assert reply.client_action.failure.code == Code.INVALID_ARGUMENT.value[0]


async def test_no_snapshot_of_what_is_deleted() -> None:
    # ES-DEL-010, ES-DEL-002.
    def delete(ctx: Context, state: Tally) -> AddItemResponse:
        ctx.emit(item("a"))
        ctx.emit(item("b"))
        ctx.delete()
        return AddItemResponse()

    stream = await opened(new_tally(delete), discovery_pb2.CAPABILITY_EVENT_SOURCED_DELETE)
    reply = (await stream.say(add(1))).reply
    assert reply.HasField("delete")
    assert not reply.HasField("snapshot")


async def test_a_handler_may_be_a_coroutine() -> None:
    async def slow(ctx: Context, state: Tally) -> AddItemResponse:
        await asyncio.sleep(0)
        ctx.emit(item("a"))
        return AddItemResponse()

    stream = await opened(new_tally(slow))
    assert len((await stream.say(add(1))).reply.events) == 1
    assert await products(stream) == "a"
