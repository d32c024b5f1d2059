package replicated_test

import (
	"fmt"
	"slices"

	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

// Who is in a room, on whichever proxy: a set that every proxy changes at once, and calls
// that stay open and tell of each change.
func Example() {
	type people = *crdt.ORSet[string]
	service := presencev1.File_stateward_samples_presence_v1_presence_proto.Services().ByName("PresenceService")
	rooms := replicated.New(service, "presence", func(string) people { return crdt.NewORSet(crdt.String()) })
	replicated.HandleStreamed(rooms, "Join",
		func(_ *replicated.Context, people people, request *presencev1.JoinRequest) (
			*presencev1.JoinResponse, *replicated.Watch[*presencev1.JoinResponse], error,
		) {
			people.Add(request.GetPerson())
			return nil, &replicated.Watch[*presencev1.JoinResponse]{
				Changed: func(*replicated.News) (*presencev1.JoinResponse, error) {
					return &presencev1.JoinResponse{People: slices.Sorted(people.All())}, nil
				},
				Cancelled: func(*replicated.Context) error { // the caller has gone
					people.Delete(request.GetPerson())
					return nil
				},
			}, nil
		})
	replicated.Handle(rooms, "GetPeople",
		func(_ *replicated.Context, people people, _ *presencev1.GetPeopleRequest) (*presencev1.GetPeopleResponse, error) {
			return &presencev1.GetPeopleResponse{People: slices.Sorted(people.All())}, nil
		})
	replicated.Handle(rooms, "CloseRoom",
		func(ctx *replicated.Context, _ people, _ *presencev1.CloseRoomRequest) (*presencev1.CloseRoomResponse, error) {
			ctx.SetWriteConsistency(replicated.Majority)
			ctx.Delete()
			return &presencev1.CloseRoomResponse{}, nil
		})

	_, err := sdk.New(sdk.Config{Name: "rooms", Version: "1.0.0", Entities: []sdk.Entity{rooms}})
	fmt.Println("mistakes:", err)
	// Output: mistakes: <nil>
}
