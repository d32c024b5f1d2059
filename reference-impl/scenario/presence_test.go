package scenario_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	"github.com/stateward/stateward/tck/subject"
)

// usePresence enters and leaves a room, watches others do so, and kills each side
// while a call is open.
func usePresence(t *testing.T, house *site) {
	t.Helper()
	hall := &hall{t: t, house: house, room: "blue"}
	anna := hall.enter("anna")
	anna.told("anna")
	bert := hall.enter("bert")
	anna.told("anna", "bert")
	bert.told("anna", "bert")
	bert.leave()
	anna.told("anna")
	hall.holds("anna")

	hall.rest()
	house.restart(t, house.proxy)
	anna.ends(codes.Unavailable)
	hall.holds("anna") // whose proxy was killed: nobody has counted her out
	carl := hall.enter("carl")
	carl.told("anna", "carl")
	hall.rest()
	house.restart(t, house.function)
	carl.ends(house.refusal(codes.Unavailable))
	hall.holds("anna", "carl")

	dora := hall.enter("dora")
	dora.told("anna", "carl", "dora")
	if err := eventually(t.Context(), hall.close); err != nil {
		t.Fatal(err)
	}
	dora.ends(house.refusal(codes.NotFound))
	house.restart(t, house.proxy)
	if people, err := hall.people(t.Context()); err == nil {
		t.Fatalf("the room is closed, and %v are in it", people)
	}
}

// hall is one room, seen from outside.
type hall struct {
	t     *testing.T
	house *site
	room  string
}

// people reads who is in the room.
func (h *hall) people(ctx context.Context) (people []string, err error) {
	err = eventually(ctx, func(ctx context.Context) error {
		answer, err := h.house.conn.presence().GetPeople(ctx, &presencev1.GetPeopleRequest{RoomId: h.room})
		people = answer.GetPeople()
		return err
	})
	return people, err
}

func (h *hall) holds(want ...string) {
	h.t.Helper()
	if got, err := h.people(h.t.Context()); err != nil || !slices.Equal(got, want) {
		h.t.Fatalf("%v are in the room, %v, want %v", got, err, want)
	}
}

func (h *hall) close(ctx context.Context) error {
	_, err := h.house.conn.presence().CloseRoom(ctx, &presencev1.CloseRoomRequest{RoomId: h.room})
	return err
}

// rest waits until the store has what is known here. The writes of replicated entities
// follow one another: the second to end from now on has begun after all of it.
func (h *hall) rest() {
	h.t.Helper()
	lobby := &hall{t: h.t, house: h.house, room: "lobby"}
	for range 2 {
		before, err := h.house.counted(h.t.Context(), "changes_stored_total", "replicated")
		if err != nil {
			h.t.Fatal(err)
		}
		lobby.enter("a guest").told("a guest") // which is to be stored, too
		err = subject.Await(h.t.Context(), h.house.proxy.instance, patience, func(ctx context.Context) error {
			now, err := h.house.counted(ctx, "changes_stored_total", "replicated")
			if err == nil && now == before {
				err = errors.New("the store takes nothing")
			}
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// visit is an open call of somebody who is in the room.
type visit struct {
	t     *testing.T
	call  presencev1.PresenceService_JoinClient
	leave context.CancelFunc
}

func (h *hall) enter(person string) *visit {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	h.t.Cleanup(cancel)
	call, err := h.house.conn.presence().Join(ctx, &presencev1.JoinRequest{RoomId: h.room, Person: person})
	if err != nil {
		h.t.Fatal(err)
	}
	return &visit{t: h.t, call: call, leave: cancel}
}

func (v *visit) told(want ...string) {
	v.t.Helper()
	answer, err := v.call.Recv()
	if err != nil || !slices.Equal(answer.GetPeople(), want) {
		v.t.Fatalf("told of %v, %v, want %v", answer.GetPeople(), err, want)
	}
}

func (v *visit) ends(code codes.Code) {
	v.t.Helper()
	if answer, err := v.call.Recv(); status.Code(err) != code {
		v.t.Fatalf("the call goes on with %v, or ends with %v, want %v", answer, err, code)
	}
}
