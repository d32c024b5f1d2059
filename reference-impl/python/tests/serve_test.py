"""A server: what becomes of a connection whose proxy is lost."""

import asyncio

import pytest

import sdk
from cart.__main__ import config
from sdk import rpc, serve
from sdktest import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"  # a frame of type 4 that sets nothing
PING = 6


async def test_a_proxy_that_is_lost_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    # It answers no ping. Only the times are shorter than outside of a test.
    shorter = {"grpc.keepalive_time_ms": 20, "grpc.http2.ping_timeout_ms": 20}
    assert shorter.keys() <= dict(rpc.OPTIONS).keys()
    monkeypatch.setattr(serve, "OPTIONS", [(name, shorter.get(name, value)) for name, value in rpc.OPTIONS])
    server = sdk.Server(sdk.Function(config()))
    port = await server.start("127.0.0.1:0")
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PREFACE + SETTINGS)
        async with asyncio.timeout(PATIENCE):
            said = await reader.read()  # up to the function's end of the connection
        writer.close()
    finally:
        await server.stop()
    assert PING in kinds_of_frames(said)


def kinds_of_frames(raw: bytes) -> list[int]:
    kinds = []
    while raw:
        kinds.append(raw[3])
        raw = raw[9 + int.from_bytes(raw[:3], "big") :]
    return kinds
