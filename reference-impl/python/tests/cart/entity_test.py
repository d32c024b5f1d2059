"""The cart as the proxy sees it."""

from typing import Any

import pytest
from google.protobuf.message import Message
from stateward.samples.cart.v1 import cart_pb2
from stateward.samples.cart.v1.cart_pb2 import (
    AddItemRequest,
    GetCartRequest,
    GetCartResponse,
    LineItem,
    RemoveItemRequest,
)
from stateward.samples.cart.v1.events_pb2 import CartSnapshot, ItemAdded, ItemRemoved

from cart.__main__ import config
from cart.entity import cart_entity
from sdk import Code
from sdk.payload import pack
from sdktest import Conversation
from sdktest import eventsourced as says

SERVICE = cart_pb2.DESCRIPTOR.services_by_name["ShoppingCartService"].full_name


class Shopper:
    """Speaks to the cart of one user."""

    def __init__(self) -> None:
        self.stream = Conversation(cart_entity)
        self.commands = 0

    async def ask(self, name: str, request: Message) -> Any:
        self.commands += 1
        answer = await self.stream.say(says.command("u", self.commands, name, request))
        return answer.reply

    async def items(self) -> list[LineItem]:
        reply = await self.ask("GetCart", GetCartRequest(user_id="u"))
        response = GetCartResponse()
        assert reply.client_action.reply.payload.Unpack(response)
        return list(response.items)


async def shopper(snapshot: CartSnapshot | None = None, sequence: int = 0) -> Shopper:
    begun = Shopper()
    assert await begun.stream.say(says.init(SERVICE, "u", snapshot, sequence)) is None
    return begun


TEA = LineItem(product_id="tea", name="Tea", quantity=2)
ADD_TEA = AddItemRequest(user_id="u", product_id="tea", name="Tea", quantity=2)


async def test_a_shopping_tour() -> None:
    user = await shopper()
    reply = await user.ask("AddItem", ADD_TEA)
    assert list(reply.events) == [pack(ItemAdded(item=TEA))]
    assert await user.items() == [TEA]
    reply = await user.ask("RemoveItem", RemoveItemRequest(user_id="u", product_id="tea"))
    assert list(reply.events) == [pack(ItemRemoved(product_id="tea"))]
    assert await user.items() == []


async def test_recovery() -> None:
    user = await shopper(CartSnapshot(items=[TEA]), 7)
    await user.stream.say(says.event(8, ItemAdded(item=TEA)), says.event(9, ItemRemoved(product_id="milk")))
    assert [item.quantity for item in await user.items()] == [4]


async def test_a_snapshot_after_a_hundred_events() -> None:
    user = await shopper()
    for sequence in range(1, 99):
        await user.stream.say(says.event(sequence, ItemAdded(item=LineItem(product_id="tea", quantity=1))))
    assert not (await user.ask("AddItem", ADD_TEA)).HasField("snapshot")
    reply = await user.ask("AddItem", ADD_TEA)
    assert reply.snapshot == pack(CartSnapshot(items=[LineItem(product_id="tea", name="Tea", quantity=102)]))


@pytest.mark.parametrize(
    ("name", "request_", "code"),
    [
        ("AddItem", AddItemRequest(product_id="tea"), Code.INVALID_ARGUMENT),
        ("AddItem", AddItemRequest(quantity=1), Code.INVALID_ARGUMENT),
        ("AddItem", AddItemRequest(product_id="tea", quantity=2**31 - 1), Code.OUT_OF_RANGE),
        ("RemoveItem", RemoveItemRequest(product_id="milk"), Code.NOT_FOUND),
    ],
)
async def test_refusals(name: str, request_: Message, code: Code) -> None:
    user = await shopper()
    await user.ask("AddItem", ADD_TEA)
    failure = (await user.ask(name, request_)).client_action.failure
    assert failure.code == code.value[0]
    assert failure.description
    assert not failure.restart
    assert await user.items() == [TEA]


def test_the_program() -> None:
    assert list(config().mistakes()) == []
