"""Commands that are given up (CORE-CANCEL-002 to CORE-CANCEL-005)."""

import asyncio
from collections.abc import Awaitable

from stateward.samples.cart.v1.cart_pb2 import AddItemResponse

from sdk import Code
from sdk.eventsourced import Context
from sdktest import PATIENCE
from sdktest import eventsourced as says
from tests.eventsourced.tally import Tally, add, item, new_tally, opened, products


class Waiter:
    """A handler that waits until it is cancelled, and then does what it is made for."""

    def __init__(self, *, answers: bool = False, emits: bool = False) -> None:
        self.begun = asyncio.Event()
        self.answers = answers
        self.emits = emits

    async def __call__(self, ctx: Context, state: Tally) -> AddItemResponse:
        if self.emits:
            ctx.emit(item("a"))
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not self.answers:
                raise
        return AddItemResponse()


async def soon(awaited: Awaitable[object]) -> object:
    return await asyncio.wait_for(awaited, PATIENCE)


async def test_a_cancel_reaches_the_handler() -> None:
    # CORE-CANCEL-002, CORE-CANCEL-003, CORE-CANCEL-005.
    waiter = Waiter()
    stream = await opened(new_tally(waiter))
    handling = asyncio.create_task(stream.say(add(1)))
    await soon(waiter.begun.wait())
    assert await stream.say(says.cancel(1)) is None
    answer = await asyncio.wait_for(handling, PATIENCE)
    assert answer.reply.command_id == 1
    assert answer.reply.client_action.failure.code == Code.CANCELLED.value[0]
    assert not answer.reply.client_action.failure.restart
    assert await products(stream) == ""


async def test_a_handler_may_answer_all_the_same() -> None:
    waiter = Waiter(answers=True, emits=True)
    stream = await opened(new_tally(waiter))
    handling = asyncio.create_task(stream.say(add(1)))
    await soon(waiter.begun.wait())
    await stream.say(says.cancel(1))
    answer = await asyncio.wait_for(handling, PATIENCE)
    assert len(answer.reply.events) == 1


async def test_a_cancel_after_events_restarts() -> None:
    # ES-FAIL-003.
    waiter = Waiter(emits=True)
    stream = await opened(new_tally(waiter))
    handling = asyncio.create_task(stream.say(add(1)))
    await soon(waiter.begun.wait())
    await stream.say(says.cancel(1))
    answer = await asyncio.wait_for(handling, PATIENCE)
    assert answer.reply.client_action.failure.restart


async def test_a_cancel_that_is_read_before_its_command_begins() -> None:
    waiter = Waiter()
    stream = await opened(new_tally(waiter))
    outstanding = stream.surroundings.outstanding
    assert not outstanding.hear(add(1))
    assert outstanding.hear(says.cancel(1))
    taken = await asyncio.wait_for(stream._step(add(1)), PATIENCE)
    assert taken.answers[0].reply.client_action.failure.code == Code.CANCELLED.value[0]


async def test_a_cancel_of_another_command_changes_nothing() -> None:
    # CORE-CANCEL-004: of one that was answered, and of one that never came.
    stream = await opened(new_tally())
    await stream.say(add(1, "a"))
    assert await stream.say(says.cancel(1)) is None
    assert await stream.say(says.cancel(7)) is None
    answer = await stream.say(add(2, "b"))
    assert answer.reply.client_action.HasField("reply")


async def test_a_cancel_of_another_command_stops_no_handler() -> None:
    # CORE-CANCEL-004.
    waiter = Waiter()
    stream = await opened(new_tally(waiter))
    handling = asyncio.create_task(stream.say(add(1)))
    await soon(waiter.begun.wait())
    await stream.say(says.cancel(7))
    done, _ = await asyncio.wait([handling], timeout=0.01)
    assert not done
    await stream.say(says.cancel(1))
    answer = await asyncio.wait_for(handling, PATIENCE)
    assert answer.reply.client_action.failure.code == Code.CANCELLED.value[0]


async def test_a_deadline_reaches_the_handler() -> None:
    stream = await opened(new_tally(Waiter()))
    answer = await asyncio.wait_for(stream.say(add(1, timeout=1)), PATIENCE)
    assert answer.reply.client_action.failure.code == Code.DEADLINE_EXCEEDED.value[0]


async def test_a_handler_that_cancels_itself() -> None:
    async def give_up(ctx: Context, state: Tally) -> AddItemResponse:
        raise asyncio.CancelledError

    stream = await opened(new_tally(give_up))
    answer = await stream.say(add(1))
    assert answer.reply.client_action.failure.code == Code.CANCELLED.value[0]


async def test_the_end_of_the_stream_is_no_refusal() -> None:
    # CORE-STREAM-005: whoever handles it is cancelled, and nothing is answered.
    waiter = Waiter()
    stream = await opened(new_tally(waiter))
    handling = asyncio.create_task(stream.say(add(1)))
    await soon(waiter.begun.wait())
    handling.cancel()
    done, _ = await asyncio.wait([handling], timeout=PATIENCE)
    assert done
    assert handling.cancelled()
