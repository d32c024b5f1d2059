"""How a function is called in the dialect of Cloudstate 0.2 (protocol/spec/cloudstate-0.2.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from stateward.discovery.v1.discovery_pb2 import DiscoverResponse

from sdk.definition import Definition
from sdk.discovery import descriptors

DIALECT_V1 = "v1"
"""The dialect of version 1, as a proxy's --dialect names it."""
DIALECT_CLOUDSTATE = "cloudstate-0.2"
"""The dialect of Cloudstate 0.2."""


@dataclass(frozen=True)
class Cloudstate:
    """Makes a function speak the dialect of Cloudstate 0.2 beside version 1.

    Both have the same bytes and other names: entities and handlers are written once, with the
    types of version 1. Where the author's own protos have one name in both, as they do unless
    somebody renamed them, ``Cloudstate()`` is all that is needed; the entity keys then have
    both options, stateward.annotations.v1.entity_key and cloudstate.entity_key.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    """The full name in 0.2 of each of the author's services and messages that is called otherwise
    there. Several messages may have one name: it then stands in responses alone, for nothing says
    which one is meant by it."""
    files: Sequence[FileDescriptor] = ()
    """They declare the services that `names` has in 0.2."""

    def service(self, own: ServiceDescriptor) -> ServiceDescriptor | None:
        """Return the service as 0.2 calls it; None where no file declares it."""
        name = self.names.get(own.full_name)
        if name is None:
            return own
        found = (file.services_by_name.get(name.rpartition(".")[2]) for file in self.files)
        return next((service for service in found if service is not None and service.full_name == name), None)

    def mistakes(self, entities: Iterable[Definition]) -> list[str]:
        """Return every mistake."""
        missing = [entity.service.full_name for entity in entities if self.service(entity.service) is None]
        return [f"{name}: no file of Cloudstate declares {self.names[name]}" for name in missing]

    def describe(self, v1: DiscoverResponse, entities: Iterable[Definition]) -> DiscoverResponse:
        """Return the answer to the discover of 0.2, as the dialect is still to rename it.

        It is that of version 1, with the descriptors of the services as they are called there.
        """
        answer = DiscoverResponse()
        answer.CopyFrom(v1)
        answer.service_info.protocol_major_version, answer.service_info.protocol_minor_version = 0, 2
        services = (self.service(entity.service) for entity in entities)
        answer.proto = descriptors(service.file for service in services if service is not None)
        return answer
