"""Speaks to one entity, with no network between."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from stateward.discovery.v1.discovery_pb2 import Capability, DiscoverRequest

from sdk import eventsourced, value
from sdk.capability import Connection
from sdk.context import Scope
from sdk.eventsourced.service import Conversation as EventSourced
from sdk.value.service import Conversation as Value


class Conversation:
    """One stream to an entity: what is said to it, and what it answers."""

    def __init__(
        self, entity: eventsourced.Entity[Any] | value.Entity[Any], capabilities: Sequence[Capability] = ()
    ) -> None:
        """Begin a stream of a proxy that has announced these capabilities."""
        self.scope = Scope(Connection(DiscoverRequest(capabilities=capabilities)))
        self.more = True
        """The function has not ended the stream."""
        definitions: Mapping[str, Any] = {entity.service.full_name: entity}
        kind: type[EventSourced] | type[Value] = (
            EventSourced if isinstance(entity, eventsourced.Entity) else Value
        )
        self._step: Any = kind(logging.getLogger("sdktest"), definitions, self.scope).step

    async def say(self, *requests: Any) -> Any:
        """Say these messages, and return what answers the last one; None where nothing does.

        Nothing answers the others.
        """
        answers: Sequence[Any] = ()
        for request in requests:
            assert self.more, "the stream has ended"
            assert not answers, f"answered in between: {answers}"
            if not self.scope.outstanding.hear(request):
                turn = await self._step(request)
                answers, self.more = turn.answers, turn.more
        assert len(answers) <= 1
        return answers[0] if answers else None
