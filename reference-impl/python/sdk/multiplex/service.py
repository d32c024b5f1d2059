"""The service of multiplexed streams."""

from collections.abc import Mapping

from google.protobuf.descriptor import ServiceDescriptor
from stateward.multiplex.v1 import multiplex_pb2

from sdk.stream import Handler, Host

SERVICE = multiplex_pb2.DESCRIPTOR.services_by_name["MultiplexService"]


def serve(host: Host, kinds: Mapping[ServiceDescriptor, Handler]) -> Mapping[str, Handler]:  # noqa: ARG001 - comes next
    """Return what serves stateward.multiplex.v1.MultiplexService, for these kinds."""
    return {}
