"""Binds the domain to the protos: which event does what, which command decides what."""

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
from cart.cart import Cart, CartError, InvalidItemError, MissingItemError, TooManyError
from sdk import eventsourced

SERVICE = cart_pb2.DESCRIPTOR.services_by_name["ShoppingCartService"]

# The codes that callers act on.
_CODES = {
    InvalidItemError: sdk.Code.INVALID_ARGUMENT,
    TooManyError: sdk.Code.OUT_OF_RANGE,
    MissingItemError: sdk.Code.NOT_FOUND,
}


@contextmanager
def _refusing() -> Iterator[None]:
    """Give the domain's refusal its code."""
    try:
        yield
    except CartError as refusal:
        raise sdk.Error(_CODES[type(refusal)], str(refusal)) from refusal


cart_entity = eventsourced.Entity(SERVICE, "shopping-cart", lambda _: Cart())
cart_entity.event(Cart.added)  # what an event does; its annotation says which event
cart_entity.event(Cart.removed)
cart_entity.snapshot(every=100)(Cart.save)
cart_entity.restore(Cart.restore)


@cart_entity.command("AddItem")
def add_item(ctx: eventsourced.Context, cart: Cart, request: AddItemRequest) -> AddItemResponse:
    """Put items into the cart."""
    with _refusing():  # a CartError is refused with its code, and nothing has happened
        event = cart.add(request.product_id, request.name, request.quantity)
    ctx.emit(event)  # a fact from here on, and in the state at once
    return AddItemResponse()


@cart_entity.command("RemoveItem")
def remove_item(ctx: eventsourced.Context, cart: Cart, request: RemoveItemRequest) -> RemoveItemResponse:
    """Take a product out of the cart."""
    with _refusing():
        ctx.emit(cart.remove(request.product_id))
    return RemoveItemResponse()


@cart_entity.command("GetCart")
def get_cart(_ctx: eventsourced.Context, cart: Cart, _request: GetCartRequest) -> GetCartResponse:
    """Read the cart."""
    return GetCartResponse(items=cart.items())
