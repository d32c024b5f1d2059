package descriptor_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// old are the counter's descriptors with the options of Cloudstate, declared by nobody.
func old(key protowire.Number) files {
	set := descriptortest.Files()
	set.File = set.GetFile()[2:]
	f := files{set}
	f.counter().Dependency = nil
	for _, n := range []int{0, 2} { // AddRequest and GetRequest
		markOld(f.counter().GetMessageType()[n].GetField()[0], key)
	}
	return f
}

// markOld puts the option with the number on the field.
func markOld(field *descriptorpb.FieldDescriptorProto, option protowire.Number) {
	field.Options = new(descriptorpb.FieldOptions)
	field.GetOptions().ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, option, protowire.VarintType), 1))
}

// oldAnswer is the answer of a function of 0.2 to discover.
func oldAnswer(f files, kinds ...wire.Kind) *discoveryv1.DiscoverResponse {
	answer := descriptortest.Answer(f.set)
	answer.ServiceInfo.ProtocolMajorVersion, answer.ServiceInfo.ProtocolMinorVersion = 0, 2
	for i, kind := range append(kinds, wire.EventSourced)[:1] {
		named, _ := wire.Cloudstate().OfKind(kind)
		answer.Entities[i].EntityType = named.Type
	}
	return answer
}

// TestCloudstateVersions covers DIA-VERSION-001 to DIA-VERSION-004: DIA-VERSION-001,
// DIA-VERSION-002, DIA-VERSION-003 and DIA-VERSION-004.
func TestCloudstateVersions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		major, minor int32
		kind         wire.Kind
		allowed      bool
		want         string // the mistake; empty when accepted
		text         string
	}{
		"0.2":                           {0, 2, wire.EventSourced, false, "", ""},
		"0.2, replicated":               {0, 2, wire.Replicated, false, "", ""},
		"none":                          {0, 0, wire.EventSourced, false, "", ""},
		"none, an action":               {0, 0, wire.Action, false, "", ""},
		"0.1":                           {0, 1, wire.Value, false, "", ""},
		"none, replicated":              {0, 0, wire.Replicated, false, "DIA-VERSION-003", `version 0.0, and its replicated entity "test.counter.v1.CounterService"`},
		"0.1, replicated":               {0, 1, wire.Replicated, false, "DIA-VERSION-003", "version 0.1"},
		"none, replicated, and allowed": {0, 0, wire.Replicated, true, "", ""},
		"0.3":                           {0, 3, wire.EventSourced, false, "DIA-VERSION-002", "version 0.3"},
		"1.0":                           {1, 0, wire.EventSourced, false, "DIA-VERSION-002", "version 1.0"},
		"1.2":                           {1, 2, wire.EventSourced, false, "DIA-VERSION-002", "version 1.2"},
		"below 0":                       {0, -1, wire.EventSourced, false, "DIA-VERSION-002", "version 0.-1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := oldAnswer(old(1080), test.kind)
			answer.ServiceInfo.ProtocolMajorVersion, answer.ServiceInfo.ProtocolMinorVersion = test.major, test.minor
			if name == "none" {
				answer.ServiceInfo = nil
			}
			_, found := descriptor.Offer{Dialect: wire.Cloudstate(), Unversioned: test.allowed}.Build(answer)
			switch {
			case test.want == "" && len(found) > 0:
				t.Error(found)
			case test.want != "" && (len(found) != 1 || found[0].Requirement != test.want || !strings.Contains(found[0].Text, test.text)):
				t.Errorf("found %v, want %s", found, test.want)
			}
		})
	}
}

// TestCloudstateKeys covers DIA-KEY-001 and DIA-KEY-002.
func TestCloudstateKeys(t *testing.T) {
	t.Parallel()
	amount := func(f files) *descriptorpb.FieldDescriptorProto { return f.counter().GetMessageType()[0].GetField()[1] }
	tests := map[string]struct {
		files func() files
		want  []string // requirements
	}{
		"the number of today": {func() files { return old(1080) }, nil},
		"the older number":    {func() files { return old(50002) }, nil},
		"both in one service": {func() files { f := old(1080); markOld(f.addID(), 50002); return f }, nil},
		"the name of the newer option with the older number": {func() files {
			f := old(50002)
			f.set.File = append(f.set.File, options("cloudstate.entity_key", 50002), protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto))
			return f
		}, nil},
		"several keys, of other types": {func() files { f := old(1080); markOld(amount(f), 50002); return f }, nil},
		"the option of version 1":      {func() files { return old(84080) }, []string{"DIA-KEY-002", "DIA-KEY-002"}},
		"no key":                       {func() files { f := old(1080); unmark(f.addID()); return f }, []string{"DIA-KEY-002"}},
		"a key that is repeated": {func() files {
			f := old(1080)
			f.addID().Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			return f
		}, []string{"DIA-KEY-002"}},
		"a key that is no string nor integer": {func() files {
			f := old(1080)
			f.addID().Type = descriptorpb.FieldDescriptorProto_TYPE_BYTES.Enum()
			return f
		}, []string{"DIA-KEY-002"}},
		"an integer beside a repeated one": {func() files {
			f := old(1080)
			markOld(amount(f), 1080)
			amount(f).Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			return f
		}, []string{"DIA-KEY-002"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, found := descriptor.Build(wire.Cloudstate(), oldAnswer(test.files()))
			var got []string
			for _, m := range found {
				got = append(got, m.Requirement)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %v, want %v", found, test.want)
			}
		})
	}
}

// options is a file that declares an option of fields under the name.
func options(name string, number int32) *descriptorpb.FileDescriptorProto {
	scope, short, _ := strings.Cut(name, ".")
	return &descriptorpb.FileDescriptorProto{
		Name: new(scope + "/options.proto"), Package: &scope, Syntax: new("proto3"),
		Dependency: []string{"google/protobuf/descriptor.proto"},
		Extension: []*descriptorpb.FieldDescriptorProto{{
			Name: &short, Number: &number, Extendee: new(".google.protobuf.FieldOptions"),
			Type: descriptorpb.FieldDescriptorProto_TYPE_BOOL.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}},
	}
}

// eventing puts the option with the number on the method.
func eventing(t *testing.T, method *descriptorpb.MethodDescriptorProto, option protowire.Number, value string) {
	t.Helper()
	setOptions(method, protowire.AppendString(protowire.AppendTag(nil, option, protowire.BytesType), value))
}

// eventLog is the value of an option that subscribes to the event log.
func eventLog(name string) string {
	source := protowire.AppendString(protowire.AppendTag(nil, 3, protowire.BytesType), name)
	return string(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), source))
}

// TestCloudstateAccepted covers DIA-DISC-001, DIA-DISC-002, DIA-DISC-003, DIA-DISC-004
// and DISC-DESC-003: what functions of that time send, and what is no mistake.
func TestCloudstateAccepted(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, f files) *discoveryv1.DiscoverResponse{
		"another edition of descriptor.proto, and files that nothing uses": func(_ *testing.T, f files) *discoveryv1.DiscoverResponse {
			edition := protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto)
			edition.MessageType = slices.DeleteFunc(edition.GetMessageType(), func(m *descriptorpb.DescriptorProto) bool { return m.GetName() == "GeneratedCodeInfo" })
			f.set.File = append([]*descriptorpb.FileDescriptorProto{options("cloudstate.entity_key", 1080), options("example.other", 1080)}, append(f.set.GetFile(), edition, proto.CloneOf(edition))...)
			return oldAnswer(f)
		},
		"a service that no entity serves": func(t *testing.T, f files) *discoveryv1.DiscoverResponse {
			t.Helper()
			unused := proto.CloneOf(f.counter().GetService()[0])
			unused.Name = new("Unused")
			unused.Method[0].InputType, unused.Method[0].ClientStreaming = new(".test.counter.v1.GetResponse"), new(true)
			eventing(t, unused.GetMethod()[0], 1081, "\xff")
			f.counter().Service = append(f.counter().Service, unused)
			return oldAnswer(f)
		},
		"an action that takes Any, and two methods on one event log": func(t *testing.T, f files) *discoveryv1.DiscoverResponse {
			t.Helper()
			f.set.File = append([]*descriptorpb.FileDescriptorProto{protodesc.ToFileDescriptorProto(anypb.File_google_protobuf_any_proto)}, f.set.GetFile()...)
			f.counter().Dependency = []string{"google/protobuf/any.proto"}
			methods := f.counter().GetService()[0].GetMethod()
			methods[0].InputType = new(".google.protobuf.Any")
			eventing(t, methods[0], 1081, eventLog("cart"))
			eventing(t, methods[1], 1081, eventLog("cart"))
			answer := oldAnswer(f, wire.Action)
			answer.Entities[0].PersistenceId = ""
			return answer
		},
		"the options of version 1 alone": func(t *testing.T, f files) *discoveryv1.DiscoverResponse {
			t.Helper()
			eventing(t, f.counter().GetService()[0].GetMethod()[0], 84081, "\xff")
			eventing(t, f.counter().GetService()[0].GetMethod()[1], 84082, "\xff")
			return oldAnswer(f)
		},
	}
	for name, build := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry, found := descriptor.Build(wire.Cloudstate(), build(t, old(1080)))
			if descriptor.Refuses(found) || slices.ContainsFunc(found, func(m descriptor.Mistake) bool { return !m.Untold }) {
				t.Fatalf("found %v", found)
			}
			if method, ok := registry.Method(descriptortest.Service, "Get"); !ok || method.ReadOnly {
				t.Errorf("the method is %+v", method)
			}
		})
	}
}

// TestCloudstateRefused holds what other chapters call a mistake against a function
// of 0.2: DISC-ENT-002, DISC-ENT-003 and DISC-DESC-001 among them, and DIA-DISC-008:
// an option of its own that cannot be read.
func TestCloudstateRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer func() *discoveryv1.DiscoverResponse
		want   string
	}{
		"no persistence id": {func() *discoveryv1.DiscoverResponse {
			a := oldAnswer(old(1080))
			a.Entities[0].PersistenceId = ""
			return a
		}, "DISC-ENT-002"},
		"one persistence id for two": {func() *discoveryv1.DiscoverResponse {
			f := old(1080)
			second := proto.CloneOf(f.counter().GetService()[0])
			second.Name = new("Second")
			f.counter().Service = append(f.counter().Service, second)
			a := oldAnswer(f)
			value, _ := wire.Cloudstate().OfKind(wire.Value)
			a.Entities = append(a.Entities, &discoveryv1.Entity{EntityType: value.Type, ServiceName: "test.counter.v1.Second", PersistenceId: "counter"})
			return a
		}, "DISC-ENT-002"},
		"listed twice": {func() *discoveryv1.DiscoverResponse {
			a := oldAnswer(old(1080))
			a.Entities = append(a.Entities, a.GetEntities()[0])
			return a
		}, "DISC-ENT-003"},
		"no descriptors": {func() *discoveryv1.DiscoverResponse {
			a := oldAnswer(old(1080))
			a.Proto = []byte("garbage")
			return a
		}, "DISC-DESC-001"},
		"a type of version 1": {func() *discoveryv1.DiscoverResponse {
			a := oldAnswer(old(1080))
			a.Entities[0].EntityType = eventSourced
			return a
		}, "DISC-ENT-001"},
		"an option eventing that cannot be read": {func() *discoveryv1.DiscoverResponse {
			f := old(1080)
			setOptions(f.counter().GetService()[0].GetMethod()[0], protowire.AppendString(protowire.AppendTag(nil, 1081, protowire.BytesType), "\xff"))
			return oldAnswer(f)
		}, "DISC-OPT-002"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry, found := descriptor.Build(wire.Cloudstate(), test.answer())
			if registry != nil || len(found) == 0 || found[0].Requirement != test.want {
				t.Errorf("found %v, want %s", found, test.want)
			}
		})
	}
}

// TestCloudstateSubscription covers DIA-DISC-007: what is not served stands in the log,
// and the function is told nothing.
func TestCloudstateSubscription(t *testing.T) {
	t.Parallel()
	f := old(1080)
	eventing(t, f.counter().GetService()[0].GetMethod()[0], 1081, eventLog("cart"))
	registry, found := descriptor.Build(wire.Cloudstate(), oldAnswer(f))
	if registry == nil || len(found) != 1 || !found[0].Untold || found[0].Requirement != "DIA-DISC-007" || !strings.Contains(found[0].Text, "CounterService.Add") {
		t.Errorf("found %v", found)
	}
}

// TestCloudstateFields covers DIA-FIELD-002 and DIA-CONN-004: what 0.2 lacks is not
// read of an answer either, and what the function takes is for the operator to say.
func TestCloudstateFields(t *testing.T) {
	t.Parallel()
	answer := oldAnswer(old(1080))
	answer.ServiceInfo.Capabilities = []discoveryv1.Capability{aliases, lifecycle, cancel}
	answer.ServiceInfo.OldestProtocolMinorVersion = 7
	answer.ServiceInfo.IncarnationId = strings.Repeat("i", 200)
	answer.ServiceInfo.SchemaFingerprint = strings.Repeat("s", 200)
	answer.ServiceInfo.MaxMessageBytes = 1
	answer.Entities[0].TypeAliases = []*discoveryv1.TypeAlias{{StoredName: "a/", Name: "a/"}}
	given := proto.CloneOf(answer)
	for size, want := range map[int]int{0: 4 << 20, 8 << 20: 8 << 20} {
		o := descriptor.Offer{Dialect: wire.Cloudstate(), Capabilities: entity.CapabilitiesOf(aliases, lifecycle, cancel), MaxMessage: size}
		registry, found := o.Build(answer)
		if len(found) > 0 {
			t.Fatal(found)
		}
		if registry.MaxMessage() != want || registry.Capabilities() != 0 || registry.Incarnation() != "" || registry.Schema().Fingerprint != "" {
			t.Errorf("the registry is %+v", registry)
		}
	}
	if !proto.Equal(given, answer) {
		t.Error("the answer was changed")
	}
}
