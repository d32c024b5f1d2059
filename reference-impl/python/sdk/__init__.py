"""Turns Python objects into a Stateward user function.

It answers discovery, serves the entities that it is given, and stops in order. A user
function is a gRPC server. The proxy connects to it, asks what it serves (Discover), and then
opens one stream for each entity that is in use. On that stream it gives the entity what was
stored of it, sends it commands, and keeps what it answers. The function never sees a
database, and holds nothing that a restart could lose.

A kind of entity is a package of its own: `sdk.eventsourced`, `sdk.value`, `sdk.replicated`,
`sdk.action`. A whole program is

    sys.exit(sdk.main(sdk.Config(name="shopping-cart", version="1.0.0", entities=[cart])))

Read on in this order: function.py (what a function is), discovery.py (what it says of
itself), serve.py, rpc.py and call.py (how it lives and ends, and how gRPC calls it), stream.py
and conversation.py (what is said on one stream), context.py (what a command's handler sees),
command.py, capability.py and connections.py (when it is given up, what its connection allows,
and whose that is), definition.py (what every kind's author writes alike), multiplex (many
entities on one stream), then the kinds.
"""

from sdk.cloudstate import DIALECT_CLOUDSTATE, DIALECT_V1, Cloudstate
from sdk.context import Call, Context
from sdk.failure import Code, Error, MistakesError
from sdk.function import Config, Function
from sdk.health import Health
from sdk.metadata import Metadata
from sdk.program import main
from sdk.serve import Server
from sdk.version import NAME, VERSION

__all__ = [
    "Config",
    "Function",
    "MistakesError",
    "main",
    "Server",
    "Health",
    "Context",
    "Call",
    "Metadata",
    "Error",
    "Code",
    "Cloudstate",
    "DIALECT_V1",
    "DIALECT_CLOUDSTATE",
    "NAME",
    "VERSION",
]
