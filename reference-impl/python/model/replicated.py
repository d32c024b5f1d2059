"""The model entities of profile replicated."""

from datetime import timedelta

from stateward.tck.replicated.v1 import replicated_pb2
from stateward.tck.replicated.v1.replicated_pb2 import (
    ProcessRequest,
    ProcessResponse,
    ProcessStreamedRequest,
    ProcessStreamedResponse,
    Update,
)

import sdk
from model.replicated_state import state_of
from model.replicated_type import names_type, no_type, value_of
from model.replicated_update import update_value
from sdk.replicated import Context, Entity, News
from sdk.replicated.crdt import Flag, Value

_SERVICES = replicated_pb2.DESCRIPTOR.services_by_name
_TWO = _SERVICES["ReplicatedTwoService"]

model = Entity(_SERVICES["ReplicatedTckModelService"], "replicated-tck-model", value_of)
# These two change nothing, and so never give themselves a type.
two = Entity(_TWO, "replicated-tck-model-two", lambda _: Flag())
configured = Entity(
    _SERVICES["ReplicatedConfiguredService"],
    "replicated-configured",
    lambda _: Flag(),
    passivate_after=timedelta(milliseconds=100),
)

ENTITIES = (model, two, configured)
"""The three of the profile."""


@model.command("Process")
def process(ctx: Context, value: Value, request: ProcessRequest) -> ProcessResponse:
    """Do the actions in order, then answer with the value; a failure ends it."""
    _check_id(ctx)
    for action in request.actions:
        match action.WhichOneof("action"):
            case "update":
                _change(ctx, value, action.update)
            case "delete":
                ctx.delete()
            case "forward":
                ctx.forward(_call_two(action.forward.id))
            case "effect":
                ctx.effect(_call_two(action.effect.id), synchronous=action.effect.synchronous)
            case "fail":
                raise sdk.Error(sdk.Code.UNKNOWN, action.fail.message)
            case _:
                raise sdk.Error(sdk.Code.INVALID_ARGUMENT, "an action without a case that is known here")
    return ProcessResponse(state=state_of(value))


@model.command("ProcessStreamed")
def process_streamed(
    ctx: Context, value: Value, request: ProcessStreamedRequest
) -> ProcessStreamedResponse | None:
    """Do one update, answer with the value, and from then on say what it is whenever it changes."""
    _check_id(ctx)

    def response() -> ProcessStreamedResponse | None:
        return None if request.empty else ProcessStreamedResponse(state=state_of(value))

    def changed(news: News) -> ProcessStreamedResponse | None:
        for effect in request.effects:
            news.effect(_call_two(effect.id), synchronous=effect.synchronous)
        if request.end_state == state_of(value):  # never, where there is none
            news.end()
        return response()

    def cancelled(ctx: Context) -> None:
        if request.HasField("cancel_update"):
            _change(ctx, value, request.cancel_update)

    if request.HasField("initial_update"):
        _change(ctx, value, request.initial_update)
    ctx.watch(changed, cancelled)
    return response()


@two.command("Call")
@configured.command("Call")
def call(_ctx: Context, _value: Flag, _request: ProcessRequest) -> ProcessResponse:
    """Answer with an empty message."""
    return ProcessResponse()


def _check_id(ctx: Context) -> None:
    """Raise an Error where the entity's id names no type."""
    if not names_type(ctx.entity_id):
        raise no_type()


def _change(ctx: Context, value: Value, update: Update) -> None:
    """Do the update, at its write consistency."""
    ctx.write_consistency = update.write_consistency
    update_value(value, update)


def _call_two(entity_id: str) -> sdk.Call:
    """Return the target of every forward and effect."""
    return sdk.Call(_TWO.full_name, "Call", ProcessRequest(id=entity_id))
