"""The service of multiplexed streams."""

import asyncio
from collections.abc import Mapping

from google.protobuf.descriptor import ServiceDescriptor
from stateward.multiplex.v1 import multiplex_pb2
from stateward.multiplex.v1.multiplex_pb2 import HandleRequest, HandleResponse

from sdk.failure import Code, Error
from sdk.multiplex.session import Session
from sdk.stream import Handler, Host, Stream

SERVICE = multiplex_pb2.DESCRIPTOR.services_by_name["MultiplexService"]
_Stream = Stream[HandleRequest, HandleResponse]


def serve(host: Host, kinds: Mapping[ServiceDescriptor, Handler]) -> Mapping[str, Handler]:
    """Return what serves stateward.multiplex.v1.MultiplexService, for these stateful kinds (MUX-USE-004)."""

    async def handle(stream: _Stream) -> None:
        """Serve one multiplexed stream. It writes; the frames are read beside it."""
        session = Session(kinds, stream.connection, host.log)
        reader = asyncio.create_task(_read(session, stream))
        reader.add_done_callback(lambda _: session.outbox.news.set())
        host.streams.add(session)
        if host.stopping.is_set():
            session.stop()
        try:
            await _write(session, stream, reader)
        finally:
            host.streams.discard(session)
            reader.cancel()
            await asyncio.wait([reader])
            await session.release()

    return {"Handle": handle}


async def _read(session: Session, stream: _Stream) -> None:
    """Take what the proxy sends, up to its half-close, or to the Error that ends the stream."""
    while (frame := await stream.read()) is not None:
        session.hear(frame)


async def _write(session: Session, stream: _Stream, reader: asyncio.Task[None]) -> None:
    """Send what there is, until the stream ends; an Error is its status."""
    while True:
        await session.outbox.news.wait()
        session.outbox.news.clear()
        if reader.done() and not session.half_closed:
            reader.result()  # or the error that ends the stream
            session.half_close()
        while (frame := session.outbox.next()) is not None:
            await stream.write(frame)
        if session.finished():
            if session.stopping and not session.half_closed:
                raise Error(Code.UNAVAILABLE, "the function is stopping")
            return
