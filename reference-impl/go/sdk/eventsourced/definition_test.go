package eventsourced

import (
	"strings"
	"testing"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/reflect/protoreflect"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
)

func TestValidDefinition(t *testing.T) {
	t.Parallel()
	if err := newTally(nil).Validate(); err != nil {
		t.Error(err)
	}
}

// Every mistake of an author is named before the function serves.
func TestMistakes(t *testing.T) {
	t.Parallel()
	type request = *cartv1.GetCartRequest
	type response = *cartv1.GetCartResponse
	handle := func(*Context, *tally, request) (response, error) { return nil, nil }

	for name, c := range map[string]struct {
		mistake func(*Entity[tally])
		want    string
	}{
		"unknown method":        {func(e *Entity[tally]) { Handle(e, "GetCarts", handle) }, `no method "GetCarts"`},
		"types of another":      {func(e *Entity[tally]) { Handle(e, "AddItem", handle) }, "AddItem takes stateward.samples.cart.v1.AddItemRequest"},
		"two handlers":          {func(e *Entity[tally]) { Handle(e, "GetCart", handle) }, "GetCart has two handlers"},
		"two appliers":          {func(e *Entity[tally]) { Apply(e, func(*tally, *cartv1.ItemAdded) {}) }, "ItemAdded are applied twice"},
		"two snapshots":         {func(e *Entity[tally]) { Snapshot(e, 1, saveNothing, restoreNothing) }, "two kinds of snapshot"},
		"snapshot after 0":      {func(e *Entity[tally]) { Snapshot(e, 0, saveNothing, restoreNothing) }, "after every 0 events"},
		"timeout of 0":          {func(e *Entity[tally]) { e.PassivateAfter(0) }, "DISC-ENT-004"},
		"timeout of 1 µs":       {func(e *Entity[tally]) { e.PassivateAfter(time.Microsecond) }, "DISC-ENT-004"},
		"no handler":            {func(e *Entity[tally]) { *e = *withService(e.Service(), "x") }, "ShoppingCartService.AddItem: no handler"},
		"no such service":       {func(e *Entity[tally]) { *e = *withService(nil, "x") }, "no such service"},
		"no persistence id":     {func(e *Entity[tally]) { *e = *withService(e.Service(), "") }, "DISC-ENT-002"},
		"a method that streams": {func(e *Entity[tally]) { *e = *withService(health(), "x") }, "DISC-METHOD-001"},
		"inputs without key":    {func(e *Entity[tally]) { *e = *withService(health(), "x") }, "DISC-KEY-001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entity := newTally(nil)
			c.mistake(entity)
			if err := entity.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
}

// withService is an entity of this service with one handler, for whichever
// method: without a service, New and Handle leave the mistake to Validate.
func withService(service protoreflect.ServiceDescriptor, persistenceID string) *Entity[tally] {
	entity := New(service, persistenceID, func(string) *tally { return &tally{} })
	Handle(entity, "GetCart", func(*Context, *tally, *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) { return nil, nil })
	return entity
}

// health is a service whose inputs have no key, and one of whose methods streams.
func health() protoreflect.ServiceDescriptor {
	return healthv1.File_grpc_health_v1_health_proto.Services().ByName("Health")
}

func saveNothing(*tally) *cartv1.CartSnapshot     { return nil }
func restoreNothing(*tally, *cartv1.CartSnapshot) {}
