"""Serves many entities of one kind on one gRPC stream (protocol/spec/multiplexed-stream.md).

Each of them, named by its handle, sees a stream of its own: what serves a kind on plain
streams serves it here unchanged.

One task reads the frames and waits for nobody; one for each handle runs the kind; one, that
of the gRPC method, writes. All that waits is bounded: by the window what was read of a handle,
by one message what it has to send, and by the number of handles the rest.

Read on in this order: credit.py, session.py, handle.py, outbox.py, service.py.
"""

from sdk.multiplex.service import SERVICE, serve

__all__ = ["SERVICE", "serve"]
