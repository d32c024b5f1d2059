package replicated

import (
	"strings"
	"testing"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/reflect/protoreflect"

	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

func TestValidDefinition(t *testing.T) {
	t.Parallel()
	if err := newRoom(nil).Validate(); err != nil {
		t.Error(err)
	}
}

// Every mistake of an author is named before the function serves.
func TestMistakes(t *testing.T) {
	t.Parallel()
	type request = *presencev1.GetPeopleRequest
	type response = *presencev1.GetPeopleResponse
	handle := func(*Context, people, request) (response, error) { return nil, nil }
	service := newRoom(nil).Service()

	for name, c := range map[string]struct {
		entity func() *Entity[people]
		want   string
	}{
		"unknown method":     {func() *Entity[people] { e := newRoom(nil); Handle(e, "GetRooms", handle); return e }, `no method "GetRooms"`},
		"types of another":   {func() *Entity[people] { e := newRoom(nil); Handle(e, "CloseRoom", handle); return e }, "CloseRoom takes stateward.samples.presence.v1.CloseRoomRequest"},
		"two handlers":       {func() *Entity[people] { e := newRoom(nil); Handle(e, "GetPeople", handle); return e }, "GetPeople has two handlers"},
		"of another shape":   {func() *Entity[people] { return ofAnotherShape(service) }, "Join is streamed out, not unary"},
		"no handler":         {func() *Entity[people] { return bare(service, "x") }, "PresenceService.Join: no handler"},
		"no such service":    {func() *Entity[people] { return bare(nil, "x") }, "no such service"},
		"no persistence id":  {func() *Entity[people] { return bare(service, "") }, "DISC-ENT-002"},
		"timeout of 0":       {func() *Entity[people] { e := newRoom(nil); e.PassivateAfter(0); return e }, "DISC-ENT-004"},
		"inputs without key": {func() *Entity[people] { return bare(health(), "x") }, "DISC-KEY-001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := c.entity().Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
	// A stream of responses is what this kind alone may have (DISC-METHOD-001).
	if err := bare(health(), "x").Validate(); err == nil || strings.Contains(err.Error(), "DISC-METHOD-001") {
		t.Errorf("a stream of responses: %v", err)
	}
}

func bare(service protoreflect.ServiceDescriptor, persistenceID string) *Entity[people] {
	return New(service, persistenceID, func(string) people { return crdt.NewORSet(crdt.String()) })
}

func ofAnotherShape(service protoreflect.ServiceDescriptor) *Entity[people] {
	entity := bare(service, "x")
	Handle(entity, "Join", func(*Context, people, *presencev1.JoinRequest) (joined, error) { return nil, nil })
	return entity
}

// health is a service whose inputs have no key, and one of whose methods streams.
func health() protoreflect.ServiceDescriptor {
	return healthv1.File_grpc_health_v1_health_proto.Services().ByName("Health")
}
