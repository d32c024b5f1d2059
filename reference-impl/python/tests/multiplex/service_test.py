"""A multiplexed stream: what is said on it, and what answers it."""

import asyncio
from typing import Any

import pytest
from stateward.multiplex.v1.multiplex_pb2 import Open, Start

from sdk.multiplex.credit import WINDOW
from tests.multiplex.proxy import VALUES, answer, connected, dialled, text

INVALID = "failure INVALID_ARGUMENT"
ONE_HANDLE: dict[str, tuple[list[Any], list[str]]] = {
    "a message (MUX-MSG-002, MUX-MSG-007, MUX-MSG-008)": (["a", "b"], ["a", "b"]),
    "no case (MUX-WRONG-001)": ([None], [INVALID]),
    "no bytes (MUX-WRONG-001)": ([b""], [INVALID]),
    "credit of nothing (MUX-WRONG-001)": ([0], [INVALID]),
    "credit below nothing (MUX-WRONG-001)": ([-1], [INVALID]),
    "credit that is not owed (MUX-WRONG-001)": ([1], [INVALID]),
    "more than the balance (MUX-WRONG-001)": (["never", "x" * WINDOW, "y"], [INVALID]),
    "garbage (MUX-MSG-003)": ([b"\xff"], [INVALID]),
    "close (MUX-CLOSE-002, MUX-CLOSE-004)": ([False], ["closed"]),
    "close behind a message (MUX-MSG-005)": (["a", False], ["a", "closed"]),
    "reset of a handler (MUX-CLOSE-003)": (["never", True], ["closed"]),
    "reset behind close (MUX-CLOSE-003)": (["never", False, True], ["closed"]),
    "close twice (MUX-WRONG-006)": (["never", False, False], [INVALID]),
    "a message behind close (MUX-WRONG-006)": (["never", False, "a"], [INVALID]),
    "the kind ends": (["end"], ["closed"]),
    "the kind breaks (MUX-FAIL-001, MUX-FAIL-003)": (["break"], ["failure DATA_LOSS"]),
    "the kind raises": (["raise"], ["failure INTERNAL"]),
    "too large a message (MUX-LIMIT-005)": (["too large"], ["failure RESOURCE_EXHAUSTED"]),
    "what crosses its failure (MUX-CLOSE-007)": ([None, "a", 5, None, False], [INVALID]),
    "what comes late (MUX-CLOSE-008)": ([None, False, 7, True], [INVALID]),
}


@pytest.mark.parametrize(("send", "want"), ONE_HANDLE.values(), ids=ONE_HANDLE.keys())
async def test_one_handle_and_another_lives_on(send: list[Any], want: list[str]) -> None:
    # MUX-WRONG-007
    async with dialled() as proxy:
        for frame in send:
            proxy.send(1, frame)
        await proxy.wants(1, *want)
        proxy.send(2, "other")
        await proxy.wants(2, "other")
        assert not proxy.aside.get(1)


START, OPEN = Start(entity_type=VALUES.full_name), Open(message=text("init"))
STREAM_ENDS: dict[str, tuple[list[tuple[int, Any]], str]] = {
    "a second start": ([(0, START), (0, START)], "end INVALID_ARGUMENT"),
    "start on a handle": ([(1, START)], "end INVALID_ARGUMENT"),
    "no start": ([(1, OPEN)], "end INVALID_ARGUMENT"),
    "no case first": ([(0, None)], "end INVALID_ARGUMENT"),
    "an unknown kind": ([(0, Start(entity_type="x"))], "end UNIMPLEMENTED"),
    "the second first": ([(0, START), (2, OPEN)], "end INVALID_ARGUMENT"),
    "open twice": ([(0, START), (1, OPEN), (1, OPEN)], "end INVALID_ARGUMENT"),
    "never opened": ([(0, START), (1, "a")], "end INVALID_ARGUMENT"),
    "never opened, reset": ([(0, START), (1, True)], "end INVALID_ARGUMENT"),
    "handle 0": ([(0, START), (0, "a")], "end INVALID_ARGUMENT"),
    "below 0": ([(0, START), (-1, False)], "end INVALID_ARGUMENT"),
}


@pytest.mark.parametrize(("send", "want"), STREAM_ENDS.values(), ids=STREAM_ENDS.keys())
async def test_what_ends_the_stream(send: list[tuple[int, Any]], want: str) -> None:
    # MUX-WRONG-002, MUX-OPEN-004, MUX-START-003, MUX-START-004.
    async with connected() as proxy:
        for handle, frame in send:
            proxy.send(handle, frame)
        await proxy.wants(9, want)


async def test_a_message_to_a_handle_that_is_done_ends_the_stream() -> None:
    async with dialled() as proxy:
        proxy.send(1, False)
        await proxy.wants(1, "closed")
        proxy.send(1, "a")
        await proxy.wants(1, "end INVALID_ARGUMENT")


async def test_credit() -> None:
    # A handle without credit waits, its own credit does not, and nobody else notices: MUX-CREDIT-003
    # to MUX-CREDIT-008, MUX-FAIR-004, MUX-READ-001, MUX-READ-003.
    async with dialled() as proxy:
        proxy.send(1, "large")
        proxy.send(1, "large")
        await proxy.wants(1, "lllll")
        await proxy.returned(1, len(text("init")) + len(text("large")))  # the second is not answered yet
        proxy.send(2, "other")
        await proxy.wants(2, "other")
        assert not proxy.aside.get(1), "sent without credit"
        owed = len(answer("l" * WINDOW).SerializeToString())
        proxy.send(1, owed - 1)
        proxy.send(2, "again")
        await proxy.wants(2, "again")
        assert not proxy.aside.get(1), "sent while a byte is owed"
        proxy.send(1, 1)
        await proxy.wants(1, "lllll")


async def test_a_failure_for_which_there_is_no_credit() -> None:
    # Whoever is told that a stream is broken need not give credit for it.
    async with dialled() as proxy:
        proxy.send(1, "large")
        await proxy.wants(1, "lllll")
        proxy.send(1, "stream failure")
        await proxy.wants(1, "failure INTERNAL")


async def test_large_messages() -> None:
    # MUX-CREDIT-011, MUX-LIMIT-004.
    async with dialled() as proxy:
        given = len(text("init"))
        for size in WINDOW, (4 << 20) - 20:
            await proxy.returned(1, given)
            proxy.send(1, "x" * size)
            await proxy.wants(1, "xxxxx")
            proxy.send(1, len(answer("x" * size).SerializeToString()))
            given += len(text("x" * size))
        await proxy.returned(1, given)


async def test_a_message_waits_for_the_credit_of_the_one_before() -> None:
    # MUX-CREDIT-006: bytes are given back when the message is taken, and the next has begun.
    async with dialled() as proxy:
        proxy.send(1, "never")
        proxy.send(2, "other")
        await proxy.wants(2, "other")
        assert proxy.credit.get(1, 0) == len(text("init"))


MOST = 1024


async def test_many_handles() -> None:
    # MUX-LIMIT-003, MUX-LIMIT-007.
    async with dialled() as proxy:
        for handle in range(3, MOST + 2):
            proxy.open(handle)
        await proxy.wants(MOST + 1, "failure RESOURCE_EXHAUSTED")
        proxy.send(MOST + 1, False)
        proxy.send(MOST, "last")
        await proxy.wants(MOST, "last")
        proxy.send(1, False)
        await proxy.wants(1, "closed")
        proxy.open(MOST + 2)
        proxy.send(MOST + 2, "next")
        await proxy.wants(MOST + 2, "next")


async def test_half_close() -> None:
    # MUX-END-003: with a handler that waits for credit, too.
    async with dialled() as proxy:
        proxy.send(1, "large")
        proxy.send(1, "large")
        await proxy.wants(1, "lllll")
        await proxy.returned(1, len(text("init")) + len(text("large")))
        proxy.half_close()
        await proxy.wants(1, "closed")
        await proxy.wants(2, "closed", "end OK")


async def test_a_stream_that_is_reset_leaves_nothing() -> None:
    # MUX-END-004; `dialled` looks for what is left.
    async with dialled() as proxy:
        proxy.send(1, "never")
        proxy.send(2, "here")
        await proxy.wants(2, "here")
        proxy.service.cancel()
        await asyncio.wait([proxy.service])
        assert proxy.service.cancelled()


async def test_a_function_that_stops_lets_nobody_in() -> None:
    # It ends when the handles have (MUX-DRAIN-002).
    async with dialled() as proxy:
        proxy.send(2, "here")
        await proxy.wants(2, "here")
        proxy.host.stop()
        proxy.open(3)
        await proxy.wants(3, "failure UNAVAILABLE")
        proxy.send(2, "still here")
        await proxy.wants(2, "still here"[:5])
        proxy.send(1, False)
        await proxy.wants(1, "closed")
        proxy.send(3, False)
        proxy.send(2, False)
        await proxy.wants(2, "closed", "end UNAVAILABLE")
