"""One multiplexed stream."""

import asyncio
import logging
from collections.abc import Mapping

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from stateward.multiplex.v1.multiplex_pb2 import HandleRequest

from sdk.capability import Connection
from sdk.failure import Code, Error
from sdk.multiplex.handle import Handle
from sdk.multiplex.outbox import Outbox
from sdk.payload import input_class
from sdk.stream import Handler

# How many handles of a stream are served at once (MUX-LIMIT-003).
_MAX_HANDLES = 1024
# Bounds those that are remembered: a proxy that opens more, and does not read that they
# fail, loses the stream.
_MAX_KNOWN = 2 * _MAX_HANDLES


class Session:
    """What is open on the stream, and what was said."""

    def __init__(
        self, kinds: Mapping[ServiceDescriptor, Handler], connection: Connection, log: logging.Logger
    ) -> None:
        self.connection = connection
        self.log = log
        self.outbox = Outbox()
        self.half_closed = False
        """Nothing more comes from the proxy."""
        self.stopping = False
        """The function stops."""
        self.request: type[Message]
        """The messages of the kind; from start on."""
        self._kinds = kinds
        self._kind: Handler | None = None  # from start on
        self._opened = 0  # the last handle that was opened
        self._handles: dict[int, Handle] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # one for each handle whose kind runs

    def hear(self, frame: HandleRequest) -> None:
        """Take one frame of the proxy, and wait for nobody (MUX-READ-001). An Error ends the stream."""
        case = frame.WhichOneof("frame")
        if case == "start" or self._kind is None:
            self._start(frame)
        elif case == "open":
            self._open(frame.handle, frame.open.message, self._kind)
        elif not 1 <= frame.handle <= self._opened:
            raise _wrong(f"a frame for handle {frame.handle}, which was never opened (MUX-WRONG-002)")
        elif (handle := self._handles.get(frame.handle)) is not None:
            handle.hear(frame)
        elif case != "credit" and not frame.close.reset:  # else it was under way (MUX-CLOSE-008)
            raise _wrong(f"a frame for handle {frame.handle}, which is done (MUX-WRONG-002)")

    def _start(self, frame: HandleRequest) -> None:
        """Find the kind of the stream."""
        if not frame.HasField("start"):
            raise _wrong("the first frame is not start (MUX-START-003)")
        if self._kind is not None or frame.handle:
            raise _wrong("a second start, or one for a handle (MUX-WRONG-002)")
        for service, handler in self._kinds.items():
            if service.full_name == frame.start.entity_type:
                self._kind, self.request = handler, input_class(service.methods_by_name["Handle"])
                return
        raise Error(Code.UNIMPLEMENTED, f"no stateful kind {frame.start.entity_type!r} here (MUX-START-004)")

    def _open(self, number: int, message: bytes, kind: Handler) -> None:
        """Begin a handle, and let the kind serve it."""
        if number != self._opened + 1:
            raise _wrong(f"handle {number} opened behind {self._opened} (MUX-OPEN-004)")
        if len(self._handles) >= _MAX_KNOWN:
            raise Error(Code.RESOURCE_EXHAUSTED, "handles are opened, and what is said of them is not read")
        self._opened = number
        crowded = len(self._handles) >= _MAX_HANDLES
        handle = self._handles[number] = Handle(self, number)
        if crowded:
            handle.fail(Code.RESOURCE_EXHAUSTED, f"{_MAX_HANDLES} handles are open (MUX-LIMIT-007)")
        elif self.stopping:
            handle.fail(Code.UNAVAILABLE, "the function is stopping (MUX-DRAIN-002)")
        else:
            handle.take(message)
        if not handle.ended:
            handle.task = asyncio.create_task(self._run(kind, handle))
            self._tasks.add(handle.task)
            handle.task.add_done_callback(self._tasks.discard)

    async def _run(self, kind: Handler, handle: Handle) -> None:
        """Serve a handle until the kind has ended it."""
        try:
            await kind(handle)
        except Error as error:
            handle.finish(error)
        except Exception:
            self.log.exception("handle %d broke", handle.number)
            handle.finish(Error(Code.INTERNAL, "the function's log says what went wrong"))
        else:
            handle.finish(None)

    def half_close(self) -> None:
        """Treat each handle as one that was closed: nothing more comes (MUX-END-003)."""
        self.half_closed = True
        for handle in tuple(self._handles.values()):
            if not handle.closed:
                handle.close(reset=False)

    def stop(self) -> None:
        """Let no handle be opened any more."""
        self.stopping = True
        self.outbox.news.set()

    def forget(self, handle: Handle) -> None:
        """Note that a handle is done."""
        self._handles.pop(handle.number, None)

    def finished(self) -> bool:
        """Say whether no handle is opened any more, and nothing is left to be done for any."""
        return (self.half_closed or self.stopping) and all(handle.sent for handle in self._handles.values())

    async def release(self) -> None:
        """Release every handle (MUX-END-004), and wait for those who serve them."""
        for handle in self._handles.values():
            handle.release()
        if self._tasks:
            await asyncio.wait(self._tasks)


def _wrong(what: str) -> Error:
    """Return the end of a stream on which the two sides do not agree on what is open."""
    return Error(Code.INVALID_ARGUMENT, what)
