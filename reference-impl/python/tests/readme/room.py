"""The replicated entity of README.md."""

from stateward.samples.presence.v1 import presence_pb2
from stateward.samples.presence.v1.presence_pb2 import (
    CloseRoomRequest,
    CloseRoomResponse,
    GetPeopleRequest,
    GetPeopleResponse,
    JoinRequest,
    JoinResponse,
)

from sdk import replicated
from sdk.replicated.crdt import STRING, ORSet

PRESENCE = presence_pb2.DESCRIPTOR.services_by_name["PresenceService"]

room = replicated.Entity(PRESENCE, "room", lambda room_id: ORSet(STRING))


@room.command("Join")
def join(ctx: replicated.Context, people: ORSet[str], request: JoinRequest) -> JoinResponse:
    people.add(request.person)
    ctx.watch(
        lambda _: JoinResponse(people=sorted(people)),  # whenever somebody comes or goes
        lambda _: people.discard(request.person),  # when the caller has gone
    )
    return JoinResponse(people=sorted(people))


@room.command("GetPeople")
def get_people(ctx: replicated.Context, people: ORSet[str], request: GetPeopleRequest) -> GetPeopleResponse:
    return GetPeopleResponse(people=sorted(people))


@room.command("CloseRoom")
def close_room(ctx: replicated.Context, people: ORSet[str], request: CloseRoomRequest) -> CloseRoomResponse:
    ctx.delete()
    return CloseRoomResponse()
