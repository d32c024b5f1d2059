"""Serves entities of which every proxy holds a copy.

Each copy answers at once, and they become equal afterwards: what makes that safe is the
type of the value, one of those in `crdt`. An entity's author writes how a new value looks
(`Entity`) and what each command does to it (`Entity.command`). A handler changes the value
as it would change a collection of Python's; what it did is sent, and spreads.

    room = replicated.Entity(service, "room", lambda entity_id: crdt.ORSet(crdt.STRING))

    @room.command("Enter")
    def enter(ctx: replicated.Context, people: crdt.ORSet[str], request: EnterRequest) -> EnterResponse:
        people.add(request.person)
        return EnterResponse()

An entity does one thing at a time: a change from elsewhere, a command, the end of a call.
Many commands may be outstanding; they are answered in the order in which they came, each
as if it were alone (REP-TURN-007).

A failed command leaves no trace (REP-FAIL-003). The value knows what was done to it since
the last answer, for that is what the answer carries; the same knowledge undoes it.

A handler of a method that streams its responses may keep the call open, by a watch:

    @room.command("Join")
    def join(ctx: replicated.Context, people: crdt.ORSet[str], request: JoinRequest) -> JoinResponse:
        people.add(request.person)
        ctx.watch(
            lambda news: JoinResponse(people=sorted(people)),  # whenever the value has changed
            lambda ctx: people.discard(request.person),  # when the caller has left
        )
        return JoinResponse(people=sorted(people))

Read on in this order: entity.py, context.py, activation.py, service.py, then `crdt`.
"""

from sdk.replicated import crdt
from sdk.replicated.context import ALL, LOCAL, MAJORITY, Context, News
from sdk.replicated.entity import Entity

__all__ = ["Entity", "Context", "News", "LOCAL", "MAJORITY", "ALL", "crdt"]
