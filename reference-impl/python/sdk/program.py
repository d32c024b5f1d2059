"""Runs a function as a program."""

import argparse
import asyncio
import logging
import os
import platform
import signal
import socket
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from sdk.failure import MistakesError
from sdk.function import Config, Function
from sdk.serve import Server
from sdk.version import COMMIT, NAME, VERSION

_DESCRIPTION = """\
%s is a Stateward user function: it serves entities to a proxy.

Without arguments it serves. With healthcheck it asks one that serves at the same
address how it is, for 2 seconds at most, and ends with 0 where it is well. It reads
its address from the environment:

  HOST     where it listens; default 127.0.0.1; unix:PATH listens on a socket
  PORT     on which port; default 8080; 0 takes a free one and logs it
  SOCKET   path of a unix socket to listen on instead
  DIALECT  the only dialect to serve, v1 or cloudstate-0.2; default: each that it speaks

SIGTERM and SIGINT stop it in order: the commands at hand are answered first. A
second one ends it at once.
"""

# How long a health check may take, in seconds.
_HEALTH_DEADLINE = 2.0


def main(config: Config, arguments: Sequence[str] | None = None) -> int:
    """Run the function as a program, and return the exit code.

    It reads the arguments and the environment (see --help), and serves until SIGTERM or
    SIGINT: 0 after a stop in order, 1 after any other end. Wrong arguments end the process
    with 2.
    """
    parser = argparse.ArgumentParser(
        prog=config.name,
        description=_DESCRIPTION % config.name,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    by = ", ".join(filter(None, [COMMIT, f"python{platform.python_version()}"]))
    built = f"{config.name} {config.version} ({by}), {NAME} {VERSION}"
    parser.add_argument("--version", action="version", version=built)
    parser.add_argument("command", nargs="?", choices=["healthcheck"])
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "healthcheck":
            return _ask_health(address_of(os.environ))
        logging.basicConfig(
            stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
        )
        config = replace(config, dialect=os.environ.get("DIALECT") or config.dialect)
        asyncio.run(run(Function(config), address_of(os.environ)))
    except (MistakesError, OSError, TimeoutError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program says why it ends
        return 1
    return 0


async def run(function: Function, address: str) -> None:
    """Serve at the address until SIGTERM or SIGINT, and stop in order.

    Raises OSError where the address is taken, and TimeoutError where commands took too long
    to end.
    """
    log = function.config.log
    refuse_taken(address)
    stop = asyncio.Event()
    _stop_at_signals(stop)
    server = Server(function)
    port = await server.start(address)
    log.info(
        "listening at %s", address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"
    )
    await stop.wait()
    try:
        await server.stop()
    finally:
        log.info("stopped")


def _stop_at_signals(stop: asyncio.Event) -> None:
    """Set the event at the first signal; the second one ends the process."""
    loop = asyncio.get_running_loop()

    def heed() -> None:
        stop.set()
        for told in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(told)
            signal.signal(told, _end_at_once if os.getpid() == 1 else signal.SIG_DFL)

    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, heed)


def _end_at_once(told: int, _frame: object) -> None:
    """End process 1 of a container: the default action of a signal does not."""
    os._exit(128 + told)


def address_of(environment: Mapping[str, str]) -> str:
    """Return the address that the environment names, as gRPC writes it (DISC-LISTEN-001).

    A variable that is empty counts as one that is not there.
    """
    if path := environment.get("SOCKET"):
        return f"unix:{path}"
    host = environment.get("HOST") or "127.0.0.1"
    if host.startswith("unix:"):  # DISC-LISTEN-003
        return host
    return f"{_bracketed(host)}:{environment.get('PORT') or '8080'}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def refuse_taken(address: str) -> None:
    """Raise OSError where the path of a socket is in use.

    gRPC would take it away from whoever listens there; that of a process that was killed it
    may have.
    """
    path = address.removeprefix("unix:")
    if path == address or not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise FileExistsError(f"{path} is a file, not a socket; it stays")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_HEALTH_DEADLINE)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return
    raise FileExistsError(f"another process listens on {path}")


def _ask_health(address: str) -> int:
    """Ask the function at the address how it is; 0 where commands may be sent.

    Raises OSError where the address does not say which port that is.
    """
    if not address.startswith("unix:") and address.endswith(":0"):
        raise OSError(f"{address}: behind port 0 is whichever was free; PORT has to say which")
    for wildcard, loopback in (("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")):
        if address.startswith(wildcard):
            address = loopback + address.removeprefix(wildcard)
    # No proxy of the environment is asked, as gRPC would do for the loopback too.
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        try:
            status = check(HealthCheckRequest(), timeout=_HEALTH_DEADLINE).status
        except grpc.RpcError as error:
            print(f"{address}: {error.details()}", file=sys.stderr)  # noqa: T201 - a program says why it ends
            return 1
    if status != HealthCheckResponse.SERVING:
        print(f"{address}: not serving", file=sys.stderr)  # noqa: T201 - a program says why it ends
        return 1
    return 0
