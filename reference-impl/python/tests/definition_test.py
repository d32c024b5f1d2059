"""An author's mistakes are named at the start, all at once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from stateward.annotations.v1 import annotations_pb2
from stateward.samples.cart.v1 import cart_pb2
from stateward.samples.cart.v1.cart_pb2 import (
    AddItemRequest,
    AddItemResponse,
    GetCartRequest,
    GetCartResponse,
)
from stateward.samples.cart.v1.events_pb2 import ItemAdded, ItemRemoved
from stateward.samples.profile.v1.stored_pb2 import Profile
from stateward.samples.temperature.v1 import temperature_pb2
from stateward.samples.temperature.v1.temperature_pb2 import (
    TabulateRequest,
    TabulateResponse,
    WatchRequest,
    WatchResponse,
)

import sdk
from sdk import action, eventsourced, value
from sdk.action import Responses
from tests.eventsourced.tally import CART, new_tally

PACKAGE = "stateward.samples.cart.v1"
TEMPERATURE = temperature_pb2.DESCRIPTOR.services_by_name["TemperatureService"]


def test_every_mistake_of_an_event_sourced_entity() -> None:
    entity = eventsourced.Entity(CART, "", lambda _: list[str](), passivate_after=timedelta(microseconds=5))

    @entity.command("AddItem")
    def add(ctx: eventsourced.Context, state: list[str], request: GetCartRequest) -> GetCartResponse:
        raise NotImplementedError

    @entity.command("AddItem")
    def again(ctx: eventsourced.Context, state: list[str], request: AddItemRequest) -> AddItemResponse:
        raise NotImplementedError

    @entity.command("Missing")
    def missing(ctx: eventsourced.Context, state: list[str], request: AddItemRequest) -> AddItemResponse:
        raise NotImplementedError

    @entity.event
    def added(state: list[str], event: ItemAdded) -> None: ...

    @entity.event
    def added_again(state: list[str], event: ItemAdded) -> None: ...

    def untyped(state, event):  # type: ignore[no-untyped-def]
        ...

    entity.event(untyped)

    @entity.snapshot(every=0)
    def save(state: list[str]) -> ItemRemoved:
        raise NotImplementedError

    with pytest.raises(sdk.MistakesError) as error:
        sdk.Function(sdk.Config(name="", version="", entities=[entity], dialect="old"))
    said = error.value.mistakes
    for part in (
        "DISC-INFO-002",
        "dialect is 'old'",
        "DISC-ENT-002",
        "DISC-ENT-004",
        f"AddItem returns {PACKAGE}.AddItemResponse, not {PACKAGE}.GetCartResponse",
        f"AddItem takes {PACKAGE}.AddItemRequest, not {PACKAGE}.GetCartRequest",
        "AddItem has two handlers",
        "no method 'Missing'",
        "ItemAdded are applied twice",
        "untyped does not say which message it takes",
        "a snapshot after every 0 events",
        "come together",
        "RemoveItem: no handler",
        "GetCart: no handler",
    ):
        assert [mistake for mistake in said if part in mistake], part
    assert len(said) == 14, said


def test_the_shapes_of_an_action() -> None:
    temperature = action.Action(TEMPERATURE)
    temperature.unary("Tabulate")(lambda ctx, request: TabulateResponse())

    @temperature.streamed("Watch")  # type: ignore[arg-type]
    async def watch(ctx: action.Context, requests: AsyncIterator[WatchRequest]) -> WatchResponse:
        raise NotImplementedError

    said = "\n".join(temperature.mistakes())
    assert "Tabulate is streamed out, not unary" in said
    assert "Watch: what yields responses is an async generator" in said


def test_what_an_action_may_be() -> None:
    temperature = action.Action(TEMPERATURE)

    @temperature.streamed_out("Tabulate")
    async def tabulate(ctx: action.Context, request: TabulateRequest) -> Responses[TabulateResponse]:
        yield None

    @temperature.streamed("Watch")
    async def watch(ctx: action.Context, requests: AsyncIterator[WatchRequest]) -> Responses[WatchResponse]:
        yield None

    assert [mistake.rpartition(".")[2] for mistake in temperature.mistakes()] == [
        "Convert: no handler",
        "Average: no handler",
    ]


def test_a_handler_of_any_message_is_no_mistake() -> None:
    temperature = action.Action(TEMPERATURE)

    @temperature.unary("Convert")
    def convert(ctx: action.Context, request: Message) -> Message:
        raise NotImplementedError

    assert not [mistake for mistake in temperature.mistakes() if "Convert" in mistake]


def test_services_and_persistence_ids_are_unique() -> None:
    # DISC-ENT-002, DISC-ENT-003.
    with pytest.raises(sdk.MistakesError) as error:
        sdk.Function(sdk.Config(name="n", version="v", entities=[new_tally(), new_tally()]))
    assert [mistake.rpartition(" ")[2] for mistake in error.value.mistakes] == [
        "(DISC-ENT-003)",
        "(DISC-ENT-002)",
    ]
    with pytest.raises(sdk.MistakesError, match="at least one entity"):
        sdk.Function(sdk.Config(name="n", version="v", entities=[]))


def keyed(edit: Any, *, streams: bool = False) -> ServiceDescriptor:
    """Return a service whose one method takes a message with one field, which edit changes."""
    file = descriptor_pb2.FileDescriptorProto(name="keyed.proto", package="keyed", syntax="proto3")
    file.dependency.append(annotations_pb2.DESCRIPTOR.name)
    message = file.message_type.add(name="M")
    edit(message)
    service = file.service.add(name="S")
    service.method.add(name="Do", input_type=".keyed.M", output_type=".keyed.M", server_streaming=streams)
    pool = descriptor_pool.DescriptorPool()
    for needed in (descriptor_pb2.DESCRIPTOR, annotations_pb2.DESCRIPTOR):
        copy = descriptor_pb2.FileDescriptorProto()
        needed.CopyToProto(copy)
        pool.Add(copy)
    pool.Add(file)
    return pool.FindServiceByName("keyed.S")


def key(message: Any, kind: int = 9, label: int = 1) -> Any:
    field = message.field.add(
        name="k" + str(len(message.field)), number=len(message.field) + 1, type=kind, label=label
    )
    extension: Any = annotations_pb2.entity_key
    field.options.Extensions[extension] = True
    return field


def in_oneof(message: Any) -> None:
    message.oneof_decl.add(name="choice")
    key(message).oneof_index = 0


def optional(message: Any) -> None:
    message.oneof_decl.add(name="_k0")
    field = key(message)
    field.oneof_index, field.proto3_optional = 0, True


@pytest.mark.parametrize(
    ("edit", "wrong"),
    [
        (key, False),
        (optional, False),
        (lambda message: None, True),
        (lambda message: (key(message), key(message)), True),
        (lambda message: key(message, kind=5), True),
        (lambda message: key(message, label=3), True),
        (in_oneof, True),
    ],
)
def test_keys(edit: Any, wrong: bool) -> None:
    # DISC-KEY-001.
    said = value.Entity(keyed(edit), "p", Profile).mistakes()
    assert any("DISC-KEY-001" in mistake for mistake in said) == wrong, said


def test_methods_that_stream() -> None:
    # DISC-METHOD-001.
    said = value.Entity(keyed(key, streams=True), "p", Profile).mistakes()
    assert any("DISC-METHOD-001" in mistake for mistake in said)


def test_a_service_that_0_2_lacks() -> None:
    cloudstate = sdk.Cloudstate({CART.full_name: "old.Cart"}, [cart_pb2.DESCRIPTOR])
    config = sdk.Config(name="n", version="v", entities=[new_tally()], cloudstate=cloudstate)
    with pytest.raises(sdk.MistakesError, match=r"no file of Cloudstate declares old\.Cart"):
        sdk.Function(config)


@pytest.mark.parametrize("stop_within", [timedelta(), timedelta(microseconds=999), timedelta(seconds=-1)])
def test_a_stop_that_takes_no_time(stop_within: timedelta) -> None:
    # LIFE-DRAIN-001: the proxy is told it as grace, where 0 means for ever.
    config = sdk.Config(name="t", version="1", entities=[new_tally()], stop_within=stop_within)
    with pytest.raises(sdk.MistakesError, match="LIFE-DRAIN-001"):
        sdk.Function(config)
