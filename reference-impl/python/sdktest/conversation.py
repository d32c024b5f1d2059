"""Speaks to one entity, with no network between."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from stateward.discovery.v1.discovery_pb2 import Capability, DiscoverRequest

from sdk import eventsourced, replicated, value
from sdk.capability import Connection
from sdk.context import Surroundings
from sdk.eventsourced.service import Conversation as EventSourced
from sdk.replicated.service import Conversation as Replicated
from sdk.value.service import Conversation as Value

Entity = eventsourced.Entity[Any] | replicated.Entity[Any] | value.Entity[Any]


class Conversation:
    """One stream to an entity: what is said to it, and what it answers."""

    def __init__(self, entity: Entity, capabilities: Sequence[Capability] = ()) -> None:
        """Begin a stream of a proxy that has announced these capabilities."""
        self.surroundings = Surroundings(Connection(DiscoverRequest(capabilities=capabilities)))
        self.more = True
        """The function has not ended the stream."""
        definitions: Mapping[str, Any] = {entity.service.full_name: entity}
        log = logging.getLogger("sdktest")
        match entity:
            case eventsourced.Entity():
                self._step: Any = EventSourced(log, definitions, self.surroundings).step
            case replicated.Entity():
                self._step = Replicated(log, definitions, self.surroundings).step
            case value.Entity():
                self._step = Value(log, definitions, self.surroundings).step

    async def say(self, *requests: Any) -> Any:
        """Say these messages, and return what answers the last one; None where nothing does.

        Nothing answers the others.
        """
        answers: Sequence[Any] = ()
        for request in requests:
            assert not answers, f"answered in between: {answers}"
            answers = await self.say_all(request)
        assert len(answers) <= 1
        return answers[0] if answers else None

    async def say_all(self, *requests: Any) -> list[Any]:
        """Say these messages, and return all that is said after the last one, in order."""
        answers: list[Any] = []
        for request in requests:
            assert self.more, "the stream has ended"
            answers = []
            if not self.surroundings.outstanding.hear(request):
                taken = await self._step(request)
                answers, self.more = list(taken.answers), taken.more
        return answers
