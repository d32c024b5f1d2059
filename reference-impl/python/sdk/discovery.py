"""Discovery: what a function says of itself, and what a proxy reports of it."""

import hashlib
import logging
import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import DiscoverRequest, DiscoverResponse, ReportErrorRequest

from sdk.capability import CAPABILITIES
from sdk.definition import Definition
from sdk.stream import Handler, Stream
from sdk.version import NAME, VERSION

SERVICE = discovery_pb2.DESCRIPTOR.services_by_name["DiscoveryService"]

# The version of the protocol that this library speaks.
_MAJOR, _MINOR = 1, 0


def describe(name: str, version: str, incarnation: str, entities: Sequence[Definition]) -> DiscoverResponse:
    """Return the one answer that the function gives to every Discover (DISC-CALL-001).

    The incarnation names this process (DISC-INC-004).
    """
    proto = descriptors(file for entity in entities for file in (entity.service.file, *entity.stored))
    return DiscoverResponse(
        proto=proto,
        entities=[entity.describe() for entity in entities],
        service_info=discovery_pb2.ServiceInfo(
            service_name=name,
            service_version=version,
            service_runtime=f"python{platform.python_version()}",
            support_library_name=NAME,
            support_library_version=VERSION,
            protocol_major_version=_MAJOR,
            protocol_minor_version=_MINOR,
            capabilities=CAPABILITIES,
            incarnation_id=incarnation,
            schema_fingerprint=hashlib.sha256(proto).hexdigest(),
        ),
    )


def descriptors(files: Iterable[FileDescriptor]) -> bytes:
    """Return a serialized set of the files, their imports first, each once (DISC-DESC-001).

    They have no source positions: the generated code has none.
    """
    found: dict[str, FileDescriptor] = {}

    def add(file: FileDescriptor) -> None:
        if file.name not in found:
            for imported in file.dependencies:
                add(imported)
            found[file.name] = file

    for file in files:
        add(file)
    descriptor_set = FileDescriptorSet()
    for file in found.values():
        file.CopyToProto(descriptor_set.file.add())
    return descriptor_set.SerializeToString(deterministic=True)


def serve(spec: DiscoverResponse, log: logging.Logger) -> Mapping[str, Handler]:
    """Return what serves stateward.discovery.v1.DiscoveryService."""

    async def discover(stream: Stream[DiscoverRequest, DiscoverResponse]) -> None:
        """Give the same answer whatever the proxy says of itself (DISC-CALL-005).

        What the proxy cannot call is logged: it will refuse it.
        """
        request = await stream.read() or DiscoverRequest()
        stream.connection.announce(request)
        log.info(
            "discovered by %s %s, which speaks %d.%d, instance %r",
            request.proxy_name,
            request.proxy_version,
            request.protocol_major_version,
            request.protocol_minor_version,
            request.instance_id,
        )
        for entity in spec.entities:
            if entity.entity_type not in request.supported_entity_types:
                log.warning(
                    "%s: the proxy does not support %s (DISC-ENT-001)",
                    entity.service_name,
                    entity.entity_type,
                )
        await stream.write(spec)

    async def report_error(stream: Stream[ReportErrorRequest, discovery_pb2.ReportErrorResponse]) -> None:
        """Write what the proxy found wrong into the function's own log.

        Its author looks there first (DISC-REPORT-001); it is as loud as it was meant
        (DISC-REPORT-005).
        """
        report = await stream.read() or ReportErrorRequest()
        warns = report.severity == discovery_pb2.SEVERITY_WARNING
        log.log(logging.WARNING if warns else logging.ERROR, "the proxy reports: %s", _told(report))
        await stream.write(discovery_pb2.ReportErrorResponse())

    return {"Discover": discover, "ReportError": report_error}


def _told(report: ReportErrorRequest) -> str:
    """Return a report as one line."""
    about: dict[str, Any] = {
        "code": report.code,
        "service": report.service_name,
        "entity": report.entity_id,
        "command": report.command_id,
        "at": [f"{at.file}:{at.line}:{at.column} {at.symbol}" for at in report.source_locations],
        "detail": report.detail,
    }
    return " ".join([report.message, *(f"{key}={value!r}" for key, value in about.items() if value)])
