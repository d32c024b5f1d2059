"""The action of README.md."""

from collections.abc import AsyncIterator

from stateward.samples.temperature.v1 import temperature_pb2
from stateward.samples.temperature.v1.temperature_pb2 import (
    AverageRequest,
    AverageResponse,
    ConvertRequest,
    ConvertResponse,
    TabulateRequest,
    TabulateResponse,
    WatchRequest,
    WatchResponse,
)

from sdk import action

temperature = action.Action(temperature_pb2.DESCRIPTOR.services_by_name["TemperatureService"])


def record(request: WatchRequest) -> WatchResponse:
    return WatchResponse(temperature=request.temperature)


@temperature.streamed("Watch")
async def watch(
    ctx: action.Context, requests: AsyncIterator[WatchRequest]
) -> action.Responses[WatchResponse]:
    async for request in requests:
        yield record(request)


@temperature.unary("Convert")
def convert(ctx: action.Context, request: ConvertRequest) -> ConvertResponse:
    return ConvertResponse()


@temperature.streamed_in("Average")
async def average(ctx: action.Context, requests: AsyncIterator[AverageRequest]) -> AverageResponse:
    return AverageResponse(count=len([request async for request in requests]))


@temperature.streamed_out("Tabulate")
async def tabulate(ctx: action.Context, request: TabulateRequest) -> action.Responses[TabulateResponse]:
    yield TabulateResponse()
