"""The programs: arguments, addresses, signals, and the health check."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sdk.program import address_of, remove_stale
from sdktest import PATIENCE

HERE = Path(__file__).parents[1]
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{HERE}:{HERE / 'gen'}"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cart", *arguments],
        env=BARE | environment,
        capture_output=True,
        text=True,
        timeout=6 * PATIENCE,
        check=False,
    )


@contextmanager
def serving(**environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the cart, and give the address at which it says that it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cart"], env=BARE | environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"listening at (\S+)$", said)
        assert found, said
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str], number: int) -> int:
    process.send_signal(number)
    return process.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order(number: int) -> None:
    with serving(PORT="0") as (process, address):
        port = address.rpartition(":")[2]
        assert run("healthcheck", PORT=port).returncode == 0
        assert run("healthcheck", PORT=port, HOST="0.0.0.0").returncode == 0
        assert stopped(process, number) == 0
        assert process.stderr is not None
        assert "stopped" in process.stderr.read()
        gone = run("healthcheck", PORT=port)
        assert gone.returncode == 1
        assert port in gone.stderr


@pytest.mark.parametrize("variable", ["SOCKET", "HOST"])
def test_a_socket(variable: str, tmp_path: Path) -> None:
    # DISC-LISTEN-003.
    path = tmp_path / "function.sock"
    environment = {variable: str(path) if variable == "SOCKET" else f"unix:{path}"}
    with serving(**environment) as (process, address):
        assert address == f"unix:{path}"
        assert run("healthcheck", **environment).returncode == 0
        taken = run(**environment)
        assert taken.returncode == 1
        assert "another process listens" in taken.stderr
        process.kill()
        process.wait(PATIENCE)
    with serving(**environment) as (process, _):  # what a killed process left is in nobody's way
        assert stopped(process, signal.SIGTERM) == 0


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run(PORT=port)
    assert ended.returncode == 1
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr


def test_arguments() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for variable in ("HOST", "PORT", "SOCKET", "DIALECT", "healthcheck"):
        assert variable in shown.stdout
    assert re.match(
        r"stateward-python-cart \S+ \(python3\.\S+\), stateward-python \S+$", run("--version").stdout
    )
    for wrong in ("serve", "--port"):
        refused = run(wrong)
        assert refused.returncode == 2
        assert wrong in refused.stderr


def test_a_dialect_that_it_does_not_speak() -> None:
    ended = run(DIALECT="v2", PORT="0")
    assert ended.returncode == 1
    assert "'v2'" in ended.stderr


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "127.0.0.1:8080"),  # DISC-LISTEN-001
        ({"HOST": "", "PORT": "", "SOCKET": ""}, "127.0.0.1:8080"),
        ({"HOST": "0.0.0.0", "PORT": "0"}, "0.0.0.0:0"),
        ({"HOST": "::1", "PORT": "1"}, "[::1]:1"),
        ({"HOST": "unix:/a", "PORT": "1"}, "unix:/a"),
        ({"HOST": "unix:/a", "SOCKET": "/b"}, "unix:/b"),
    ],
)
def test_address(environment: dict[str, str], address: str) -> None:
    assert address_of(environment) == address


def test_a_file_that_is_no_socket_stays(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(FileExistsError, match="it stays"):
        remove_stale(f"unix:{path}")
    assert path.read_text() == "data"
    remove_stale(f"unix:{tmp_path / 'missing'}")
    remove_stale("127.0.0.1:8080")
