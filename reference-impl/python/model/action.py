"""The model actions of profile action."""

from collections.abc import AsyncIterator, Iterable, Iterator

from stateward.tck.action.v1 import action_pb2
from stateward.tck.action.v1.action_pb2 import (
    ActionTwoServiceCallRequest,
    ProcessRequest,
    ProcessResponse,
    ProcessStep,
)

import sdk
from sdk.action import Action, Context, Responses

_SERVICES = action_pb2.DESCRIPTOR.services_by_name
_TWO = _SERVICES["ActionTwoService"]

model = Action(_SERVICES["ActionTckModelService"])
two = Action(_TWO)
ACTIONS = (model, two)
"""The two of the profile."""


@model.unary("ProcessUnary")
def process_unary(ctx: Context, request: ProcessRequest) -> ProcessResponse | None:
    """Answer with one response, of all steps."""
    return _perform(ctx, _steps(request))


@model.streamed_in("ProcessStreamedIn")
async def process_streamed_in(
    ctx: Context, requests: AsyncIterator[ProcessRequest]
) -> ProcessResponse | None:
    """Answer with one response, of all steps of all requests."""
    return _perform(ctx, [step async for request in requests for step in _steps(request)])


@model.streamed_out("ProcessStreamedOut")
async def process_streamed_out(ctx: Context, request: ProcessRequest) -> Responses[ProcessResponse]:
    """Answer each group. A failure ends no call: the groups behind it are answered too."""
    for answer in _answers(ctx, request):
        yield answer


@model.streamed("ProcessStreamed")
async def process_streamed(
    ctx: Context, requests: AsyncIterator[ProcessRequest]
) -> Responses[ProcessResponse]:
    """Answer each group of each request, before the next is read."""
    async for request in requests:
        for answer in _answers(ctx, request):
            yield answer


@two.unary("Call")
def call(_ctx: Context, _request: ActionTwoServiceCallRequest) -> ProcessResponse:
    """Answer with an empty message."""
    return ProcessResponse()


def _answers(ctx: Context, request: ProcessRequest) -> Iterator[ProcessResponse | sdk.Error | None]:
    for group in request.groups:
        try:
            yield _perform(ctx, group.steps)
        except sdk.Error as error:
            yield error


def _perform(ctx: Context, steps: Iterable[ProcessStep]) -> ProcessResponse | None:
    """Perform the steps of one response: the last reply, forward or fail counts, and every effect."""
    last = ProcessStep()
    for step in steps:
        match step.WhichOneof("step"):
            case "effect":
                ctx.effect(_call_two(step.effect.id), synchronous=step.effect.synchronous)
            case "reply" | "forward" | "fail":
                last = step
            case _:
                raise sdk.Error(sdk.Code.INVALID_ARGUMENT, "a step without a case that is known here")
    match last.WhichOneof("step"):
        case "reply":
            return ProcessResponse(message=last.reply.message)
        case "forward":
            ctx.forward(_call_two(last.forward.id))
        case "fail":
            raise sdk.Error(sdk.Code.UNKNOWN, last.fail.message)
    return None


def _steps(request: ProcessRequest) -> Iterator[ProcessStep]:
    """Yield the steps of all groups, in their order."""
    for group in request.groups:
        yield from group.steps


def _call_two(call_id: str) -> sdk.Call:
    """Return the target of every forward and effect."""
    return sdk.Call(_TWO.full_name, "Call", ActionTwoServiceCallRequest(id=call_id))
