"""A function as a program: its arguments, its address, its health, and how it ends."""

import asyncio
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from stateward.eventsourced.v1 import eventsourced_pb2
from stateward.lifecycle.v1 import lifecycle_pb2
from stateward.lifecycle.v1.lifecycle_pb2 import WatchRequest, WatchStart
from stateward.samples.cart.v1.cart_pb2 import AddItemRequest, AddItemResponse

import sdk
from cart.__main__ import config
from sdk import program
from sdk.eventsourced import Context
from sdktest import PATIENCE, Wire
from sdktest import eventsourced as says
from tests.eventsourced.tally import CART, Tally, new_tally

EVENT_SOURCED = eventsourced_pb2.DESCRIPTOR.services_by_name["EventSourcedService"]
WATCH = lifecycle_pb2.DESCRIPTOR.services_by_name["LifecycleService"].methods_by_name["Watch"]
HERE = Path(__file__).parents[1]

STARTS_WITHIN = 60.0
"""Bounds the start of a process, in seconds, which loads gRPC on a processor that others use as well."""


@pytest.fixture(autouse=True)
def no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in "HOST", "PORT", "SOCKET", "DIALECT":
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(autouse=True)
def patient_healthcheck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a health check take as long as any wait: a busy machine may take 2 seconds for a call."""
    monkeypatch.setattr(program, "_HEALTH_DEADLINE", PATIENCE)


ARGUMENTS = {
    "help": (["--help"], 0, "SOCKET"),
    "version": (["--version"], 0, f"), stateward-python {sdk.VERSION}\n"),
    "an unknown flag": (["--port=1"], 2, "--port=1"),
    "an unknown command": (["serve"], 2, "serve"),
    "one too many": (["healthcheck", "it"], 2, "it"),
}


@pytest.mark.parametrize(("arguments", "code", "says_"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_arguments(arguments: list[str], code: int, says_: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        sdk.main(config(), arguments)
    assert end.value.code == code
    said = capsys.readouterr()
    assert says_ in (said.err if code else said.out)


def test_version_names_the_commit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "COMMIT", "0123456789ab")
    with pytest.raises(SystemExit):
        sdk.main(config(), ["--version"])
    assert " (0123456789ab, python3" in capsys.readouterr().out


ADDRESSES = {
    "nothing": ({}, "127.0.0.1:8080"),
    "what is empty": ({"HOST": "", "PORT": "", "SOCKET": ""}, "127.0.0.1:8080"),
    "a host": ({"HOST": "0.0.0.0"}, "0.0.0.0:8080"),
    "a port": ({"PORT": "9"}, "127.0.0.1:9"),
    "both": ({"HOST": "::1", "PORT": "0"}, "[::1]:0"),
    "unix, as a host (DISC-LISTEN-003)": ({"HOST": "unix:/run/f", "PORT": "1"}, "unix:/run/f"),
    "a socket, too": ({"HOST": "h", "PORT": "1", "SOCKET": "/run/f"}, "unix:/run/f"),
}


@pytest.mark.parametrize(("environment", "address"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_address(environment: dict[str, str], address: str) -> None:
    # DISC-LISTEN-001
    assert program.address_of(environment) == address


def test_it_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    busy, file = tmp_path / "busy", tmp_path / "file"
    file.touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(busy))
        listener.listen()
        for variable, value, says_ in (
            ("PORT", "seven", "seven"),
            ("SOCKET", str(busy), f"another process listens on {busy}"),
            ("SOCKET", str(file), "not a socket; it stays"),
            ("SOCKET", str(file / "socket"), str(file)),
            ("DIALECT", "morse", "morse"),
        ):
            with monkeypatch.context() as environment:
                environment.setenv("PORT", "0")
                environment.setenv(variable, value)
                assert sdk.main(config(), []) == 1
            assert says_ in capsys.readouterr().err
    assert file.exists()


def test_every_mistake_is_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert sdk.main(sdk.Config(name="", version="1", entities=[]), []) == 1
    said = capsys.readouterr().err
    assert "DISC-INFO-002" in said
    assert "DISC-ENT-003" in said


@asynccontextmanager
async def running(**environment: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run the cart, and return it with its address, once it has logged that."""
    path = os.pathsep.join([str(HERE), str(HERE / "gen")])
    cart = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cart"),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert cart.stderr is not None
        logged = (await asyncio.wait_for(cart.stderr.readline(), STARTS_WITHIN)).decode()
        found = re.search(r"listening at (\S+)", logged)
        assert found, logged
        yield cart, found[1]
    finally:
        if cart.returncode is None:
            cart.kill()
        await cart.wait()


async def healthcheck(address: str, monkeypatch: pytest.MonkeyPatch) -> int:
    if address.startswith("unix:"):
        monkeypatch.setenv("SOCKET", address.removeprefix("unix:"))
    else:
        host, _, port = address.rpartition(":")
        monkeypatch.setenv("HOST", host)
        monkeypatch.setenv("PORT", port)
    return await asyncio.to_thread(sdk.main, config(), ["healthcheck"])


def stale_socket(path: Path) -> str:
    """Leave a socket as a process does that is killed."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    assert path.is_socket()
    return str(path)


@pytest.mark.parametrize(
    ("listens", "told"),
    [
        ("a port", signal.SIGTERM),
        ("a host", signal.SIGINT),
        ("every host", signal.SIGTERM),
        ("a socket", signal.SIGINT),
        ("a stale socket", signal.SIGTERM),
    ],
)
async def test_it_listens_is_well_and_stops(
    listens: str, told: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {
        "a port": {"PORT": "0"},
        "a host": {"HOST": "localhost", "PORT": "0"},
        "every host": {"HOST": "0.0.0.0", "PORT": "0"},
        "a socket": {"SOCKET": str(tmp_path / "socket")},
        "a stale socket": {"SOCKET": str(tmp_path / "stale")},
    }[listens]
    if listens == "a stale socket":
        stale_socket(tmp_path / "stale")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # which is not asked
    async with running(**environment) as (cart, address):
        assert await healthcheck(address, monkeypatch) == 0
        cart.send_signal(told)
        assert cart.stderr is not None
        rest = await asyncio.wait_for(cart.stderr.read(), PATIENCE)
        assert await asyncio.wait_for(cart.wait(), PATIENCE) == 0
        assert rest.decode().endswith("stopped\n")


async def test_a_function_that_is_not_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await healthcheck("127.0.0.1:0", monkeypatch) == 1
    assert "PORT has to say which" in capfd.readouterr().err
    assert await healthcheck(f"unix:{tmp_path / 'nobody'}", monkeypatch) == 1
    assert "nobody" in capfd.readouterr().err
    health = sdk.Health()
    server = sdk.Server(
        sdk.Function(sdk.Config(name="x", version="1", entities=[new_tally()], health=health))
    )
    address = f"unix:{tmp_path / 'socket'}"
    await server.start(address)
    assert await healthcheck(address, monkeypatch) == 0
    health.not_serving("its database has gone")
    assert await healthcheck(address, monkeypatch) == 1
    assert "not serving" in capfd.readouterr().err
    await server.stop()


async def test_a_health_check_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "_HEALTH_DEADLINE", 0.05)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "silent"))
        listener.listen()
        assert await healthcheck(f"unix:{tmp_path / 'silent'}", monkeypatch) == 1
    assert capfd.readouterr().err


@pytest.fixture
def signals() -> Iterator[None]:
    """Give the process its own signals back."""
    before = {told: signal.getsignal(told) for told in (signal.SIGTERM, signal.SIGINT)}
    yield
    for told, handler in before.items():
        signal.signal(told, handler)


async def test_the_command_at_hand_is_answered_first(signals: None, tmp_path: Path) -> None:
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def on_add(ctx: Context, state: Tally) -> AddItemResponse:
        began.set()
        await goes_on.wait()
        return AddItemResponse()

    address = f"unix:{tmp_path / 'socket'}"
    function = sdk.Function(sdk.Config(name="x", version="1", entities=[new_tally(on_add)]))
    async with serving(function, address) as ended, grpc.aio.insecure_channel(address) as channel:

        async def opened(entity_id: str) -> Wire:
            call: Any = channel.stream_stream(f"/{EVENT_SOURCED.full_name}/Handle")(timeout=PATIENCE)
            stream = Wire(call, eventsourced_pb2.HandleResponse)
            await stream.send(says.init(CART.full_name, entity_id))
            return stream

        busy, idle = await opened("e"), await opened("f")
        await busy.send(add(1), add(2))
        await asyncio.wait_for(began.wait(), PATIENCE)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await idle.status() is sdk.Code.UNAVAILABLE  # it is stopping now
        goes_on.set()
        assert (await busy.receive()).reply.command_id == 1
        assert await busy.status() is sdk.Code.UNAVAILABLE
        await asyncio.wait_for(ended, PATIENCE)


async def test_the_second_signal_ends_process_1_as_well(
    signals: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, ended, stop = os.getpid(), list[int](), asyncio.Event()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(os, "_exit", ended.append)
    program._stop_at_signals(stop)
    os.kill(process, signal.SIGTERM)
    await asyncio.wait_for(stop.wait(), PATIENCE)
    assert not ended
    os.kill(process, signal.SIGTERM)
    assert ended == [128 + signal.SIGTERM]


@asynccontextmanager
async def serving(function: sdk.Function, address: str) -> AsyncIterator[asyncio.Task[None]]:
    """Run the function as a program does, in this process; it listens then."""
    log, listening = function.config.log, Listening()
    log.addHandler(listening)
    log.setLevel(logging.INFO)
    ended = asyncio.create_task(program.run(function, address))
    try:
        await asyncio.wait_for(listening.begun.wait(), PATIENCE)
        yield ended
    finally:
        log.removeHandler(listening)
        ended.cancel()


def add(command_id: int) -> eventsourced_pb2.HandleRequest:
    return says.command("e", command_id, "AddItem", AddItemRequest(user_id="e", product_id="tea", quantity=1))


class Listening(logging.Handler):
    """Waits for what the program logs."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("listening"):
            self.begun.set()


async def test_the_second_signal_ends_it_at_once() -> None:
    async with running(PORT="0") as (cart, address), grpc.aio.insecure_channel(address) as channel:
        watch = Wire(
            channel.stream_stream(f"/{WATCH.containing_service.full_name}/Watch")(timeout=PATIENCE),
            lifecycle_pb2.WatchResponse,
        )
        await watch.send(WatchRequest(start=WatchStart()))
        assert (await watch.receive()).HasField("health")
        cart.send_signal(signal.SIGTERM)
        assert (await watch.receive()).HasField("draining")  # and it waits for the proxy to leave
        cart.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(cart.wait(), PATIENCE) == -signal.SIGTERM
