"""The values of replicated entities.

They feel like Python's own: a counter is incremented, a set is iterated over, a map is
indexed; none of them knows of other proxies.

    visitors = crdt.ORSet(crdt.STRING)
    visitors.add("anna")
    for name in visitors: ...

Eight types may be an entity's value or stand in an `ORMap`: `GCounter`, `PNCounter`,
`GSet`, `ORSet`, `LWWRegister`, `Flag`, `ORMap`, `Vote`. Three maps with values of one type
are an entity's value alone: `PNCounterMap`, `LWWRegisterMap`, `ORMultiMap`.

What makes them replicated is in the background (see `Value`): what came from elsewhere is
applied as a delta, and what a handler changed is collected as one. A value merges nothing
and keeps no clock; that is the proxy's (see protocol/spec/replicated-types.md).

Read on in this order: value.py, gcounter.py (the smallest), table.py, elements.py and orset.py
(what a collection remembers of its changes), entries.py and ormap.py.
"""

from sdk.replicated.crdt.codec import (
    BOOL,
    BYTES,
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    STRING,
    UINT32,
    UINT64,
    Codec,
    message,
)
from sdk.replicated.crdt.flag import Flag
from sdk.replicated.crdt.gcounter import GCounter
from sdk.replicated.crdt.gset import GSet
from sdk.replicated.crdt.lwwregister import Clock, LWWRegister
from sdk.replicated.crdt.lwwregistermap import LWWRegisterMap
from sdk.replicated.crdt.ormap import ORMap
from sdk.replicated.crdt.ormultimap import ORMultiMap
from sdk.replicated.crdt.orset import ORSet
from sdk.replicated.crdt.pncounter import PNCounter
from sdk.replicated.crdt.pncountermap import PNCounterMap
from sdk.replicated.crdt.value import DeltaError, Entry, RangeError, Value
from sdk.replicated.crdt.vote import Vote

__all__ = [
    "BOOL",
    "BYTES",
    "DOUBLE",
    "FLOAT",
    "INT32",
    "INT64",
    "STRING",
    "UINT32",
    "UINT64",
    "Clock",
    "Codec",
    "DeltaError",
    "Entry",
    "Flag",
    "GCounter",
    "GSet",
    "LWWRegister",
    "LWWRegisterMap",
    "ORMap",
    "ORMultiMap",
    "ORSet",
    "PNCounter",
    "PNCounterMap",
    "RangeError",
    "Value",
    "Vote",
    "message",
]
