"""What a handler of a replicated entity sees."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import Message
from stateward.entity.v1.entity_pb2 import Command
from stateward.replicated.v1 import replicated_pb2

from sdk import context
from sdk.context import Surroundings

LOCAL = replicated_pb2.WRITE_CONSISTENCY_LOCAL
"""Waits for nobody."""
MAJORITY = replicated_pb2.WRITE_CONSISTENCY_MAJORITY
"""Waits for more than half of the proxies, and the store."""
ALL = replicated_pb2.WRITE_CONSISTENCY_ALL
"""Waits for every proxy, and the store."""


class News(context.Context):
    """What a watch knows of the command that opened its call, and asks for besides the response."""

    def __init__(self, command: Command, surroundings: Surroundings) -> None:
        super().__init__(command, surroundings)
        self.ends = False
        """Whether the message is the last. It is for the kind."""

    def end(self) -> None:
        """End the call with this message."""
        self.ends = True


class Context(context.Context):
    """What a handler knows of its command, and asks for besides the response."""

    def __init__(self, command: Command, surroundings: Surroundings) -> None:
        super().__init__(command, surroundings)
        self.write_consistency: replicated_pb2.WriteConsistency = LOCAL
        """Whom the command's change waits for; where there is none, nobody is waited for.

        One that is not reached within 5 s fails the command with DEADLINE_EXCEEDED; the
        change stays.
        """
        self.deleted = False
        """Whether the entity is to be deleted. It is for the kind."""
        self.watcher: Watch | None = None
        """Keeps the call open. It is for the kind."""

    def delete(self) -> None:
        """Delete the entity, on every proxy and for ever: later commands get NOT_FOUND.

        What else the command did to the value is left out.
        """
        self.deleted = True

    def watch(
        self,
        changed: Callable[[News], Message | None],
        cancelled: Callable[["Context"], None] | None = None,
    ) -> None:
        """Keep the call open, whose method streams its responses; any other call ends all the same.

        `changed` returns what to say of the value, which has just been changed: by another
        command, from elsewhere, or at the end of another call. None says nothing; an
        `sdk.Error` ends the call with it. It changes no value.

        `cancelled` is called when the call has ended otherwise than by `News.end`: its caller
        has gone, or an error ended it. It may change the value and ask for effects; with an
        `sdk.Error` it did neither. Nobody hears more.

        Both are plain functions, called by the entity, one at a time.
        """
        if inspect.iscoroutinefunction(changed) or inspect.iscoroutinefunction(cancelled):
            raise TypeError("a watch is of plain functions")
        self.watcher = Watch(changed, cancelled)


@dataclass(frozen=True)
class Watch:
    """What keeps a streamed call open."""

    changed: Callable[[News], Message | None]
    cancelled: Callable[[Context], None] | None
