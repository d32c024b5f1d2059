"""What a function is."""

import logging
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sdk import discovery
from sdk.cloudstate import DIALECT_CLOUDSTATE, DIALECT_V1, Cloudstate
from sdk.definition import Definition
from sdk.failure import MistakesError
from sdk.health import Health


@dataclass(frozen=True, kw_only=True)
class Config:
    """Says what a function is."""

    name: str
    """The name of the user's service, for people; not empty."""
    version: str
    """Its version, for people; not empty."""
    entities: Sequence[Definition]
    """What the function serves; at least one. Order is free."""
    health: Health = field(default_factory=Health)
    """Says whether commands may be sent."""
    stop_within: timedelta = timedelta(seconds=5)
    """Bounds how long a proxy may take to hand the entities over once the function stops, and then
    again how long commands that are being handled may take to end; at least a millisecond."""
    cloudstate: Cloudstate | None = None
    """How the function is called in the dialect of Cloudstate 0.2, in which it is then served too;
    None means that it speaks version 1 alone."""
    dialect: str = ""
    """The only one to serve, DIALECT_V1 or DIALECT_CLOUDSTATE; empty means each that it speaks."""
    log: logging.Logger = logging.getLogger("stateward")  # noqa: RUF009 - one logger is the default of all
    """Gets what the function has to say."""

    def speaks(self, dialect: str) -> bool:
        """Say whether the function is served in the dialect."""
        can = dialect == DIALECT_V1 or (dialect == DIALECT_CLOUDSTATE and self.cloudstate is not None)
        return can and self.dialect in ("", dialect)

    def mistakes(self) -> Iterator[str]:
        """Yield every mistake: an author mends all at once, and no proxy is told a wrong thing."""
        if not self.name or not self.version:
            yield "a function has a name and a version (DISC-INFO-002)"
        if self.stop_within < timedelta(milliseconds=1):  # as grace, 0 would mean for ever
            yield f"stop_within is {self.stop_within}, below a millisecond (LIFE-DRAIN-001)"
        if not self.speaks(DIALECT_V1) and not self.speaks(DIALECT_CLOUDSTATE):
            yield f"the dialect is {self.dialect!r}, which the function does not speak"
        if not self.entities:
            yield "a function serves at least one entity (DISC-ENT-003)"
        for entity in self.entities:
            yield from entity.mistakes()
        for service, times in Counter(entity.service.full_name for entity in self.entities).items():
            if times > 1:
                yield f"{service}: listed {times} times (DISC-ENT-003)"
        for persistence_id, times in Counter(entity.persistence_id for entity in self.entities).items():
            if persistence_id and times > 1:
                yield f"persistence id {persistence_id!r}: of {times} entities (DISC-ENT-002)"
        if self.cloudstate is not None:
            yield from self.cloudstate.mistakes(self.entities)


class Function:
    """A user function that is ready to be served."""

    def __init__(self, config: Config) -> None:
        """Raise MistakesError where the configuration has any."""
        if mistakes := list(config.mistakes()):
            raise MistakesError(mistakes)
        self.config = config
        self.spec = discovery.describe(config.name, config.version, secrets.token_hex(16), config.entities)
        """What every Discover is answered with; never changed."""
