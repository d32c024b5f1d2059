"""What is read from a stream, and when."""

import asyncio
import logging
from typing import Any

import pytest
from stateward.value.v1.value_pb2 import HandleRequest

from sdk.capability import Connection
from sdk.failure import Code, Error
from sdk.stream import Host, Inbox
from sdktest import PATIENCE


class Source:
    """A stream on which this is said; what is an exception is raised, and then nothing is said for ever."""

    def __init__(self, *said: Any) -> None:
        self.connection = Connection()
        self.said = list(said)
        self.reads = 0

    async def read(self) -> Any:
        self.reads += 1
        if not self.said:
            await asyncio.Event().wait()
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    async def write(self, response: Any) -> None:
        raise AssertionError


def inbox(source: Source) -> tuple[Host, Inbox[HandleRequest]]:
    host = Host(logging.getLogger("test"))
    return host, Inbox(host, source)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_message_is_read_ahead() -> None:
    # MUX-CREDIT-005: what was read waits until the one before is taken.
    source = Source(*(HandleRequest() for _ in range(5)))
    _, requests = inbox(source)
    async with requests:
        await settle()
        assert source.reads == 1
        await anext(requests)
        await settle()
        assert source.reads == 2


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (None, None),
        (Error(Code.INVALID_ARGUMENT, "no message"), Code.INVALID_ARGUMENT),
        (ZeroDivisionError(), Code.INTERNAL),
    ],
)
async def test_an_end_is_an_end(said: Any, code: Code | None) -> None:
    _, requests = inbox(Source(HandleRequest(), said))
    async with requests:
        await anext(requests)
        for _ in range(2):  # however often it is asked
            if code is None:
                with pytest.raises(StopAsyncIteration):
                    await asyncio.wait_for(anext(requests), PATIENCE)
            else:
                with pytest.raises(Error) as error:
                    await asyncio.wait_for(anext(requests), PATIENCE)
                assert error.value.code is code


async def test_what_goes_wrong_with_a_read_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    _, requests = inbox(Source(ZeroDivisionError("inside")))
    async with requests:
        with pytest.raises(Error) as error:
            await asyncio.wait_for(anext(requests), PATIENCE)
    assert "inside" not in error.value.description
    assert "inside" in caplog.text


async def test_a_stop_wakes_whoever_waits() -> None:
    host, requests = inbox(Source())
    async with requests:
        waiting = asyncio.create_task(anext(requests))
        await settle()
        host.stop()
        with pytest.raises(Error) as error:
            await asyncio.wait_for(waiting, PATIENCE)
        assert error.value.code is Code.UNAVAILABLE
    assert not host.streams


async def test_a_stop_leaves_out_what_was_read_ahead() -> None:
    host, requests = inbox(Source(HandleRequest(), HandleRequest()))
    async with requests:
        await settle()
        host.stop()
        with pytest.raises(Error):
            await asyncio.wait_for(anext(requests), PATIENCE)


async def test_a_stream_that_begins_after_the_stop_has_ended() -> None:
    host, requests = inbox(Source(HandleRequest()))
    host.stop()
    async with requests:
        with pytest.raises(Error):
            await asyncio.wait_for(anext(requests), PATIENCE)
