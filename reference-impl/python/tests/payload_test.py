"""Payloads, and the protocol's vectors of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import symbol_database
from google.protobuf.any_pb2 import Any as Payload
from google.protobuf.json_format import Parse
from google.protobuf.struct_pb2 import Struct
from stateward.samples.cart.v1.cart_pb2 import AddItemRequest, LineItem
from stateward.value.v1.value_pb2 import State

from sdk.payload import PayloadError, pack, present, unpack

FILE = Path(__file__).parents[3] / "protocol/vectors/payloads/any.json"
# The library packs messages alone; scalars and JSON are for the values of replicated entities.
MESSAGES = [
    vector
    for vector in json.loads(FILE.read_text())["payloads"]
    if vector["typeUrls"][0].startswith("type.googleapis.com/")
]


@pytest.mark.parametrize("vector", MESSAGES, ids=[vector["name"] for vector in MESSAGES])
def test_vector(vector: dict[str, Any]) -> None:
    # CORE-PAYLOAD-003.
    kind = symbol_database.Default().GetSymbol(vector["as"])
    message = Parse(json.dumps(vector["json"]), kind())
    packed = pack(message)
    assert (packed.type_url, packed.value.hex()) == (vector["typeUrls"][0], vector["hex"])
    for type_url in vector["typeUrls"]:
        for encoded in (vector["hex"], *vector["also"]):
            assert unpack(Payload(type_url=type_url, value=bytes.fromhex(encoded)), kind) == message
    for encoded in vector.get("refused", []):
        with pytest.raises(PayloadError):
            unpack(Payload(type_url=packed.type_url, value=bytes.fromhex(encoded)), kind)


def test_there_are_vectors() -> None:
    assert MESSAGES


def test_equal_messages_give_equal_bytes() -> None:
    # CORE-PAYLOAD-006.
    one, other = Struct(), Struct()
    for number in range(20):
        one[str(number)] = number
        other[str(19 - number)] = 19 - number
    assert pack(one) == pack(other)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        Payload(),
        pack(AddItemRequest()),
        Payload(type_url=LineItem.DESCRIPTOR.full_name),  # without a slash
        Payload(type_url="x/" + LineItem.DESCRIPTOR.full_name + "s"),
        Payload(type_url="p.cloudstate.io/" + LineItem.DESCRIPTOR.full_name),  # CORE-PAYLOAD-003
        Payload(type_url="json.cloudstate.io/" + LineItem.DESCRIPTOR.full_name),
        Payload(type_url="x/" + LineItem.DESCRIPTOR.full_name, value=b"\x0a"),
        Payload(type_url="x/" + LineItem.DESCRIPTOR.full_name, value=b"\x0a\x01\xff"),
    ],
)
def test_what_is_no_line_item(payload: Payload | None) -> None:
    with pytest.raises(PayloadError):
        unpack(payload, LineItem)


def test_unknown_fields_are_kept() -> None:
    # CORE-CMD-007.
    raw = LineItem(product_id="a").SerializeToString() + b"\xc0\x3e\x01"
    payload = Payload(type_url="x/" + LineItem.DESCRIPTOR.full_name, value=raw)
    assert unpack(payload, LineItem).SerializeToString() == raw


def test_present() -> None:
    assert present(State(), "value") is None
    assert present(State(value=Payload()), "value") == Payload()
