"""In which order the handles of a stream are written."""

from typing import Any

from stateward.multiplex.v1.multiplex_pb2 import Closed, Credit, HandleResponse

from sdk.multiplex.outbox import Outbox


class Speaker:
    """A handle that has so many messages to send, and credit to give."""

    def __init__(self, number: int, outbox: Any, messages: int, credit: int = 0) -> None:
        self.number = number
        self.outbox = outbox
        self.messages = messages
        self.credit = credit
        self.queued = False

    def message_frame(self) -> HandleResponse:
        self.messages -= 1
        if self.messages:
            self.outbox.ready(self)  # as soon as the one before is written
        return HandleResponse(handle=self.number, message=b"m")

    def control_frame(self) -> HandleResponse | None:
        self.queued = False
        if not self.credit:
            return None
        self.credit -= 1
        return HandleResponse(handle=self.number, credit=Credit(bytes=1))


def written(outbox: Any) -> list[tuple[int, str | None]]:
    frames = []
    while (frame := outbox.next()) is not None:
        frames.append((frame.handle, frame.WhichOneof("frame")))
    return frames


def test_handles_take_turns() -> None:
    # MUX-FAIR-002.
    outbox: Any = Outbox()
    for handle in (Speaker(1, outbox, 3), Speaker(2, outbox, 2), Speaker(3, outbox, 1)):
        outbox.ready(handle)
    assert [number for number, _ in written(outbox)] == [1, 2, 3, 1, 2, 1]


def test_what_needs_no_credit_goes_first() -> None:
    # MUX-FAIR-004; each handle stands there once.
    outbox: Any = Outbox()
    busy, taker = Speaker(1, outbox, 2), Speaker(2, outbox, 0, credit=1)
    outbox.ready(busy)
    outbox.soon(taker)
    outbox.soon(taker)
    assert outbox.news.is_set()
    assert written(outbox) == [(2, "credit"), (1, "message"), (1, "message")]
    assert outbox.next() is None


def test_a_handle_that_has_nothing_to_say_is_passed_over() -> None:
    outbox: Any = Outbox()
    dropped = Speaker(1, outbox, 1)
    dropped.message_frame = lambda: None  # type: ignore[method-assign, assignment, return-value]
    outbox.soon(dropped)
    outbox.ready(dropped)
    closing = Speaker(2, outbox, 0)
    closing.control_frame = lambda: HandleResponse(handle=2, closed=Closed())  # type: ignore[method-assign]
    outbox.soon(closing)
    assert written(outbox) == [(2, "closed")]
