"""How elements, keys and values of registers travel."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import any_pb2, wrappers_pb2
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import StringValue
from stateward.replicated.v1.replicated_pb2 import (
    Delta,
    GSetDelta,
    LWWRegisterDelta,
    ORMapDelta,
    ORMapEntryDelta,
    ORSetDelta,
    PNCounterMapDelta,
    PNCounterMapEntryDelta,
)

from sdk.replicated import crdt
from sdk.replicated.crdt import DeltaError, GCounter, GSet, LWWRegister, ORMap, ORSet, PNCounterMap, Value
from tests.replicated.subjects import entry_of

CODECS: dict[str, crdt.Codec[Any]] = {
    "string": crdt.STRING,
    "bytes": crdt.BYTES,
    "bool": crdt.BOOL,
    "int32": crdt.INT32,
    "int64": crdt.INT64,
    "uint32": crdt.UINT32,
    "uint64": crdt.UINT64,
    "float": crdt.FLOAT,
    "double": crdt.DOUBLE,
    "google.protobuf.StringValue": crdt.message(StringValue),
}

_FILE = Path(__file__).parents[4] / "protocol/vectors/payloads/any.json"
VECTORS = [
    vector
    for vector in json.loads(_FILE.read_text())["payloads"]
    if not vector["typeUrls"][0].startswith("json.")  # the library has no JSON
]


def test_the_vectors_have_every_codec() -> None:
    assert {vector["typeUrls"][0].rpartition("/")[2] for vector in VECTORS} == CODECS.keys()


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vectors(vector: dict[str, Any]) -> None:
    # Every encoding is read (CORE-PAYLOAD-005), and written in one way (CORE-PAYLOAD-004, CORE-PAYLOAD-006).
    urls, codec = vector["typeUrls"], CODECS[vector["typeUrls"][0].rpartition("/")[2]]
    want = getattr(wrappers_pb2, vector["as"].rpartition(".")[2])()
    ParseDict(vector["json"], want)
    for url in urls:
        for encoded in vector["hex"], *vector["also"]:
            value = codec.unpack(any_pb2.Any(type_url=url, value=bytes.fromhex(encoded)))
            assert str(getattr(value, "value", value)) == str(want.value)  # NaN and -0.0 as well
            if url.startswith("p."):
                assert codec.pack(value) == any_pb2.Any(type_url=urls[0], value=bytes.fromhex(vector["hex"]))
        for encoded in vector.get("refused", ()):
            with pytest.raises(DeltaError):
                codec.unpack(any_pb2.Any(type_url=url, value=bytes.fromhex(encoded)))


def test_equal_messages_are_packed_into_equal_bytes() -> None:
    # Maps in them included (REP-EQ-002).
    keys = ["a", "b", "c", "d"]
    elements = ORSet(crdt.message(Struct))
    for turn in range(4):
        struct = Struct()
        struct.update(dict.fromkeys(keys[turn:] + keys[:turn], 1))
        elements.add(struct)
    assert len(elements) == 1


def test_what_was_added_is_what_others_read() -> None:
    # A float is rounded, and what becomes of a message afterwards changes nothing.
    floats, messages = GSet(crdt.FLOAT), ORSet(crdt.message(StringValue))
    register = LWWRegister(crdt.message(StringValue), StringValue())
    floats.add(0.1)
    (element,) = floats
    assert element == crdt.FLOAT.unpack(crdt.FLOAT.pack(0.1)) != 0.1
    assert 0.1 in floats
    message = StringValue(value="a")
    messages.add(message)
    register.value = message
    message.value = "b"
    assert list(messages) == [StringValue(value="a")]
    assert register.value == StringValue(value="a")
    says: GSet[str] = GSet(crdt.STRING)
    says.add(b"a")  # type: ignore[arg-type] # protobuf takes it for text
    assert list(says) == ["a"]


OF_ANOTHER_TYPE = {
    "another scalar": any_pb2.Any(type_url="p.cloudstate.io/int64"),
    "another prefix": any_pb2.Any(type_url="type.googleapis.com/string"),
    "a message": any_pb2.Any(type_url="type.googleapis.com/google.protobuf.StringValue"),
    "no string": any_pb2.Any(type_url="p.cloudstate.io/string", value=b"\x0a\x09"),
    "text that is none": any_pb2.Any(type_url="p.cloudstate.io/string", value=b"\x0a\x01\xff"),
}


@pytest.mark.parametrize("form", OF_ANOTHER_TYPE.values(), ids=OF_ANOTHER_TYPE.keys())
def test_payloads_of_another_type_are_refused(form: any_pb2.Any) -> None:
    entry = ORMapEntryDelta(key=form, delta=GCounter().delta())
    subjects: list[tuple[Value, Delta]] = [
        (GSet(crdt.STRING), Delta(gset=GSetDelta(added=[form]))),
        (ORSet(crdt.STRING), Delta(orset=ORSetDelta(removed=[form]))),
        (LWWRegister(crdt.STRING, ""), Delta(lwwregister=LWWRegisterDelta(value=form))),
        (ORMap(crdt.STRING, entry_of), Delta(ormap=ORMapDelta(added=[entry]))),
    ]
    for value, delta in subjects:
        with pytest.raises(DeltaError):
            value.apply(delta)


def test_what_cannot_travel_is_a_mistake_of_the_handler() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        GSet(crdt.STRING).add("\ud800")
    with pytest.raises(TypeError):
        GSet(crdt.STRING).add(5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="range"):
        GSet(crdt.INT32).add(2**31)
    with pytest.raises(TypeError):
        ORSet(crdt.message(StringValue)).add(Struct())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        LWWRegister(crdt.STRING, "").value = 5  # type: ignore[assignment]
    assert Struct() not in ORSet(crdt.message(StringValue))
    assert "a" not in ORSet(crdt.message(StringValue))


THEIRS = any_pb2.Any(type_url="p.cloudstate.io/string", value=b"\x0a\x00")
OURS = any_pb2.Any(type_url="p.cloudstate.io/string")


def test_an_element_in_the_form_of_others() -> None:
    # It is found, and removed by that form (REP-EQ-003); removed and added again it was not touched
    # (REP-ORSET-003).
    elements = ORSet(crdt.STRING)
    elements.apply(Delta(orset=ORSetDelta(added=[THEIRS])))
    assert "" in elements
    elements.add("")
    assert not elements.changed()
    elements.discard("")
    assert list(elements.delta().orset.removed) == [THEIRS]
    elements.add("")
    assert not elements.changed()
    elements.apply(Delta(orset=ORSetDelta(removed=[OURS])))
    assert set(elements) == {""}, "removed by another form"


def test_an_element_in_two_forms() -> None:
    # To the proxy these are two (REP-EQ-001); whoever reads the set sees one, and removes both.
    elements = ORSet(crdt.STRING)
    elements.apply(Delta(orset=ORSetDelta(added=[OURS, THEIRS])))
    assert list(elements) == [""]
    assert len(elements) == 1
    elements.remove("")
    assert list(elements.delta().orset.removed) == [OURS, THEIRS]
    assert not elements
    elements.rollback()
    elements.apply(Delta(orset=ORSetDelta(removed=[OURS])))
    assert list(elements) == [""]


def test_a_key_in_the_form_of_others() -> None:
    counters = PNCounterMap(crdt.STRING)
    entry = PNCounterMapEntryDelta(key=THEIRS, change=2)
    counters.apply(Delta(pncounter_map=PNCounterMapDelta(added=[entry])))
    counters.increment("")
    assert [told.key for told in counters.delta().pncounter_map.updated] == [THEIRS]
    del counters[""]
    assert list(counters.delta().pncounter_map.removed) == [THEIRS]
