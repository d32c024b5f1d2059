"""The event sourced entity of README.md."""

from collections.abc import Iterator
from contextlib import contextmanager

from stateward.samples.cart.v1 import cart_pb2
from stateward.samples.cart.v1.cart_pb2 import (
    AddItemRequest,
    AddItemResponse,
    GetCartRequest,
    GetCartResponse,
    RemoveItemRequest,
    RemoveItemResponse,
)

import sdk
from cart.cart import Cart, CartError
from sdk import eventsourced

SERVICE = cart_pb2.DESCRIPTOR.services_by_name["ShoppingCartService"]


@contextmanager
def refusing() -> Iterator[None]:
    try:
        yield
    except CartError as refusal:
        raise sdk.Error(sdk.Code.NOT_FOUND, str(refusal)) from refusal


cart = eventsourced.Entity(SERVICE, "shopping-cart", Cart)
cart.event(Cart.added)  # what an event does; its annotation says which event
cart.snapshot(every=100)(Cart.save)
cart.restore(Cart.restore)


@cart.command("AddItem")
def add_item(ctx: eventsourced.Context, cart: Cart, request: AddItemRequest) -> AddItemResponse:
    with refusing():  # CartError → sdk.Error(Code.NOT_FOUND, …): refused, and nothing has happened
        event = cart.add(request.product_id, request.name, request.quantity)
    ctx.emit(event)  # a fact from here on, and in the state at once
    return AddItemResponse()


cart.event(Cart.removed)


@cart.command("RemoveItem")
def remove_item(ctx: eventsourced.Context, cart: Cart, request: RemoveItemRequest) -> RemoveItemResponse:
    with refusing():
        ctx.emit(cart.remove(request.product_id))
    return RemoveItemResponse()


@cart.command("GetCart")
def get_cart(ctx: eventsourced.Context, cart: Cart, request: GetCartRequest) -> GetCartResponse:
    return GetCartResponse(items=cart.items())
