package descriptor_test

import (
	"testing"

	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const (
	composite = discoveryv1.Capability_CAPABILITY_COMPOSITE_KEYS
	aliases   = discoveryv1.Capability_CAPABILITY_TYPE_ALIASES
	lifecycle = discoveryv1.Capability_CAPABILITY_LIFECYCLE
	cancel    = discoveryv1.Capability_CAPABILITY_CANCEL
)

// offer is that of a proxy of version 1 with the capabilities.
func offer(capabilities ...discoveryv1.Capability) descriptor.Offer {
	return descriptor.Offer{Dialect: wire.V1(), Capabilities: entity.CapabilitiesOf(capabilities...)}
}

// TestInForce covers DISC-CAP-004 and the sentence before DISC-CAP-001 that says what
// is in force: what both sides announce, however the function does it.
func TestInForce(t *testing.T) {
	t.Parallel()
	answer := descriptortest.Answer(descriptortest.Files())
	answer.ServiceInfo.Capabilities = []discoveryv1.Capability{0, cancel, 63, cancel, -1, 1 << 20, aliases}
	answer.ServiceInfo.IncarnationId = "a"
	registry, found := offer(cancel, composite).Build(answer)
	if len(found) > 0 {
		t.Fatal(found)
	}
	if got := registry.Capabilities(); got != entity.CapabilitiesOf(cancel) {
		t.Errorf("in force is %b", got)
	}
	if registry.Incarnation() != "a" {
		t.Errorf("the incarnation is %q", registry.Incarnation())
	}
}

// Which mistakes there are only where a capability is in force: those of composite keys
// (DISC-KEY-003, DISC-KEY-004), of type aliases (DISC-ALIAS-001) and of the lifecycle
// (LIFE-WATCH-010).
func TestMistakesOfCapabilities(t *testing.T) {
	t.Parallel()
	amount := func(f files) *descriptorpb.FieldDescriptorProto { return f.counter().GetMessageType()[0].GetField()[1] }
	alias := func(given ...string) func(*discoveryv1.DiscoverResponse) {
		return func(a *discoveryv1.DiscoverResponse) {
			for i := 0; i < len(given); i += 2 {
				a.Entities[0].TypeAliases = append(a.Entities[0].TypeAliases, &discoveryv1.TypeAlias{StoredName: given[i], Name: given[i+1]})
			}
		}
	}
	idPlace := counterFile + ":13:3 test.counter.v1.AddRequest.id"
	addPlace := counterFile + ":8:3 test.counter.v1.CounterService.Add"
	tests := map[string]badAnswer{
		"no key": {
			files: func(f files) { unmark(f.addID()) },
			want:  []want{{"DISC-KEY-003", "string, bool, enum or integer field", []string{counterFile + ":12:1 test.counter.v1.AddRequest", addPlace}}},
		},
		"a key of another type": {
			files: func(f files) { f.addID().Type = descriptorpb.FieldDescriptorProto_TYPE_BYTES.Enum() },
			want:  []want{{"DISC-KEY-003", `"test.counter.v1.AddRequest.id" is not a singular string, bool, enum or integer`, []string{idPlace, addPlace}}},
		},
		"a key that is a float": {
			files: func(f files) { f.addID().Type = descriptorpb.FieldDescriptorProto_TYPE_DOUBLE.Enum() },
			want:  []want{{"DISC-KEY-003", "is not a singular", []string{idPlace, addPlace}}},
		},
		"a key that is repeated": {
			files: func(f files) { f.addID().Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum() },
			want:  []want{{"DISC-KEY-003", "is not a singular", []string{idPlace, addPlace}}},
		},
		"a key in a oneof": {
			files: func(f files) {
				f.counter().GetMessageType()[0].OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: new("who")}}
				f.addID().OneofIndex = new(int32(0))
			},
			want: []want{{"DISC-KEY-003", "outside of every oneof", []string{idPlace, addPlace}}},
		},
		"another number of keys": {
			files: func(f files) { mark(amount(f)) },
			want: []want{{"DISC-KEY-004", `"test.counter.v1.GetRequest" has 1 entity keys, and "test.counter.v1.AddRequest" of the same service has 2`, []string{
				counterFile + ":21:1 test.counter.v1.GetRequest", counterFile + ":12:1 test.counter.v1.AddRequest",
			}}},
		},
		"aliases that are none": {
			answer: alias("", "b", "a", "", "a/b", "c", "c", "d/e"),
			want: []want{
				{"DISC-ALIAS-001", `"" for "b"`, nil},
				{"DISC-ALIAS-001", `"a" for ""`, nil},
				{"DISC-ALIAS-001", `"a/b" for "c"`, nil},
				{"DISC-ALIAS-001", `"c" for "d/e"`, nil},
			},
		},
		"two aliases for one name": {
			answer: alias("a", "b", "a", "c"),
			want:   []want{{"DISC-ALIAS-001", `two type aliases for the stored name "a"`, nil}},
		},
		"a chain of aliases": {
			answer: alias("a", "b", "b", "c"),
			want:   []want{{"DISC-ALIAS-001", `of "a" in the entity "test.counter.v1.CounterService" leads to "b"`, nil}},
		},
		"an alias for itself": {
			answer: alias("a", "a"),
			want:   []want{{"DISC-ALIAS-001", `leads to "a"`, nil}},
		},
		"aliases of a replicated entity": {
			answer: func(a *discoveryv1.DiscoverResponse) {
				replicated, _ := wire.V1().OfKind(wire.Replicated)
				a.Entities[0].EntityType = replicated.Type
				alias("a", "b")(a)
			},
			want: []want{{"DISC-ALIAS-001", "the replicated", nil}},
		},
		"no incarnation": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.ServiceInfo.IncarnationId = "" },
			want:   []want{{"LIFE-WATCH-010", "incarnation_id is empty", nil}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := descriptortest.Files()
			if test.files != nil {
				test.files(files{set})
			}
			answer := descriptortest.Answer(set)
			answer.ServiceInfo.Capabilities = []discoveryv1.Capability{composite, aliases, lifecycle}
			answer.ServiceInfo.IncarnationId = "a"
			if test.answer != nil {
				test.answer(answer)
			}
			registry, found := offer(composite, aliases, lifecycle).Build(answer)
			if registry != nil {
				t.Error("a registry was built")
			}
			checkMistakes(t, found, test.want)
		})
	}
}

// TestAliasesInForce covers DISC-ALIAS-004: aliases are of use where both sides have
// announced them, and nowhere else.
func TestAliasesInForce(t *testing.T) {
	t.Parallel()
	answer := descriptortest.Answer(descriptortest.Files())
	answer.Entities[0].TypeAliases = []*discoveryv1.TypeAlias{{StoredName: "a", Name: "c"}, {StoredName: "b", Name: "c"}}
	for _, announced := range []bool{false, true} {
		answer.ServiceInfo.Capabilities = nil
		if announced {
			answer.ServiceInfo.Capabilities = []discoveryv1.Capability{aliases}
		}
		registry, found := offer(aliases).Build(answer)
		if descriptor.Refuses(found) || (len(found) == 0) != announced {
			t.Fatalf("announced %v: %v", announced, found)
		}
		service, _ := registry.Service(descriptortest.Service)
		if inForce := service.Aliases["a"] == "c" && service.Aliases["b"] == "c"; inForce != announced {
			t.Errorf("announced %v: the aliases are %v", announced, service.Aliases)
		}
	}
}

// TestSchemas covers DISC-DRIFT-002 and DISC-DRIFT-003: the function's own name for its
// descriptors against what they are.
func TestSchemas(t *testing.T) {
	t.Parallel()
	schema := func(fingerprint string, set *descriptorpb.FileDescriptorSet) descriptor.Schema {
		answer := descriptortest.Answer(set)
		answer.ServiceInfo.SchemaFingerprint = fingerprint
		registry, found := descriptor.Build(wire.V1(), answer)
		if len(found) > 0 {
			t.Fatal(found)
		}
		return registry.Schema()
	}
	one, other := descriptortest.Files(), descriptortest.Files()
	files{other}.counter().Service = append(files{other}.counter().Service, &descriptorpb.ServiceDescriptorProto{Name: new("More")})
	tests := map[string]struct {
		last, now      descriptor.Schema
		drifted, wrong bool
	}{
		"the same":                         {schema("a", one), schema("a", one), false, false},
		"another one, and says so":         {schema("a", one), schema("b", other), true, false},
		"another one, and does not say so": {schema("a", one), schema("a", other), false, true},
		"another one, says nothing":        {schema("", one), schema("", other), false, false},
		"another one, no longer named":     {schema("a", one), schema("", other), false, false},
		"another one, not named before":    {schema("", one), schema("a", other), false, false},
		"the same, by another name":        {schema("a", one), schema("b", one), true, false},
		"the first of all":                 {descriptor.Schema{}, schema("a", one), false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if drifted := test.now.Drifted(test.last); drifted != test.drifted {
				t.Errorf("drifted: %v", drifted)
			}
			found := test.now.Drift(test.last)
			if (len(found) == 1) != test.wrong || descriptor.Refuses(found) {
				t.Fatalf("found %v", found)
			}
			if test.wrong && found[0].Requirement != "DISC-DRIFT-001" {
				t.Errorf("found %v", found)
			}
		})
	}
}
