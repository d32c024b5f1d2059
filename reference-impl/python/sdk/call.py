"""One call of the proxy over gRPC."""

import asyncio
from types import TracebackType

import grpc
from google.protobuf.message import DecodeError, Message

from sdk.capability import Connection
from sdk.dialect import Dialect
from sdk.failure import Code, Error


class Call:
    """A Stream over gRPC. It is over at the end of its ``async with``."""

    def __init__(
        self,
        context: grpc.aio.ServicerContext[bytes, bytes],
        connection: Connection,
        request: type[Message],
        dialect: Dialect,
    ) -> None:
        self.connection = connection
        self._context = context
        self._request = request
        self._dialect = dialect
        self._written = False
        self._headers: asyncio.Task[bool] | None = None  # sends them without a message

    async def __aenter__(self) -> "Call":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._headers_sent()

    async def read(self) -> Message | None:
        """Return the next message; None is the proxy's half-close, and not its reset."""
        raw = await self._context.read()
        if not isinstance(raw, bytes):  # grpc.aio.EOF
            await self._half_closed()
            return None
        try:
            request = self._request.FromString(raw)
        except DecodeError as error:
            name = self._request.DESCRIPTOR.full_name
            raise Error(Code.INVALID_ARGUMENT, f"a message that is no {name}: {error}") from error
        self._dialect.heard(request)
        return request

    async def write(self, response: Message) -> None:
        """Send a message, once there is room for it."""
        await self._headers_sent()
        self._written = True  # headers go with the first message
        await self._context.write(self._dialect.said(response).SerializeToString())

    async def _half_closed(self) -> None:
        """Return where the proxy has half-closed the call, and not where it has reset it.

        gRPC's read tells neither from the other; the cancel that follows a reset may come
        later. But gRPC sends no headers on a call that was reset. Where they are sent
        already, all that is left is to read again: behind that the cancel has come, as
        thousands of resets have shown and gRPC does not promise.
        """
        if self._written:
            await self._context.read()
            return
        self._headers = self._headers or asyncio.create_task(self._send_headers())
        if not await asyncio.shield(self._headers):
            await asyncio.Event().wait()  # for the cancel

    async def _send_headers(self) -> bool:
        """Return whether the call took them."""
        try:
            await self._context.send_initial_metadata(())
        except grpc.aio.InternalError:
            return False
        return True

    async def _headers_sent(self) -> None:
        """Wait for headers that are on their way: gRPC would send them again."""
        if self._headers is not None:
            await asyncio.wait([self._headers])
