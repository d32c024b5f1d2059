package wire_test

import (
	"strings"
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
		Name: "v1", Major: 1, Minor: 1,
		Discover:    "/stateward.discovery.v1.DiscoveryService/Discover",
		ReportError: "/stateward.discovery.v1.DiscoveryService/ReportError",
		Multiplex:   "/stateward.multiplex.v1.MultiplexService/Handle",
		Watch:       "/stateward.lifecycle.v1.LifecycleService/Watch",
		EntityKeys:  []protowire.Number{84080},
		Eventing:    84081,
		ReadOnly:    84082,
		Access:      84083, ServiceAccess: 84084,
		Entities: []wire.Entity{
			{Kind: wire.EventSourced, Type: "stateward.eventsourced.v1.EventSourcedService", Handle: "/stateward.eventsourced.v1.EventSourcedService/Handle"},
			{Kind: wire.Value, Type: "stateward.value.v1.ValueEntityService", Handle: "/stateward.value.v1.ValueEntityService/Handle"},
			{Kind: wire.Replicated, Type: "stateward.replicated.v1.ReplicatedEntityService", Handle: "/stateward.replicated.v1.ReplicatedEntityService/Handle"},
			{Kind: wire.Action, Type: "stateward.action.v1.ActionService", Calls: [wire.Shapes]string{
				"/stateward.action.v1.ActionService/HandleUnary",
				"/stateward.action.v1.ActionService/HandleStreamedIn",
				"/stateward.action.v1.ActionService/HandleStreamedOut",
				"/stateward.action.v1.ActionService/HandleStreamed",
			}},
		},
	}
	if diff := cmp.Diff(want, wire.V1()); diff != "" {
		t.Error(diff)
	}
}

func TestCloudstateNamesOnTheWire(t *testing.T) {
	t.Parallel()
	want := wire.Dialect{
		Name: "cloudstate-0.2", Cloudstate: true, Major: 0, Minor: 2,
		Discover:    "/cloudstate.EntityDiscovery/discover",
		ReportError: "/cloudstate.EntityDiscovery/reportError",
		EntityKeys:  []protowire.Number{1080, 50002},
		Eventing:    1081,
		Entities: []wire.Entity{
			{Kind: wire.EventSourced, Type: "cloudstate.eventsourced.EventSourced", Handle: "/cloudstate.eventsourced.EventSourced/handle"},
			{Kind: wire.Value, Type: "cloudstate.valueentity.ValueEntity", Handle: "/cloudstate.valueentity.ValueEntity/handle"},
			{Kind: wire.Replicated, Type: "cloudstate.crdt.Crdt", Handle: "/cloudstate.crdt.Crdt/handle"},
			{Kind: wire.Action, Type: "cloudstate.action.ActionProtocol", Calls: [wire.Shapes]string{
				"/cloudstate.action.ActionProtocol/handleUnary",
				"/cloudstate.action.ActionProtocol/handleStreamedIn",
				"/cloudstate.action.ActionProtocol/handleStreamedOut",
				"/cloudstate.action.ActionProtocol/handleStreamed",
			}},
		},
		Lacks: wire.Cloudstate().Lacks, // TestLacksIsWhatTheProtosCallNew
	}
	if diff := cmp.Diff(want, wire.Cloudstate()); diff != "" {
		t.Error(diff)
	}
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	for _, dialect := range []wire.Dialect{wire.V1(), wire.Cloudstate()} {
		for _, e := range dialect.Entities {
			if got, ok := dialect.OfType(e.Type); !ok || got != e {
				t.Errorf("OfType(%q) = %v, %v", e.Type, got, ok)
			}
			if got, ok := dialect.OfKind(e.Kind); !ok || got != e {
				t.Errorf("OfKind(%v) = %v, %v", e.Kind, got, ok)
			}
		}
		if _, ok := dialect.OfType("stateward.view.v1.ViewService"); ok {
			t.Error("an unknown type was found")
		}
		if _, ok := dialect.OfKind(0); ok {
			t.Error("the zero kind was found")
		}
	}
	want := []string{
		"cloudstate.eventsourced.EventSourced", "cloudstate.valueentity.ValueEntity",
		"cloudstate.crdt.Crdt", "cloudstate.action.ActionProtocol",
	}
	if diff := cmp.Diff(want, wire.Cloudstate().Types()); diff != "" {
		t.Error(diff)
	}
}

// Which shapes a method of each kind may have: DISC-METHOD-001, ACT-DISC-002.
func TestShapesOfKinds(t *testing.T) {
	t.Parallel()
	allowed := map[wire.Kind]string{
		wire.EventSourced: "unary", wire.Value: "unary", wire.Replicated: "unary, streamed out",
		wire.Action: "unary, streamed in, streamed out, streamed", 0: "",
	}
	for kind, want := range allowed {
		var got []string
		for _, requests := range []bool{false, true} {
			for _, responses := range []bool{false, true} {
				shape := wire.ShapeOf(requests, responses)
				if shape.Requests() != requests || shape.Responses() != responses {
					t.Errorf("the shape %v of %v, %v", shape, requests, responses)
				}
			}
		}
		for shape := range wire.Shapes {
			if kind.Allows(shape) {
				got = append(got, shape.String())
			}
		}
		if joined := strings.Join(got, ", "); joined != want {
			t.Errorf("%v entities may have methods that are %s; want %s", kind, joined, want)
		}
		if kind.Stateful() != (kind != 0 && kind != wire.Action) {
			t.Errorf("%v entities have state: %v", kind, kind.Stateful())
		}
	}
}

// TestChoice covers the table of DIA-CHOICE-001 and DIA-CHOICE-005, and what
// DIA-CHOICE-006 says of another value.
func TestChoice(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"auto": {"v1", "cloudstate-0.2"}, "v1": {"v1"}, "cloudstate-0.2": {"cloudstate-0.2"}, "": nil, "v2": nil,
	} {
		asked, err := wire.Choice(name)
		var got []string
		for _, dialect := range asked {
			got = append(got, dialect.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
		if want == nil && (err == nil || !strings.HasSuffix(err.Error(), "auto, v1 and cloudstate-0.2")) {
			t.Errorf("%q is refused by %v", name, err)
		}
	}
}
