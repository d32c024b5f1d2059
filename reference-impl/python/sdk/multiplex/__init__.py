"""Serves many entities of one kind on one gRPC stream (protocol/spec/multiplexed-stream.md)."""

from sdk.multiplex.service import SERVICE, serve

__all__ = ["SERVICE", "serve"]
