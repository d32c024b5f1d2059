package descriptor_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// TestOptionByNumber covers DISC-KEY-002: the number alone marks the key.
func TestOptionByNumber(t *testing.T) {
	t.Parallel()
	declared := func(f files) *descriptorpb.FieldDescriptorProto { return f.set.GetFile()[1].GetExtension()[0] }
	tests := map[string]struct {
		change func(files)
		isKey  bool
	}{
		"under another name": {func(f files) {
			f.set.GetFile()[1].Package = new("com.example")
			f.set.GetFile()[1].MessageType, f.set.GetFile()[1].Extension = nil, f.set.GetFile()[1].GetExtension()[:1]
			declared(f).Name, declared(f).JsonName = new("identity"), nil
		}, true},
		"declared by nobody": {func(f files) {
			f.set.File = f.set.GetFile()[2:]
			f.counter().Dependency = nil
		}, true},
		"the name with another number": {func(f files) {
			const other = 50_002
			declared(f).Number = new(int32(other))
			for _, n := range []int{0, 2} { // AddRequest and GetRequest
				options := new(descriptorpb.FieldOptions)
				options.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, other, protowire.VarintType), 1))
				f.counter().GetMessageType()[n].GetField()[0].Options = options
			}
		}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := descriptortest.Files()
			test.change(files{set})
			_, found := descriptor.Build(wire.V1(), descriptortest.Answer(set))
			if test.isKey && len(found) > 0 {
				t.Error(found)
			}
			if !test.isKey && (len(found) != 2 || found[0].Requirement != "DISC-KEY-001") {
				t.Errorf("found %v, want two inputs without a key", found)
			}
		})
	}
}

// TestEventing covers EVT-DISC-001 and DISC-OPT-001: what the proxy does not serve is
// named, by its number, and the method is served to callers.
func TestEventing(t *testing.T) {
	t.Parallel()
	set := descriptortest.Files()
	topic, err := proto.Marshal(&annotationsv1.Eventing{Out: &annotationsv1.EventDestination{
		Destination: &annotationsv1.EventDestination_Topic{Topic: "sold"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	set.File = set.GetFile()[2:] // the option is declared by nobody
	counter := files{set}.counter()
	counter.Dependency = nil
	setOptions(counter.GetService()[0].GetMethod()[0], protowire.AppendBytes(protowire.AppendTag(nil, 84081, protowire.BytesType), topic))
	setOptions(counter.GetService()[0].GetMethod()[1],
		protowire.AppendBytes(protowire.AppendTag(nil, 84081, protowire.BytesType), nil), // says nothing
		protowire.AppendVarint(protowire.AppendTag(nil, 84082, protowire.VarintType), 1))
	answer := descriptortest.Answer(set)
	answer.Entities[0].TypeAliases = []*discoveryv1.TypeAlias{{StoredName: "a", Name: "b"}}
	registry, found := descriptor.Build(wire.V1(), answer)
	if registry == nil || len(found) != 3 || descriptor.Refuses(found) {
		t.Fatalf("found %v", found)
	}
	if found[0].Requirement != "DISC-ALIAS-004" || found[1].Requirement != "EVT-DISC-001" || !strings.Contains(found[1].Text, "CounterService.Add") ||
		found[2].Requirement != "EVT-DISC-001" || !strings.Contains(found[2].Text, "CounterService.Get") {
		t.Errorf("found %v", found)
	}
	if report := found[1].Report(); report.GetSeverity() != discoveryv1.Severity_SEVERITY_WARNING || len(report.GetSourceLocations()) != 1 {
		t.Errorf("the report is %v", report)
	}
	add, _ := registry.Method(descriptortest.Service, "Add")
	get, _ := registry.Method(descriptortest.Service, "Get")
	if add == nil || get == nil || add.ReadOnly || !get.ReadOnly {
		t.Errorf("the methods are %+v and %+v", add, get)
	}
}

// TestLargestMessage says what a function takes that does not say so.
func TestLargestMessage(t *testing.T) {
	t.Parallel()
	for given, want := range map[int64]int{0: 4 << 20, 4 << 20: 4 << 20, 9 << 20: 9 << 20, 1 << 40: 1<<31 - 1} {
		answer := descriptortest.Answer(descriptortest.Files())
		answer.ServiceInfo.MaxMessageBytes = given
		registry, found := descriptor.Build(wire.V1(), answer)
		if len(found) > 0 || registry.MaxMessage() != want {
			t.Errorf("of %d: %v", given, found)
		}
	}
}
