package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/stateward/stateward/proxy/internal/wire"
)

// What is on the wire is written out here, so that no renaming of a generated
// constant can change it unseen.
func TestV1NamesOnTheWire(t *testing.T) {
	t.Parallel()
	want := wire.Dialect{
		Name: "v1", Major: 1, Minor: 0,
		Discover:    "/stateward.discovery.v1.DiscoveryService/Discover",
		ReportError: "/stateward.discovery.v1.DiscoveryService/ReportError",
		EntityKeys:  []protowire.Number{84080},
		Eventing:    84081,
		ReadOnly:    84082,
		Entities: []wire.Entity{{
			Kind:   wire.EventSourced,
			Type:   "stateward.eventsourced.v1.EventSourcedService",
			Handle: "/stateward.eventsourced.v1.EventSourcedService/Handle",
		}},
	}
	if diff := cmp.Diff(want, wire.V1()); diff != "" {
		t.Error(diff)
	}
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	v1 := wire.V1()
	for _, e := range v1.Entities {
		if got, ok := v1.OfType(e.Type); !ok || got != e {
			t.Errorf("OfType(%q) = %v, %v", e.Type, got, ok)
		}
		if got, ok := v1.OfKind(e.Kind); !ok || got != e {
			t.Errorf("OfKind(%v) = %v, %v", e.Kind, got, ok)
		}
	}
	if _, ok := v1.OfType("stateward.view.v1.ViewService"); ok {
		t.Error("an unknown type was found")
	}
	if _, ok := v1.OfKind(0); ok {
		t.Error("the zero kind was found")
	}
	if diff := cmp.Diff([]string{"stateward.eventsourced.v1.EventSourcedService"}, v1.Types()); diff != "" {
		t.Error(diff)
	}
}
