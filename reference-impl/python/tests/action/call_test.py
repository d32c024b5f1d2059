"""Calls of an action, over the wire: what is said, and what answers it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as Payload
from stateward.action.v1 import action_pb2
from stateward.action.v1.action_pb2 import ActionCommand, ActionResponse
from stateward.entity.v1.entity_pb2 import Failure, Metadata, MetadataEntry
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

import sdk
from sdk import Code, Error
from sdk.action import Action, Context, Responses
from sdk.payload import pack
from sdktest import PATIENCE, Proxy, Wire, started

SERVICE = temperature_pb2.DESCRIPTOR.services_by_name["TemperatureService"]
SHAPES = action_pb2.DESCRIPTOR.services_by_name["ActionService"].methods_by_name
TARGET = sdk.Call(SERVICE.full_name, "Convert", ConvertRequest())


class Temperature:
    """An action whose handlers do what a test puts into `todo`."""

    def __init__(self) -> None:
        self.action = Action(SERVICE)
        self.todo: list[Any] = []
        """What to answer, in order; what can be called is called with the context first."""
        self.reading = asyncio.Event()
        self.over = asyncio.Event()

        @self.action.unary("Convert")
        async def convert(ctx: Context, request: ConvertRequest) -> Any:
            return self.next(ctx)

        @self.action.streamed_in("Average")
        async def average(ctx: Context, requests: AsyncIterator[AverageRequest]) -> Any:
            async for _ in requests:
                self.next(ctx)
            return self.next(ctx)

        @self.action.streamed_out("Tabulate")
        async def tabulate(ctx: Context, request: TabulateRequest) -> Responses[TabulateResponse]:
            while self.todo:
                yield self.next(ctx)

        @self.action.streamed("Watch")
        async def watch(ctx: Context, requests: AsyncIterator[WatchRequest]) -> Responses[WatchResponse]:
            self.reading.set()
            try:
                async for _ in requests:
                    yield self.next(ctx)
            finally:
                self.over.set()

        assert self.action.mistakes() == []

    def next(self, ctx: Context) -> Any:
        answer = self.todo.pop(0) if self.todo else None
        if callable(answer):
            return answer(ctx)
        if isinstance(answer, Error):
            raise answer
        return answer

    def config(self) -> sdk.Config:
        return sdk.Config(name="t", version="1", entities=[self.action])


def first(method: str, request: Any = None, **more: Any) -> ActionCommand:
    payload = None if request is None else pack(request)
    return ActionCommand(service_name=SERVICE.full_name, name=method, payload=payload, **more)


async def call(proxy: Proxy, shape: str, *commands: ActionCommand | bytes) -> Wire:
    wire = proxy.call(SHAPES[shape])
    await wire.send(*commands)
    return wire


async def answers(wire: Wire) -> list[ActionResponse]:
    """Half-close, and return every response of a call that ends with status OK."""
    await wire.half_close()
    found = []
    while (response := await wire.receive()) is not None:
        found.append(response)
    assert await wire.status() is Code.OK
    return found


def raises(error: BaseException) -> Any:
    def answer(ctx: Context) -> Any:
        raise error

    return answer


def effect(ctx: Context) -> None:
    ctx.effect(TARGET, synchronous=True)


async def test_each_shape() -> None:
    # ACT-DISC-001, ACT-ANSWER-001, ACT-OPEN-004, ACT-REQ-003, ACT-END-002.
    temperature = Temperature()
    async with started(temperature.config()) as proxy:
        temperature.todo = [ConvertResponse()]
        (reply,) = await answers(await call(proxy, "HandleUnary", first("Convert", ConvertRequest())))
        assert reply.reply.payload == pack(ConvertResponse())

        temperature.todo = [effect, effect, AverageResponse()]
        request = ActionCommand(payload=pack(AverageRequest()))
        (reply,) = await answers(await call(proxy, "HandleStreamedIn", first("Average"), request, request))
        assert reply.reply.payload == pack(AverageResponse())
        assert len(reply.side_effects) == 2  # of all the requests, ACT-ANSWER-002

        temperature.todo = [TabulateResponse(), TabulateResponse()]
        assert (
            len(await answers(await call(proxy, "HandleStreamedOut", first("Tabulate", TabulateRequest()))))
            == 2
        )

        temperature.todo = [WatchResponse(), WatchResponse()]
        wire = await call(proxy, "HandleStreamed", first("Watch"))
        for _ in range(2):  # an answer after each request
            assert (await wire.ask(ActionCommand(payload=pack(WatchRequest())))).HasField("reply")
        assert await answers(wire) == []


async def test_what_is_asked_for_goes_with_the_next_response() -> None:
    # ACT-ANSWER-002, ACT-ANSWER-009, FX-FWD-001, FX-EFF-001, META-GIVE-002.
    temperature = Temperature()

    def forward(ctx: Context) -> None:
        ctx.forward(TARGET)

    def reply(ctx: Context) -> TabulateResponse:
        ctx.reply_metadata = sdk.Metadata({"k": "v"})
        return TabulateResponse()

    temperature.todo = [effect, forward, reply, TabulateResponse()]
    async with started(temperature.config()) as proxy:
        one, two, three, four = await answers(
            await call(proxy, "HandleStreamedOut", first("Tabulate", TabulateRequest()))
        )
    assert one.WhichOneof("response") is None
    assert [e.synchronous for e in one.side_effects] == [True]
    assert two.forward.command_name == "Convert"
    assert not two.side_effects
    assert three.reply.metadata.entries[0].string_value == "v"
    assert not four.reply.HasField("metadata")


async def test_effects_behind_the_last_response_are_sent() -> None:
    action = Action(SERVICE)
    for method in ("Convert", "Average", "Watch"):
        action._handled.add(method)

    @action.streamed_out("Tabulate")
    async def tabulate(ctx: Context, request: TabulateRequest) -> Responses[TabulateResponse]:
        yield TabulateResponse()
        ctx.effect(TARGET)

    async with started(sdk.Config(name="t", version="1", entities=[action])) as proxy:
        _, last = await answers(await call(proxy, "HandleStreamedOut", first("Tabulate", TabulateRequest())))
    assert len(last.side_effects) == 1


async def test_a_refusal_is_the_answer() -> None:
    # ACT-FAIL-001, FX-FAIL-002: its effects travel with it.
    temperature = Temperature()

    def refuse(ctx: Context) -> None:
        effect(ctx)
        raise Error(Code.NOT_FOUND, "no scale")

    temperature.todo = [refuse]
    async with started(temperature.config()) as proxy:
        (answer,) = await answers(await call(proxy, "HandleUnary", first("Convert", ConvertRequest())))
    assert answer.failure == Failure(code=5, description="no scale")
    assert len(answer.side_effects) == 1


async def test_a_refusal_that_is_yielded_ends_no_handler() -> None:
    # ACT-FAIL-005.
    temperature = Temperature()
    temperature.todo = [lambda _: Error(Code.ABORTED, "one"), TabulateResponse()]
    async with started(temperature.config()) as proxy:
        one, two = await answers(await call(proxy, "HandleStreamedOut", first("Tabulate", TabulateRequest())))
    assert one.failure.description == "one"
    assert two.HasField("reply")


async def test_a_mistake_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    # ACT-CALL-003.
    temperature = Temperature()
    temperature.todo = [raises(ZeroDivisionError()), WatchResponse(), ConvertResponse()]
    async with started(temperature.config()) as proxy:
        (answer,) = await answers(await call(proxy, "HandleUnary", first("Convert", ConvertRequest())))
        assert answer.failure.code == Code.INTERNAL.value[0]
        (answer,) = await answers(await call(proxy, "HandleUnary", first("Convert", ConvertRequest())))
        assert answer.failure.code == Code.INTERNAL.value[0]  # of another type, CORE-CMD-006
        (answer,) = await answers(await call(proxy, "HandleUnary", first("Convert", ConvertRequest())))
        assert answer.HasField("reply")
    assert "ZeroDivisionError" in caplog.text


async def test_a_handler_that_cancels_itself() -> None:
    temperature = Temperature()
    temperature.todo = [raises(asyncio.CancelledError())]
    async with started(temperature.config()) as proxy:
        (answer,) = await answers(await call(proxy, "HandleUnary", first("Convert", ConvertRequest())))
    assert answer.failure.code == Code.CANCELLED.value[0]


WRONG = [
    ("HandleUnary", [ActionCommand(service_name="nobody.Service", name="Convert")], 12),
    ("HandleUnary", [first("Missing")], 12),
    ("HandleUnary", [first("Watch")], 12),
    ("HandleUnary", [first("Convert")], 3),
    ("HandleUnary", [first("Convert", AverageRequest())], 3),
    (
        "HandleUnary",
        [
            ActionCommand(
                service_name=SERVICE.full_name,
                name="Convert",
                payload=Payload(type_url=pack(ConvertRequest()).type_url, value=b"\x0a"),
            )
        ],
        3,
    ),
    ("HandleUnary", [b"\x0a"], 3),
    ("HandleUnary", [], 3),
    ("HandleStreamed", [], 3),
    ("HandleStreamed", [first("Watch"), ActionCommand()], 3),
    ("HandleStreamed", [first("Watch"), ActionCommand(payload=pack(ConvertRequest()))], 3),
    ("HandleStreamed", [first("Watch"), b"\x0a"], 3),
    ("HandleStreamedIn", [first("Average"), ActionCommand()], 3),
]


@pytest.mark.parametrize(("shape", "commands", "code"), WRONG)
async def test_a_call_that_cannot_be_handled_is_refused(shape: str, commands: list[Any], code: int) -> None:
    # ACT-CALL-004, ACT-REQ-005.
    async with started(Temperature().config()) as proxy:
        (answer,) = await answers(await call(proxy, shape, *commands))
    assert answer.failure.code == code


async def test_a_handler_cannot_hide_a_request_that_is_none() -> None:
    # ACT-REQ-005.
    action = Action(SERVICE)
    for method in ("Convert", "Tabulate"):
        action._handled.add(method)

    @action.streamed_in("Average")
    async def average(ctx: Context, requests: AsyncIterator[AverageRequest]) -> AverageResponse:
        with contextlib.suppress(Error):
            async for _ in requests:
                pass
        return AverageResponse()

    @action.streamed("Watch")
    async def watch(ctx: Context, requests: AsyncIterator[WatchRequest]) -> Responses[WatchResponse]:
        try:
            async for _ in requests:
                pass
        except Error:
            yield WatchResponse()

    async with started(sdk.Config(name="t", version="1", entities=[action])) as proxy:
        for shape, method in (("HandleStreamed", "Watch"), ("HandleStreamedIn", "Average")):
            (answer,) = await answers(await call(proxy, shape, first(method), ActionCommand()))
            assert answer.failure.code == Code.INVALID_ARGUMENT.value[0]


async def test_only_the_first_command_says_what_came_with_the_call() -> None:
    # ACT-REQ-004, ACT-REQ-006, META-GIVE-001.
    temperature = Temperature()
    seen: list[Any] = []

    def look(ctx: Context) -> WatchResponse:
        seen.append(list(ctx.metadata))
        return WatchResponse()

    temperature.todo = [look]
    metadata = Metadata(entries=[MetadataEntry(key="k", string_value="v")])
    later = ActionCommand(service_name="nobody.Service", name="X", payload=pack(WatchRequest()))
    raw = later.SerializeToString() + b"\xc0\x3e\x01"
    async with started(temperature.config()) as proxy:
        (answer,) = await answers(
            await call(proxy, "HandleStreamed", first("Watch", None, metadata=metadata), raw)
        )
    assert answer.HasField("reply")
    assert seen == [[("k", "v")]]


async def test_a_cancelled_call_releases_its_handler() -> None:
    # ACT-CANCEL-004.
    temperature = Temperature()
    async with started(temperature.config()) as proxy:
        wire = await call(proxy, "HandleStreamed", first("Watch"))
        await asyncio.wait_for(temperature.reading.wait(), PATIENCE)
        wire.reset()
        await asyncio.wait_for(temperature.over.wait(), PATIENCE)
        temperature.todo = [ConvertResponse()]
        (answer,) = await answers(await call(proxy, "HandleUnary", first("Convert", ConvertRequest())))
        assert answer.HasField("reply")


async def test_a_call_that_waits_ends_with_the_function() -> None:
    temperature = Temperature()
    async with started(temperature.config()) as proxy:
        wire = await call(proxy, "HandleStreamed", first("Watch"))
        await asyncio.wait_for(temperature.reading.wait(), PATIENCE)
        await proxy.server.stop()
        answer = await wire.receive()
    assert answer.failure.code == Code.UNAVAILABLE.value[0]
