"""What the author of an action writes."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from inspect import isasyncgenfunction
from typing import Any, TypeVar

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from sdk.action.context import Context
from sdk.action.service import KIND
from sdk.definition import Definition
from sdk.failure import Error

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Answer = TypeVar("Answer", bound=Message | Coroutine[Any, Any, Message | None] | None)

Responses = AsyncIterator[Response | Error | None]
"""What a handler yields that streams its responses: each a response, a refusal that does not
end the handler, or None where there are side effects alone."""

_Unary = Callable[[Context, Request], Answer]
_StreamedIn = Callable[[Context, AsyncIterator[Request]], Answer]
_StreamedOut = Callable[[Context, Request], Responses[Response]]
_Streamed = Callable[[Context, AsyncIterator[Request]], Responses[Response]]


@dataclass(frozen=True)
class Method:
    """A method, and its handler, which is called with a request or an iterator of requests."""

    method: MethodDescriptor
    handle: Callable[[Context, Any], Any]


class Action(Definition):
    """The definition of one action."""

    kind = KIND

    def __init__(self, service: ServiceDescriptor) -> None:
        """Begin the definition: the user's service."""
        super().__init__(service)
        self.methods: dict[str, Method] = {}

    def unary(self, name: str) -> Callable[[_Unary[Request, Answer]], _Unary[Request, Answer]]:
        """Decorate what a method does that takes one request and gives one response.

        None is a response without a case: it is for a handler that asks for side effects
        alone, and its caller gets INTERNAL (ACT-ANSWER-004).
        """
        return self._decorate(name, "unary")

    def streamed_in(
        self, name: str
    ) -> Callable[[_StreamedIn[Request, Answer]], _StreamedIn[Request, Answer]]:
        """Decorate what a method does that takes a stream of requests and gives one response.

        The handler need not read them all.
        """
        return self._decorate(name, "streamed in")

    def streamed_out(
        self, name: str
    ) -> Callable[[_StreamedOut[Request, Response]], _StreamedOut[Request, Response]]:
        """Decorate what a method does that takes one request and gives a stream of responses."""
        return self._decorate(name, "streamed out")

    def streamed(self, name: str) -> Callable[[_Streamed[Request, Response]], _Streamed[Request, Response]]:
        """Decorate what a method does that takes a stream of requests and gives a stream of responses."""
        return self._decorate(name, "streamed")

    def _decorate(self, name: str, shape: str) -> Callable[[Any], Any]:
        def decorate(handle: Callable[[Context, Any], Any]) -> Callable[[Context, Any], Any]:
            if (method := self.handles(name, handle)) is not None:
                if shape_of(method) != shape:
                    self.complain(f"{name} is {shape_of(method)}, not {shape}")
                elif isasyncgenfunction(handle) != method.server_streaming:
                    self.complain(f"{name}: what yields responses is an async generator, and nothing else is")
                self.methods[name] = Method(method, handle)
            return handle

        return decorate

    def _check(self) -> list[str]:
        return []


def shape_of(method: MethodDescriptor) -> str:
    """Return what of a method streams, in the words of the specification."""
    if method.client_streaming:
        return "streamed" if method.server_streaming else "streamed in"
    return "streamed out" if method.server_streaming else "unary"
