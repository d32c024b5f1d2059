"""The entity under test: the ids of the products that were added, joined."""

from collections.abc import Callable, Coroutine
from typing import Any

from stateward.samples.cart.v1 import cart_pb2
from stateward.samples.cart.v1.cart_pb2 import (
    AddItemRequest,
    AddItemResponse,
    GetCartRequest,
    GetCartResponse,
    LineItem,
    RemoveItemRequest,
    RemoveItemResponse,
)
from stateward.samples.cart.v1.events_pb2 import ItemAdded, ItemRemoved

from sdk import Code, Error
from sdk.eventsourced import Context, Entity
from sdktest import Conversation
from sdktest import eventsourced as says

CART = cart_pb2.DESCRIPTOR.services_by_name["ShoppingCartService"]


class Tally:
    def __init__(self, entity_id: str = "") -> None:
        self.entity_id = entity_id
        self.products = ""


Answer = AddItemResponse | Coroutine[Any, Any, AddItemResponse]
OnAdd = Callable[[Context, Tally], Answer]


def new_tally(on_add: OnAdd | None = None) -> Entity[Tally]:
    """Return an entity whose AddItem emits, or does this; a snapshot is due after every two events."""
    tally = Entity(CART, "tally", Tally)

    @tally.event
    def added(state: Tally, event: ItemAdded) -> None:
        if event.item.name == "raise":
            raise ZeroDivisionError("a mistake of the author's")
        if event.item.name == "refuse":
            raise Error(Code.ABORTED, "an event is a fact")
        state.products += event.item.product_id

    @tally.snapshot(every=2)
    def save(state: Tally) -> ItemRemoved:
        return ItemRemoved(product_id=state.products)

    @tally.restore
    def restore(state: Tally, saved: ItemRemoved) -> None:
        state.products = saved.product_id

    @tally.command("AddItem")
    def add(ctx: Context, state: Tally, request: AddItemRequest) -> Answer:
        if on_add is not None:
            return on_add(ctx, state)
        ctx.emit(item(request.product_id))
        return AddItemResponse()

    @tally.command("RemoveItem")
    def remove(ctx: Context, state: Tally, request: RemoveItemRequest) -> RemoveItemResponse:
        return RemoveItemResponse()

    @tally.command("GetCart")
    def get(ctx: Context, state: Tally, request: GetCartRequest) -> GetCartResponse:
        return GetCartResponse(items=[LineItem(product_id=state.products)])

    assert tally.mistakes() == []
    return tally


def item(product_id: str, name: str = "") -> ItemAdded:
    return ItemAdded(item=LineItem(product_id=product_id, name=name))


def add(command_id: int, product_id: str = "x", timeout: int = 0) -> Any:
    request = AddItemRequest(user_id="e", product_id=product_id)
    return says.command("e", command_id, "AddItem", request, timeout)


def get(command_id: int) -> Any:
    return says.command("e", command_id, "GetCart", GetCartRequest(user_id="e"))


async def opened(entity: Entity[Any], *capabilities: Any) -> Conversation:
    """Return a stream that has begun, to the entity "e"."""
    stream = Conversation(entity, capabilities)
    assert await stream.say(says.init(CART.full_name, "e")) is None
    assert stream.more
    return stream


async def products(stream: Conversation) -> str:
    """Return what the next command sees of the state."""
    answer = await stream.say(get(99))
    response = GetCartResponse()
    assert answer.reply.client_action.reply.payload.Unpack(response), answer
    return response.items[0].product_id
