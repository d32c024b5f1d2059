"""Plays the proxy in tests, yours as well.

`Conversation` speaks to one entity, with no network between; `Proxy` speaks to a whole
function by gRPC. What the proxy says to each kind of entity is in a module of that name.
"""

from sdktest.conversation import Conversation
from sdktest.proxy import PATIENCE, Proxy, Wire, started

__all__ = ["PATIENCE", "Conversation", "Proxy", "Wire", "started"]
