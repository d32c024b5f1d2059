"""gRPC: serves the protocol's services by their descriptors.

Every method is served as one that streams both ways, for on the wire there is no other:
a unary call is a stream of one message each way.
"""

import logging
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from sdk.call import Call
from sdk.connections import Connections
from sdk.dialect import Dialect
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
                    async with Call(context, connection, request, dialect) as call:
                        await handler(call)
            except Error as end:
                await context.abort(end.code, end.description)
            except Exception:
                self._log.exception("a call of %s broke", request.DESCRIPTOR.full_name)
                await context.abort(Code.INTERNAL, "the function's log says what went wrong")

        return serve
