"""Serves the kit's model entities with the library that begins here."""

import asyncio
import hashlib
import os
import platform
import signal
import sys
import uuid

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from stateward.discovery.v1 import discovery_pb2 as discovery
from stateward.discovery.v1.discovery_pb2_grpc import (
    DiscoveryServiceServicer,
    add_DiscoveryServiceServicer_to_server,
)
from stateward.entity.v1.entity_pb2 import Failure
from stateward.eventsourced.v1 import eventsourced_pb2 as eventsourced
from stateward.eventsourced.v1.eventsourced_pb2_grpc import (
    EventSourcedServiceServicer,
    add_EventSourcedServiceServicer_to_server,
)
from stateward.tck.eventsourced.v1 import eventsourced_pb2 as model

# What one message may hold: payloads of 4 MiB (CORE-LIMIT-001), and room for what
# surrounds them.
MAX_MESSAGE = 5 << 20


class EventSourced(EventSourcedServiceServicer):
    """Every event sourced entity that discovery names; a stream is one activation of one."""

    async def Handle(self, requests, context):
        """Where the library begins: init, events and commands come in, and each command
        is answered. See protocol/spec/event-sourced.md, and begin with what
        `tck function` says first."""
        async for _ in requests:
            yield eventsourced.HandleResponse(failure=Failure(description="not written yet"))
            return


class Discovery(DiscoveryServiceServicer):
    def __init__(self):
        self.answer = describe()

    async def Discover(self, request, context):
        return self.answer  # the same, whoever asks (DISC-CALL-005)

    async def ReportError(self, request, context):
        print("the proxy reports:", request, file=sys.stderr)  # where the author looks
        return discovery.ReportErrorResponse()


def describe() -> discovery.DiscoverResponse:
    proto = files(model.DESCRIPTOR).SerializeToString()
    return discovery.DiscoverResponse(
        proto=proto,
        entities=[
            entity("EventSourcedTckModelService", "event-sourced-tck-model"),
            entity("EventSourcedTwoService", "event-sourced-tck-model-two"),
            entity("EventSourcedConfiguredService", "event-sourced-configured", passivate_after=100),
        ],
        service_info=discovery.ServiceInfo(
            service_name="model",
            service_version="0.0.0",
            service_runtime=f"Python {platform.python_version()}",
            support_library_name="library",
            support_library_version="0.0.0",
            protocol_major_version=1,
            incarnation_id=str(uuid.uuid4()),  # another one after every start
            schema_fingerprint=hashlib.sha256(proto).hexdigest(),
        ),
    )


def entity(service: str, persistence_id: str, passivate_after: int = 0) -> discovery.Entity:
    """One that is served; 0 ms leave its passivation to the proxy."""
    described = discovery.Entity(
        entity_type=eventsourced.DESCRIPTOR.services_by_name["EventSourcedService"].full_name,
        service_name=model.DESCRIPTOR.services_by_name[service].full_name,
        persistence_id=persistence_id,
    )
    if passivate_after:
        described.passivation_strategy.timeout.timeout = passivate_after
    return described


def files(file) -> FileDescriptorSet:
    """The file and all that it imports, imports first, each once (DISC-DESC-001)."""
    found = FileDescriptorSet()
    seen = set()

    def add(one):
        if one.name in seen:
            return
        seen.add(one.name)
        for imported in one.dependencies:
            add(imported)
        one.CopyToProto(found.file.add())

    add(file)
    return found


async def main() -> None:
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", MAX_MESSAGE)])
    add_DiscoveryServiceServicer_to_server(Discovery(), server)
    add_EventSourcedServiceServicer_to_server(EventSourced(), server)
    server.add_insecure_port(f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8080')}")
    await server.start()
    stopped = asyncio.Event()
    for told in signal.SIGINT, signal.SIGTERM:
        asyncio.get_running_loop().add_signal_handler(told, stopped.set)
    await stopped.wait()
    await server.stop(grace=None)


if __name__ == "__main__":
    asyncio.run(main())
