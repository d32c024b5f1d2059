"""Serves actions: services without state, whose methods may stream their requests, their responses, or both.

A method has one handler, decorated by the name of its shape: `unary`, `streamed_in`,
`streamed_out` or `streamed`. Requests that stream are iterated over; responses that stream
are yielded.

    quotes = action.Action(service)

    @quotes.streamed("Watch")
    async def watch(
        ctx: action.Context, requests: AsyncIterator[WatchRequest]
    ) -> action.Responses[WatchResponse]:
        async for request in requests:
            yield WatchResponse(symbol=request.symbol, price=await price(request.symbol))

What a handler asks its `Context` for, a forward, side effects or metadata, goes with its next
response, and with no other (ACT-ANSWER-002). A handler that asks for side effects alone answers
None: the response then has no case (ACT-ANSWER-009), which is no mistake where responses stream.

A call ends with its handler, whether or not the caller has half-closed. An `sdk.Error` that is
raised refuses the call, as its last response; one that is yielded refuses it too, and lets the
handler go on (ACT-FAIL-005). The handler is cancelled, as asyncio cancels, when the caller
cancels or its deadline passes. Each call has a handler of its own, and waits for no other.

Read on in this order: action.py, context.py, call.py, service.py.
"""

from sdk.action.action import Action, Responses
from sdk.action.context import Context

__all__ = ["Action", "Context", "Responses"]
