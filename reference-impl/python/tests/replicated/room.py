"""The entity under test: the people in a room."""

from collections.abc import Callable, Coroutine
from typing import Any

from stateward.replicated.v1.replicated_pb2 import Delta, HandleRequest
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
from sdktest import Conversation
from sdktest import replicated as says

PRESENCE = presence_pb2.DESCRIPTOR.services_by_name["PresenceService"]
People = ORSet[str]
Answer = JoinResponse | None
OnJoin = Callable[[replicated.Context, People, JoinRequest], Answer | Coroutine[Any, Any, Answer]]


def new_room(on_join: OnJoin) -> replicated.Entity[People]:
    """Return an entity whose Join does this."""
    room = replicated.Entity(PRESENCE, "room", lambda _: ORSet(STRING))

    @room.command("Join")
    def join(
        ctx: replicated.Context, people: People, request: JoinRequest
    ) -> Answer | Coroutine[Any, Any, Answer]:
        return on_join(ctx, people, request)

    @room.command("GetPeople")
    def get_people(ctx: replicated.Context, people: People, request: GetPeopleRequest) -> GetPeopleResponse:
        return GetPeopleResponse(people=sorted(people))

    @room.command("CloseRoom")
    def close_room(ctx: replicated.Context, people: People, request: CloseRoomRequest) -> CloseRoomResponse:
        ctx.delete()
        return CloseRoomResponse()

    assert room.mistakes() == []
    return room


async def opened(entity: replicated.Entity[Any], delta: Delta | None = None) -> Conversation:
    """Return a stream that has begun, to the entity "e"."""
    stream = Conversation(entity)
    assert await stream.say(says.init(entity.service.full_name, "e", delta)) is None
    assert stream.more
    return stream


async def people_in(stream: Conversation) -> list[str]:
    """Return what the next command sees of the value."""
    answer = await stream.say(says.command("e", 99, "GetPeople", GetPeopleRequest(room_id="e")))
    response = GetPeopleResponse()
    assert answer.reply.client_action.reply.payload.Unpack(response), answer
    return list(response.people)


def join(command_id: int, person: str, *, streamed: bool = True) -> HandleRequest:
    return says.command("e", command_id, "Join", JoinRequest(room_id="e", person=person), streamed=streamed)
