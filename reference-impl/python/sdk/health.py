"""Health: what a function says of itself, and how whoever runs it asks."""

import asyncio
from collections.abc import Mapping
from typing import Any

from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from sdk.failure import Code, Error
from sdk.stream import Handler, Stream

SERVICE: Any = health_pb2.DESCRIPTOR.services_by_name["Health"]

# The most that a reason may hold, in bytes (LIFE-HEALTH-006).
_MAX_REASON = 1024


class Health:
    """Whether commands may be sent to the function.

    A database that it needs is gone, a model is still being loaded. It is the function that
    is well or not, not one entity: an entity that cannot answer fails its commands. It is
    used by the tasks of one event loop.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        """Why commands would fail; None where they may be sent."""
        self.news = asyncio.Event()
        """Set when there is something to say. It is for the library."""

    @property
    def serves(self) -> bool:
        """Whether commands may be sent."""
        return self.reason is None

    def serving(self) -> None:
        """Say that commands may be sent."""
        self._set(None)

    def not_serving(self, reason: str) -> None:
        """Say that commands would fail, and why, for people.

        Commands that are at hand are answered all the same. A reason is cut after 1024
        bytes (LIFE-HEALTH-006).
        """
        self._set(reason.encode("utf-8", "replace")[:_MAX_REASON].decode("utf-8", "ignore"))

    def _set(self, reason: str | None) -> None:
        self.reason = reason
        self.tell()

    def tell(self) -> None:
        """Wake whoever waits for news. It is for the library."""
        self.news.set()
        self.news = asyncio.Event()


def serve(health: Health) -> Mapping[str, Handler]:
    """Return what serves grpc.health.v1.Health; a proxy never asks there.

    It has no Watch, whose open streams would outlast a stop in order.
    """

    async def check(stream: Stream[HealthCheckRequest, HealthCheckResponse]) -> None:
        """Answer for the server as a whole, which has the empty name."""
        request = await stream.read() or HealthCheckRequest()
        if request.service:
            raise Error(
                Code.NOT_FOUND, f"health is known of the whole function alone, not of {request.service!r}"
            )
        status = HealthCheckResponse.SERVING if health.serves else HealthCheckResponse.NOT_SERVING
        await stream.write(HealthCheckResponse(status=status))

    return {"Check": check}
