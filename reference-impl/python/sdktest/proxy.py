"""Speaks to a whole function by gRPC."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import Capability, DiscoverRequest, DiscoverResponse

import sdk
from sdk.payload import input_class, output_class

PATIENCE = 10.0
"""Bounds every wait, in seconds: a function that answers later has failed."""

_DISCOVERY = discovery_pb2.DESCRIPTOR.services_by_name["DiscoveryService"]


class Wire:
    """One call of the function."""

    def __init__(self, call: Any, response: type[Message]) -> None:
        self._call = call
        self._response = response

    async def send(self, *messages: Message | bytes) -> None:
        """Send the messages. Where the function has ended the call they are lost, and its status says why.

        The call's own write would put INTERNAL in the place of that status, where the message is lost
        before the status is read.
        """
        for message in messages:
            raw = message if isinstance(message, bytes) else message.SerializeToString()
            with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError, grpc.aio.InternalError):
                async with asyncio.timeout(PATIENCE):
                    await self._call.wait_for_connection()
                    await self._call._cython_call.send_serialized_message(raw)

    async def half_close(self) -> None:
        """Say that nothing more is sent."""
        await self._call.done_writing()

    async def receive(self) -> Any:
        """Return the function's next message; None where it has ended the call, with whatever status."""
        try:
            raw = await asyncio.wait_for(self._call.read(), PATIENCE)
        except grpc.aio.AioRpcError:
            return None
        return None if raw is grpc.aio.EOF else self._response.FromString(raw)

    async def ask(self, message: Message) -> Any:
        """Send the message, and return what answers it."""
        await self.send(message)
        return await self.receive()

    async def status(self) -> sdk.Code:
        """Wait for the end of the call, whatever is said before, and return its status."""
        while await self.receive() is not None:
            pass
        code: sdk.Code = await asyncio.wait_for(self._call.code(), PATIENCE)
        return code

    def reset(self) -> None:
        """Break the call off."""
        self._call.cancel()


class Proxy:
    """A proxy that is connected to a function."""

    def __init__(self, channel: grpc.aio.Channel, server: sdk.Server) -> None:
        self.server = server
        """Serves the function."""
        self._channel = channel

    def call(self, method: MethodDescriptor, path: str | None = None) -> Wire:
        """Call the method; in another dialect it has another path."""
        path = path or f"/{method.containing_service.full_name}/{method.name}"
        return Wire(self._channel.stream_stream(path)(timeout=PATIENCE), output_class(method))

    def open(self, kind: ServiceDescriptor) -> Wire:
        """Open the stream of an entity of the kind."""
        return self.call(kind.methods_by_name["Handle"])

    async def unary(self, method: MethodDescriptor, request: Message, path: str | None = None) -> Any:
        """Make a unary call, and return its response."""
        assert isinstance(request, input_class(method))
        call = self.call(method, path)
        await call.send(request)
        await call.half_close()
        response = await call.receive()
        assert (await call.status(), await call.receive()) == (sdk.Code.OK, None)
        return response

    async def announce(self, *capabilities: Capability) -> DiscoverResponse:
        """Discover the function as a proxy that has these capabilities, and return its answer."""
        request = DiscoverRequest(protocol_major_version=1, proxy_name="sdktest", capabilities=capabilities)
        answer: DiscoverResponse = await self.unary(_DISCOVERY.methods_by_name["Discover"], request)
        return answer


@asynccontextmanager
async def started(config: sdk.Config, capabilities: Sequence[Capability] = ()) -> AsyncIterator[Proxy]:
    """Serve the function on a free port, and connect to it. It stops in order at the end."""
    server = sdk.Server(sdk.Function(config))
    port = await server.start("127.0.0.1:0")
    try:
        options = [("grpc.max_receive_message_length", -1), ("grpc.enable_http_proxy", 0)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            proxy = Proxy(channel, server)
            await proxy.announce(*capabilities)
            yield proxy
    finally:
        await server.stop()
