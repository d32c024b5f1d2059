"""The lifecycle: both sides say on one stream how they are, and take their leave."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from datetime import timedelta

from stateward.lifecycle.v1 import lifecycle_pb2
from stateward.lifecycle.v1.lifecycle_pb2 import FunctionDraining, FunctionHealth, WatchRequest, WatchResponse

from sdk.failure import Code, Error
from sdk.health import Health
from sdk.stream import Handler, Host, Inbox, Stream

SERVICE = lifecycle_pb2.DESCRIPTOR.services_by_name["LifecycleService"]


class Lifecycle:
    """Serves stateward.lifecycle.v1.LifecycleService: one Watch for each connection."""

    def __init__(self, host: Host, health: Health, grace: timedelta) -> None:
        self._host = host
        self._health = health
        self._grace = grace  # how long the function serves after its draining
        self._draining = False
        self._until = 0.0  # the loop's time at which a drain ends; not read before
        self._open = 0  # calls of Watch for which a drain waits
        self._none_open = asyncio.Event()

    def handlers(self) -> Mapping[str, Handler]:
        """Return what serves each of its methods."""
        return {"Watch": self._watch}

    async def drain(self) -> None:
        """Say on each Watch that the function is going to stop.

        It serves on until the proxy has left or the grace has passed (LIFE-DRAIN-001,
        LIFE-DRAIN-009).
        """
        self._until = asyncio.get_running_loop().time() + self._grace.total_seconds()
        self._draining = True
        self._health.tell()
        if self._open:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._until):
                    await self._none_open.wait()

    async def _watch(self, stream: Stream[WatchRequest, WatchResponse]) -> None:
        """Serve one call: status OK after the proxy's half-close (LIFE-DRAIN-008)."""
        told = asyncio.Event()  # that the function drains
        with self._counted(told):
            async with Inbox(self._host, stream) as requests:
                start = await anext(requests, None)
                if start is None:
                    return
                if not start.HasField("start"):
                    raise Error(Code.INVALID_ARGUMENT, "the first message is not start (LIFE-WATCH-002)")
                over = asyncio.Event()
                teller = asyncio.create_task(self._tell(stream, over, told))
                try:
                    await self._listen(requests)
                finally:  # gRPC does not take it well when a message is cancelled half-way
                    over.set()
                    self._health.tell()
                    await asyncio.wait([teller])

    async def _listen(self, requests: Inbox[WatchRequest]) -> None:
        """Hear what the proxy says after start.

        That it is going to stop changes nothing here: what it sends is answered as before
        (LIFE-STOP-008).
        """
        leaves = False
        async for request in requests:
            if leaves or not request.HasField("draining"):
                wrong = "a second start or draining, or a message in which no case is set (LIFE-WATCH-002)"
                raise Error(Code.INVALID_ARGUMENT, wrong)
            leaves = True
            self._host.log.info("the proxy is going to stop, within %d ms", request.draining.grace)

    async def _tell(
        self, stream: Stream[WatchRequest, WatchResponse], over: asyncio.Event, told: asyncio.Event
    ) -> None:
        """Say how the function is, at once and at each change, and once that it drains.

        Health comes first (LIFE-HEALTH-001, LIFE-WATCH-007), also where the call is over.
        """
        said: str | None = None
        first, late = True, self._draining
        while first or not over.is_set():
            news = self._health.news
            if first or said != self._health.reason:
                first, said = False, self._health.reason
                await stream.write(WatchResponse(health=_health(said)))
            if self._draining and not told.is_set():
                told.set()
                grace = self._left() if late else self._grace // timedelta(milliseconds=1)
                await stream.write(WatchResponse(draining=FunctionDraining(grace=grace)))
            await news.wait()

    def _left(self) -> int:
        """Return what is left of the grace, in milliseconds; never 0, which would state none."""
        return max(1, int((self._until - asyncio.get_running_loop().time()) * 1000))

    @contextlib.contextmanager
    def _counted(self, told: asyncio.Event) -> Iterator[None]:
        """Count a Watch among those for which a drain waits.

        One that breaks once it was told of the drain counts on: what is open on its connection
        is served (LIFE-DRAIN-001), for the whole grace, since gRPC does not say when that ends.
        """
        self._open += 1
        try:
            yield
        except BaseException:  # a cancel is one
            if not told.is_set():
                self._leave()
            raise
        self._leave()

    def _leave(self) -> None:
        self._open -= 1
        if not self._open and self._draining:
            self._none_open.set()


def _health(reason: str | None) -> FunctionHealth:
    if reason is None:
        return FunctionHealth(status=lifecycle_pb2.HEALTH_STATUS_SERVING)
    return FunctionHealth(status=lifecycle_pb2.HEALTH_STATUS_NOT_SERVING, reason=reason)
