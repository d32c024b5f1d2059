"""The code in README.md stands word for word in the cart and in the files here, and does what it says."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from stateward.action.v1 import action_pb2
from stateward.action.v1.action_pb2 import ActionCommand
from stateward.samples.cart.v1.cart_pb2 import AddItemRequest, AddItemResponse
from stateward.samples.cart.v1.events_pb2 import ItemAdded
from stateward.samples.presence.v1.presence_pb2 import JoinRequest, JoinResponse
from stateward.samples.profile.v1.profile_pb2 import ChangeEmailRequest, ChangeEmailResponse
from stateward.samples.profile.v1.stored_pb2 import Profile
from stateward.samples.temperature.v1.temperature_pb2 import Temperature, WatchRequest, WatchResponse

import sdk
from cart.entity import cart_entity
from sdk.definition import Definition
from sdk.payload import pack, unpack
from sdktest import Conversation, started
from sdktest import eventsourced as journal
from sdktest import replicated as replica
from sdktest import value as record
from tests.readme.profile import profile
from tests.readme.room import room
from tests.readme.temperature import temperature

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_every_block_is_one_of_the_files() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    written = [ROOT / "cart/entity.py", *(file for file in HERE.glob("*.py") if file != Path(__file__))]
    files = {file.stem: file.read_text() for file in written}
    found = Counter(name for block in blocks for name, text in files.items() if block in text)
    assert found == {"entity": 1, "profile": 1, "room": 1, "temperature": 1}
    assert len(blocks) == 4


@pytest.mark.parametrize("entity", [cart_entity, profile, room, temperature])
def test_no_block_has_a_mistake(entity: Definition) -> None:
    assert entity.mistakes() == []


async def said(stream: Conversation, *requests: Any) -> Any:
    return (await stream.say(*requests)).reply


def answer(reply: Any, kind: type[Message]) -> Message:
    return unpack(reply.client_action.reply.payload, kind)


async def test_the_cart() -> None:
    request = AddItemRequest(user_id="u", product_id="tea", name="Tea", quantity=2)
    begin = journal.init(cart_entity.service.full_name, "u")
    reply = await said(Conversation(cart_entity), begin, journal.command("u", 1, "AddItem", request))
    assert answer(reply, AddItemResponse) == AddItemResponse()
    assert reply.events[0].Is(ItemAdded.DESCRIPTOR)


async def test_the_profile() -> None:
    command = record.command(
        "c", 1, "ChangeEmail", ChangeEmailRequest(customer_id="c", email="new@example.com")
    )
    stored = Profile(name="Ada", email="old@example.com")
    begin = record.init(profile.service.full_name, "c", stored)
    reply = await said(Conversation(profile), begin, command)
    assert answer(reply, ChangeEmailResponse) == ChangeEmailResponse()
    assert reply.state_action.update.value == pack(Profile(name="Ada", email="new@example.com"))
    reply = await said(Conversation(profile), record.init(profile.service.full_name, "c"), command)
    assert reply.client_action.failure.code == sdk.Code.NOT_FOUND.value[0]


async def test_the_temperature() -> None:
    read = Temperature(degrees=21)
    handle = action_pb2.DESCRIPTOR.services_by_name["ActionService"].methods_by_name["HandleStreamed"]
    async with started(sdk.Config(name="t", version="1", entities=[temperature])) as proxy:
        call = proxy.call(handle)
        await call.send(ActionCommand(service_name=temperature.service.full_name, name="Watch"))
        response = await call.ask(ActionCommand(payload=pack(WatchRequest(temperature=read))))
        assert unpack(response.reply.payload, WatchResponse).temperature == read
        await call.half_close()
        assert await call.status() is sdk.Code.OK


async def test_the_room() -> None:
    join = replica.command("r", 1, "Join", JoinRequest(room_id="r", person="Ada"), streamed=True)
    stream = Conversation(room)
    reply = await said(stream, replica.init(room.service.full_name, "r"), join)
    assert answer(reply, JoinResponse) == JoinResponse(people=["Ada"])
    gone = await stream.say(replica.cancelled("r", 1))
    assert gone.stream_cancelled_response.state_action.WhichOneof("action") == "update"
