"""gRPC: serves the protocol's services by their descriptors.

Every method is served as one that streams both ways, for on the wire there is no other:
a unary call is a stream of one message each way.
"""

import asyncio
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message

from sdk.capability import Connection
from sdk.connections import Connections
from sdk.failure import Code, Error
from sdk.payload import input_class
from sdk.stream import Handler

MAX_MESSAGE = 5 << 20
"""What one message from the proxy may hold, in bytes: payloads of 4 MiB (CORE-LIMIT-001), and room
for what surrounds them."""

# How often a proxy may ping a quiet connection, in milliseconds; gRPC's default of 5 minutes
# cuts off a proxy that looks for dead peers more often.
_LEAST_PING = 5000

# After how long a silence the function pings the proxy, and for how long it then waits, in
# milliseconds. A proxy that is lost without a word, with its machine or its network, would keep
# its entities in memory here for ever; gRPC's default asks after 2 hours.
_SILENCE = 15_000
_PING_ANSWER = 20_000

OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", -1),  # the proxy says what it takes, and refuses the rest
    ("grpc.http2.min_ping_interval_without_data_ms", _LEAST_PING),
    ("grpc.keepalive_time_ms", _SILENCE),
    ("grpc.http2.ping_timeout_ms", _PING_ANSWER),  # keepalive_timeout_ms alone does not end the wait
    ("grpc.keepalive_permit_without_calls", 1),  # of either side
    ("grpc.so_reuseport", 0),  # a port that is taken is a mistake
)
"""The options of a server."""


class Dialect(Protocol):
    """How services and messages are called on the wire."""

    def path(self, method: MethodDescriptor) -> tuple[str, str] | None:
        """Return the names of the service and the method; None where the dialect lacks it."""

    def heard(self, request: Message) -> None:
        """Rename what stands in a message of the proxy, in place."""

    def said(self, response: Message) -> Message:
        """Return the message of the function with what stands in it renamed; the message stays as it is."""


class V1:
    """The dialect of version 1, in which nothing is called otherwise."""

    def path(self, method: MethodDescriptor) -> tuple[str, str] | None:
        """Return the method's own name."""
        return method.containing_service.full_name, method.name

    def heard(self, request: Message) -> None:
        """Rename nothing."""

    def said(self, response: Message) -> Message:
        """Rename nothing."""
        return response


class _Call:
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

    async def __aenter__(self) -> "_Call":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._headers_sent()

    async def read(self) -> Message | None:
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
        await self._headers_sent()
        self._written = True  # headers go with the first message
        await self._context.write(self._dialect.said(response).SerializeToString())

    async def _half_closed(self) -> None:
        """Return where the proxy has half-closed the call, and never where it has reset it.

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


class Services:
    """The services of a server."""

    def __init__(self, server: grpc.aio.Server, connections: Connections, log: logging.Logger) -> None:
        self._server = server
        self._connections = connections
        self._log = log

    def add(self, service: ServiceDescriptor, handlers: Mapping[str, Handler], dialect: Dialect) -> None:
        """Serve the methods of the service by these handlers, in the dialect, as far as that has them."""
        served: dict[str, dict[str, Any]] = {}
        for name, handler in handlers.items():
            method = service.methods_by_name[name]
            if (path := dialect.path(method)) is not None:
                serve = self._serve(handler, input_class(method), dialect)
                served.setdefault(path[0], {})[path[1]] = grpc.stream_stream_rpc_method_handler(serve)
        for name, methods in served.items():
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, methods),))

    def _serve(self, handler: Handler, request: type[Message], dialect: Dialect) -> Any:
        async def serve(_: object, context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
            try:
                with self._connections.call(context.peer()) as connection:
                    async with _Call(context, connection, request, dialect) as call:
                        await handler(call)
            except Error as end:
                await context.abort(end.code, end.description)
            except Exception:
                self._log.exception("a call of %s broke", request.DESCRIPTOR.full_name)
                await context.abort(Code.INTERNAL, "the function's log says what went wrong")

        return serve
