package main

import (
	"slices"

	"google.golang.org/grpc/codes"

	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

// calls is the value of the entity.
type calls = *crdt.ORMap[string, *crdt.PNCounter]

// presenceEntity binds the domain to the protos: which command does what, and
// what a call says that stays open.
func presenceEntity() sdk.Entity {
	service := presencev1.File_stateward_samples_presence_v1_presence_proto.Services().ByName("PresenceService")
	presence := replicated.New(service, "presence", newCalls)
	replicated.HandleStreamed(presence, "Join", join)
	replicated.Handle(presence, "GetPeople", getPeople)
	replicated.Handle(presence, "CloseRoom", closeRoom)
	return presence
}

// join enters the room and stays in it as long as the call is open: whenever
// somebody comes or goes, on this proxy or another, the caller is told.
func join(_ *replicated.Context, value calls, request *presencev1.JoinRequest) (
	*presencev1.JoinResponse, *replicated.Watch[*presencev1.JoinResponse], error,
) {
	room, person := Room{value}, request.GetPerson()
	if person == "" {
		return nil, nil, sdk.Errorf(codes.InvalidArgument, "who enters has a name")
	}
	if err := room.Enter(person); err != nil {
		return nil, nil, err
	}
	told := room.People()
	return &presencev1.JoinResponse{People: told}, &replicated.Watch[*presencev1.JoinResponse]{
		Changed: func(*replicated.News) (*presencev1.JoinResponse, error) {
			people := room.People()
			if slices.Equal(told, people) {
				return nil, nil // somebody has opened a second call
			}
			told = people
			return &presencev1.JoinResponse{People: people}, nil
		},
		Cancelled: func(*replicated.Context) error { return room.Leave(person) },
	}, nil
}

func getPeople(_ *replicated.Context, value calls, _ *presencev1.GetPeopleRequest) (*presencev1.GetPeopleResponse, error) {
	return &presencev1.GetPeopleResponse{People: Room{value}.People()}, nil
}

// closeRoom waits for most proxies: whoever is told that a room is closed finds
// it closed.
func closeRoom(ctx *replicated.Context, _ calls, _ *presencev1.CloseRoomRequest) (*presencev1.CloseRoomResponse, error) {
	ctx.SetWriteConsistency(replicated.Majority)
	ctx.Delete()
	return &presencev1.CloseRoomResponse{}, nil
}
