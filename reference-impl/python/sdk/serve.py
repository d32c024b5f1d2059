"""How a function lives and ends."""

import asyncio
from collections.abc import Mapping

import grpc
from stateward.discovery.v1.discovery_pb2 import DiscoverResponse

from sdk import discovery, health, multiplex
from sdk.cloudstate import DIALECT_CLOUDSTATE, DIALECT_V1
from sdk.connections import Connections
from sdk.definition import Definition, Kind
from sdk.dialect import V1, CloudstateDialect, Dialect
from sdk.function import Function
from sdk.lifecycle import SERVICE as LIFECYCLE
from sdk.lifecycle import Lifecycle
from sdk.rpc import OPTIONS, Services
from sdk.stream import Handler, Host

# gRPC wants to know when to break what is left, in seconds; that is decided here, earlier.
_LONG = 3600.0


class Server:
    """Serves a function, once, in the event loop in which it is made."""

    def __init__(self, function: Function) -> None:
        config = function.config
        self._within = config.stop_within
        self._host = Host(config.log)
        self._lifecycle = Lifecycle(self._host, config.health, config.stop_within)
        self._grpc = grpc.aio.server(options=OPTIONS)
        services = Services(self._grpc, Connections(), config.log)
        services.add(health.SERVICE, health.serve(config.health), V1())
        if config.speaks(DIALECT_V1):
            self._add(function, services, function.spec, V1())
        if config.cloudstate is not None and config.speaks(DIALECT_CLOUDSTATE):
            spec = config.cloudstate.describe(function.spec, config.entities)
            self._add(function, services, spec, CloudstateDialect(config.cloudstate))

    def _add(self, function: Function, services: Services, spec: DiscoverResponse, dialect: Dialect) -> None:
        """Add discovery, lifecycle, and the service of every kind that the function has, in one dialect."""
        services.add(discovery.SERVICE, discovery.serve(spec, self._host.log), dialect)
        services.add(LIFECYCLE, self._lifecycle.handlers(), dialect)
        kinds: dict[Kind, dict[str, Definition]] = {}
        for entity in function.config.entities:
            kinds.setdefault(entity.kind, {})[entity.service.full_name] = entity
        served: dict[Kind, Mapping[str, Handler]] = {}
        for kind, entities in kinds.items():
            served[kind] = kind.serve(self._host, entities)
            services.add(kind.service, served[kind], dialect)
        stateful = {kind.service: handlers["Handle"] for kind, handlers in served.items() if kind.stateful}
        services.add(multiplex.SERVICE, multiplex.serve(self._host, stateful), dialect)

    async def start(self, address: str) -> int:
        """Listen on the address, such as ``127.0.0.1:0`` or ``unix:/run/cart.sock``, and serve.

        Returns the port, which of a socket means nothing. Raises OSError where it cannot.
        """
        try:
            port = self._grpc.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"{address}: {error}") from error
        await self._grpc.start()
        return port

    async def stop(self) -> None:
        """Stop in order.

        First the function drains: a proxy that watches it is told, and takes its entities
        away, which may take Config.stop_within. Then no new connection and no new stream is
        taken, each command at hand is answered, every stream ends. Where that takes longer
        than Config.stop_within again, what is left is broken, and TimeoutError raised.
        """
        await self._lifecycle.drain()
        self._host.stop()
        ending = asyncio.create_task(self._grpc.stop(grace=_LONG))
        ended, _ = await asyncio.wait([ending], timeout=self._within.total_seconds())
        if not ended:
            await self._grpc.stop(grace=None)
            await ending
            raise TimeoutError(f"stopped with commands still being handled after {self._within}")
