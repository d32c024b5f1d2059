"""Every requirement of the function is cited by a test."""

import json
import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

UNTESTED = {
    "ACT-ANSWER-010": "whether a handler has an answer is its author's own affair",
    "CORE-READ-001": "what a handler emits is its author's own affair",
    "CORE-PAYLOAD-007": "no value of the library holds JSON: it refuses a type that it does not know",
    "DISC-ENT-006": "a function is made of the entities that it lists: no other can be served",
    "MUX-CREDIT-008": "the library may, and need not",
    "REP-TYPE-005": "how a new value looks is its author's own affair; the library gives the entity's id",
    "REP-UPD-003": "the library may, and need not",
}
"""Says of a requirement why nothing here can break it."""


def cited(text: str) -> set[str]:
    """Return the ids that stand in the text, and those between two of them: "REP-LWW-001 to REP-LWW-003"."""
    ids = set(re.findall(r"[A-Z]+-[A-Z]+-\d{3}", text))
    for area, first, last in re.findall(r"([A-Z]+-[A-Z]+)-(\d{3}) to \1-(\d{3})", text):
        ids |= {f"{area}-{number:03}" for number in range(int(first), int(last) + 1)}
    return ids


def test_every_requirement_is_cited() -> None:
    profiles = set((HERE.parent / "profiles").read_text().split()) - {"http"}  # http binds proxies
    tests = "".join(path.read_text() for path in HERE.rglob("*.py") if path != Path(__file__))
    requirements = json.loads((ROOT / "protocol/requirements.json").read_text())["requirements"]
    bound = {one["id"] for one in requirements if one["role"] == "function" and one["profile"] in profiles}
    assert len(bound) > 100
    assert not sorted(bound - UNTESTED.keys() - cited(tests))
    assert UNTESTED.keys() <= bound
