"""The protocol's golden vectors: every message, through the generated code."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import symbol_database
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import DecodeError, Message

ROOT = Path(__file__).parents[3]
GEN = Path(__file__).parents[1] / "gen"


def modules(glob: str) -> Iterator[Any]:
    """Import the generated modules that match."""
    for module in sorted(GEN.glob(glob)):
        yield importlib.import_module(".".join(module.relative_to(GEN).with_suffix("").parts))


# Those of the protocol: stateward/tck is the kit's, and stateward/samples is a level deeper.
MESSAGES = {
    message.full_name
    for module in modules("stateward/[!t]*/v1/*_pb2.py")
    for message in module.DESCRIPTOR.message_types_by_name.values()
}
for known in "any", "duration", "empty", "struct", "timestamp", "wrappers":  # stand in the vectors' Anys
    importlib.import_module(f"google.protobuf.{known}_pb2")

VECTORS = [
    pytest.param(file["message"], vector, id=f"{file['message']}: {vector['name']}")
    for path in sorted(ROOT.glob("protocol/vectors/*/*.json"))
    if "message" in (file := json.loads(path.read_text()))
    for vector in file["vectors"]
]


@pytest.mark.parametrize(("name", "vector"), VECTORS)
def test_vector(name: str, vector: dict[str, Any]) -> None:
    kind: type[Message] = symbol_database.Default().GetSymbol(name)
    encoded = bytes.fromhex(vector["hex"])
    match vector["rule"]:
        case "refused":
            with pytest.raises(DecodeError):
                kind.FromString(encoded)
        case "reads" | "both ways" as rule:
            message = ParseDict(vector["json"], kind())
            read = kind.FromString(encoded)
            assert MessageToDict(read) == MessageToDict(message)
            if rule == "both ways":
                assert read == message
                assert message.SerializeToString(deterministic=True) == encoded
        case rule:
            pytest.fail(f"a rule that is not known here: {rule}")


def test_every_message_has_vectors() -> None:
    assert {param.values[0] for param in VECTORS} == MESSAGES
