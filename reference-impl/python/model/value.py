"""The model entities of profile value."""

from datetime import timedelta

from stateward.tck.value.v1 import value_pb2
from stateward.tck.value.v1.value_pb2 import Persisted, ProcessRequest, ProcessResponse

import sdk
from sdk.value import Context, Entity

_SERVICES = value_pb2.DESCRIPTOR.services_by_name
_TWO = _SERVICES["ValueEntityTwoService"]

model = Entity(_SERVICES["ValueEntityTckModelService"], "value-entity-tck-model", Persisted)
two = Entity(_TWO, "value-entity-tck-model-two", Persisted)
configured = Entity(
    _SERVICES["ValueEntityConfiguredService"],
    "value-entity-configured",
    Persisted,
    passivate_after=timedelta(milliseconds=100),
)
ENTITIES = (model, two, configured)
"""The three of the profile."""


@model.command("Process")
def process(ctx: Context[Persisted], request: ProcessRequest) -> ProcessResponse:
    """Perform the actions in order, then answer with the value. A failure ends it."""
    for action in request.actions:
        match action.WhichOneof("action"):
            case "update":
                ctx.update(Persisted(value=action.update.value))
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
    current = ctx.current
    return ProcessResponse(message=current.value if current is not None else "")


def _call_two(entity_id: str) -> sdk.Call:
    """Return the target of every forward and effect."""
    return sdk.Call(_TWO.full_name, "Call", ProcessRequest(id=entity_id))


@two.command("Call")
@configured.command("Call")
def call(_ctx: Context[Persisted], _request: ProcessRequest) -> ProcessResponse:
    """Answer with an empty message."""
    return ProcessResponse()
