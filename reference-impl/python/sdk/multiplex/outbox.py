"""In which order the handles of a stream are written."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from stateward.multiplex.v1.multiplex_pb2 import HandleResponse

if TYPE_CHECKING:
    from sdk.multiplex.handle import Handle


class Outbox:
    """First comes what needs no credit (MUX-FAIR-004), then one message of each handle that has one, in turn.

    The turns are those of MUX-FAIR-002.
    """

    def __init__(self) -> None:
        self._control: deque[Handle] = deque()  # credit or a last frame; each handle once
        self._messages: deque[Handle] = deque()  # a message; each handle once, since it has one at most
        self.news = asyncio.Event()
        """Set when there may be something to write."""

    def soon(self, handle: "Handle") -> None:
        """Note that the handle has credit to give, or its last frame to send."""
        if not handle.queued:
            handle.queued = True
            self._control.append(handle)
        self.news.set()

    def ready(self, handle: "Handle") -> None:
        """Note that the handle has a message to send."""
        self._messages.append(handle)
        self.news.set()

    def next(self) -> HandleResponse | None:
        """Return the next frame to write, which then counts as sent; None where there is none."""
        while self._control:
            if (frame := self._control.popleft().control_frame()) is not None:
                return frame
        while self._messages:
            if (frame := self._messages.popleft().message_frame()) is not None:
                return frame
        return None
