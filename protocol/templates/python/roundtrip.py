"""Imports every generated module, and takes vectors of a function's incoming
messages through the generated code: JSON to bytes, and bytes back to the same
message.

    PYTHONPATH=gen .venv/bin/python roundtrip.py vectors/eventsourced/handle_request.json
"""

import importlib
import json
import sys
from pathlib import Path

# The vectors hold some of google.protobuf's messages.
from google.protobuf import json_format, wrappers_pb2  # noqa: F401
from stateward.eventsourced.v1.eventsourced_pb2 import HandleRequest


def import_all(gen: Path) -> int:
    modules = sorted(gen.rglob("*_pb2*.py"))
    for module in modules:
        importlib.import_module(".".join(module.relative_to(gen).with_suffix("").parts))
    return len(modules)


def round_trip(vector: dict) -> None:
    from_json = json_format.ParseDict(vector["json"], HandleRequest())
    encoded = from_json.SerializeToString(deterministic=True)
    if encoded.hex() != vector["hex"]:
        sys.exit(f"{vector['name']}: encoded {encoded.hex()}, want {vector['hex']}")
    from_hex = HandleRequest.FromString(encoded)
    if from_hex != from_json:
        sys.exit(f"{vector['name']}: decoded {from_hex}, want {from_json}")


def main(name: str) -> None:
    imported = import_all(Path(__file__).parent / "gen")
    vectors = [v for v in json.loads(Path(name).read_text())["vectors"] if v["rule"] == "both ways"]
    if not imported or not vectors:
        sys.exit(f"nothing to try: {imported} modules, {len(vectors)} vectors in {name}")
    for vector in vectors:
        round_trip(vector)
    print(f"python: {imported} modules imported; {len(vectors)} vectors, both ways")


if __name__ == "__main__":
    main(sys.argv[1])
