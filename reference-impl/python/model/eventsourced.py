"""The model entities of profile event-sourced."""

from datetime import timedelta

from stateward.tck.eventsourced.v1 import eventsourced_pb2
from stateward.tck.eventsourced.v1.eventsourced_pb2 import (
    Effect,
    Emit,
    Persisted,
    ProcessRequest,
    ProcessResponse,
    RequestAction,
)

import sdk
from sdk.eventsourced import Context, Entity

_SERVICES = eventsourced_pb2.DESCRIPTOR.services_by_name
_TWO = _SERVICES["EventSourcedTwoService"]


class Model:
    """The state of EventSourcedTckModelService: every value that was emitted, joined."""

    value = ""


model = Entity(_SERVICES["EventSourcedTckModelService"], "event-sourced-tck-model", lambda _: Model())
two = Entity(_TWO, "event-sourced-tck-model-two", lambda _: Model())
configured = Entity(
    _SERVICES["EventSourcedConfiguredService"],
    "event-sourced-configured",
    lambda _: Model(),
    passivate_after=timedelta(milliseconds=100),
)
ENTITIES = (model, two, configured)
"""The three of the profile."""


@model.event
def persisted(state: Model, event: Persisted) -> None:
    """Append the value."""
    state.value += event.value


@model.snapshot(every=5)
def save(state: Model) -> Persisted:
    """Return the whole state."""
    return Persisted(value=state.value)


@model.restore
def restore(state: Model, saved: Persisted) -> None:
    """Bring a new state to what was saved."""
    state.value = saved.value


@model.command("Process")
def process(ctx: Context, state: Model, request: ProcessRequest) -> ProcessResponse:
    """Perform the actions in order, then answer with the state. A failure ends it."""
    for action in request.actions:
        _act(ctx, action)
    return ProcessResponse(message=state.value)


def _act(ctx: Context, action: RequestAction) -> None:
    match action.WhichOneof("action"):
        case "emit":
            _emit(ctx, action.emit)
        case "forward":
            ctx.forward(_call_two(action.forward.id))
        case "effect":
            _effect(ctx, action.effect)
        case "delete":
            ctx.delete(timedelta(milliseconds=action.delete.retention))
        case "fail":
            raise sdk.Error(sdk.Code.UNKNOWN, action.fail.message)
        case _:
            raise sdk.Error(sdk.Code.INVALID_ARGUMENT, "an action without a case that is known here")


def _emit(ctx: Context, emit: Emit) -> None:
    """Emit an event, with metadata where that is asked."""
    metadata = sdk.Metadata({"x-tck": emit.metadata}) if emit.metadata else None
    ctx.emit(Persisted(value=emit.value), metadata)


def _effect(ctx: Context, effect: Effect) -> None:
    """Ask for a side effect, a durable one where that is asked."""
    ask = ctx.durable_effect if effect.durable else ctx.effect
    ask(_call_two(effect.id), synchronous=effect.synchronous)


def _call_two(entity_id: str) -> sdk.Call:
    """Return the target of every forward and effect."""
    return sdk.Call(_TWO.full_name, "Call", ProcessRequest(id=entity_id))


@two.command("Call")
@configured.command("Call")
def call(_ctx: Context, _state: Model, _request: ProcessRequest) -> ProcessResponse:
    """Answer with an empty message."""
    return ProcessResponse()
