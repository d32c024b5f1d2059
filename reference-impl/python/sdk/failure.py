"""Failures: what the domain refuses, and how that reaches the caller."""

from collections.abc import Iterable

import grpc
from stateward.entity.v1 import entity_pb2

Code = grpc.StatusCode
"""The codes of gRPC, such as ``Code.NOT_FOUND``."""


class Error(Exception):
    """A refusal by the domain.

    The caller of the command gets its code as the gRPC status, and its description,
    unchanged, as the message. A handler that raises it refuses the command, and the
    entity lives on. So does a `TimeoutError`, as DEADLINE_EXCEEDED, and what a call by
    grpc.aio ends with. Any other exception is a mistake in the handler.
    """

    def __init__(self, code: Code, description: str) -> None:
        super().__init__(code, description)
        self.code = code if code is not Code.OK else Code.UNKNOWN
        self.description = description

    def __str__(self) -> str:
        return self.description


class MistakesError(ValueError):
    """Every mistake that an author has made in the definition of a function."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def refused_by(error: Exception) -> Error | None:
    """Return the refusal that the exception is; None where it is a mistake.

    It is an Error, a status of gRPC's own, or a TimeoutError.
    """
    match error:
        case Error():
            return error
        case grpc.aio.AioRpcError():
            return Error(error.code(), error.details() or "")
        case TimeoutError():
            return Error(Code.DEADLINE_EXCEEDED, str(error) or "out of time")
        case _:
            return None


def failure(command_id: int, error: Error) -> entity_pb2.Failure:
    """Return the refusal as the protocol's failure of the command with this id.

    An id of 0 stands for the stream as a whole. Where the command was given up because
    of its ``cancel`` the code is CANCELLED (CORE-CANCEL-003).
    """
    return entity_pb2.Failure(
        command_id=command_id, description=text(error.description), code=error.code.value[0]
    )


def refuse(command: entity_pb2.Command, error: Error) -> entity_pb2.ClientAction:
    """Return the client action that refuses the command."""
    return entity_pb2.ClientAction(failure=failure(command.id, error))


def text(said: str) -> str:
    """Return the text as protobuf carries it: without lone surrogates."""
    return said.encode("utf-8", "replace").decode("utf-8")
