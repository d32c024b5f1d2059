"""Metadata (META-GIVE-001, META-GIVE-002)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stateward.entity.v1 import entity_pb2

from sdk import Metadata
from sdk.metadata import MetadataError

keys = st.from_regex(r"[a-z0-9_.-]+", fullmatch=True)
pairs = st.lists(
    st.tuples(keys, st.text(st.characters(exclude_categories=["Cs"]))).filter(
        lambda p: not p[0].endswith("-bin")
    )
    | st.tuples(keys.map(lambda key: key + "-bin"), st.binary())
)


@given(pairs)
def test_round_trip(given_pairs: list[tuple[str, str | bytes]]) -> None:
    metadata = Metadata(given_pairs)
    message = metadata.message()
    if not given_pairs:
        assert message is None
        return
    assert message is not None
    assert Metadata.read(entity_pb2.Metadata.FromString(message.SerializeToString())) == metadata
    assert list(metadata) == given_pairs


def test_lookup() -> None:
    metadata = Metadata([("k", "1"), ("other", "2"), ("k", "3")])
    assert metadata.get("K") == "1"
    assert metadata.get("none") == ""
    assert metadata.values("k") == ["1", "3"]
    assert len(metadata) == 3
    assert metadata[1] == ("other", "2")


@pytest.mark.parametrize("pair", [("", "x"), ("Upper", "x"), ("a b", "x"), ("k", b"x"), ("k-bin", "x")])
def test_what_no_header_can_carry(pair: Any) -> None:
    with pytest.raises(MetadataError):
        Metadata([pair])


def test_whatever_the_proxy_sends_is_read() -> None:
    message = entity_pb2.Metadata(entries=[entity_pb2.MetadataEntry(key="UPPER")])
    assert list(Metadata.read(message)) == [("UPPER", "")]
    assert Metadata.read(message).values("Upper") == [""]
