package descriptor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const eventSourced = "stateward.eventsourced.v1.EventSourcedService"

// files are the counter's descriptors, open to mistakes.
type files struct {
	set *descriptorpb.FileDescriptorSet
}

// counter returns the counter's own file.
func (f files) counter() *descriptorpb.FileDescriptorProto {
	return f.set.GetFile()[len(f.set.GetFile())-1]
}

// addID returns the field AddRequest.id.
func (f files) addID() *descriptorpb.FieldDescriptorProto {
	return f.counter().GetMessageType()[0].GetField()[0]
}

// unmark takes the entity key's option off the field.
func unmark(field *descriptorpb.FieldDescriptorProto) { field.Options = nil }

// mark puts the entity key's option on the field.
func mark(field *descriptorpb.FieldDescriptorProto) {
	field.Options = new(descriptorpb.FieldOptions)
	proto.SetExtension(field.GetOptions(), annotationsv1.E_EntityKey, true)
}

// want is what a test expects of one mistake.
type want struct {
	requirement string
	text        string   // a part of it
	places      []string // all of them, as "file:line:column symbol"
}

const counterFile = "test/counter/v1/counter.proto"

// badAnswer is a right answer with a change to its files or the rest, and what is
// found in it then.
type badAnswer struct {
	files  func(files)
	answer func(*discoveryv1.DiscoverResponse)
	want   []want
}

// TestMistakes covers DISC-DESC-004, DISC-ENT-007 and DISC-KEY-008, among others.
func TestMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]badAnswer{
		"garbage for descriptors": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Proto = []byte("garbage") },
			want: []want{
				{"DISC-DESC-001", "not a serialized google.protobuf.FileDescriptorSet", nil},
				{"DISC-DESC-002", `"test.counter.v1.CounterService" is not in the descriptor set`, nil},
			},
		},
		"no file": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Proto = nil },
			want: []want{
				{"DISC-DESC-001", "holds no file", nil},
				{"DISC-DESC-002", "is not in the descriptor set", nil},
			},
		},
		"a missing import, named once at its place": {
			files: func(f files) { f.set.File = slices.Delete(f.set.GetFile(), 1, 2) },
			want: []want{{
				"DISC-DESC-001", `imports "stateward/annotations/v1/annotations.proto", which the descriptor set lacks`,
				[]string{counterFile + ":5:1 "},
			}},
		},
		"a missing import of an import, named once": {
			files: func(f files) { f.set.File = slices.Delete(f.set.GetFile(), 0, 1) },
			want: []want{{
				"DISC-DESC-001", `imports "google/protobuf/descriptor.proto"`,
				[]string{"stateward/annotations/v1/annotations.proto "},
			}},
		},
		"a circle of imports": {
			files: func(f files) {
				f.set.File[0].Dependency = append(f.set.File[0].Dependency, counterFile)
			},
			want: []want{{
				"DISC-DESC-001", "import each other: google/protobuf/descriptor.proto → " + counterFile +
					" → stateward/annotations/v1/annotations.proto → google/protobuf/descriptor.proto",
				[]string{"google/protobuf/descriptor.proto "},
			}},
		},
		"two files of one name": {
			files: func(f files) {
				other := proto.CloneOf(f.counter())
				other.MessageType[0].Name = new("OtherRequest")
				f.set.File = append(f.set.File, other)
			},
			want: []want{{"DISC-DESC-001", "two different files", []string{counterFile + " "}}},
		},
		"two files that declare one message": {
			files: func(f files) {
				other := proto.CloneOf(f.counter())
				other.Name = new("other.proto")
				f.set.File = append(f.set.File, other)
			},
			want: []want{{"DISC-DESC-001", `"other.proto" is not a valid proto file`, []string{"other.proto "}}},
		},
		"a field of a type that is nowhere": {
			files: func(f files) {
				f.addID().Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
				f.addID().TypeName = new(".nowhere.Message")
			},
			want: []want{{"DISC-DESC-001", "is not a valid proto file", []string{counterFile + " "}}},
		},
		"a service that is nowhere": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Entities[0].ServiceName = "test.counter.v1.Nowhere" },
			want:   []want{{"DISC-DESC-002", `"test.counter.v1.Nowhere" is not in the descriptor set`, nil}},
		},
		"a service that is a message": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Entities[0].ServiceName = "test.counter.v1.AddRequest" },
			want: []want{{
				"DISC-DESC-002", `"test.counter.v1.AddRequest" is not a service`,
				[]string{counterFile + ":12:1 test.counter.v1.AddRequest"},
			}},
		},
		"no entity key": {
			files: func(f files) { unmark(f.addID()) },
			want: []want{{"DISC-KEY-001", `"test.counter.v1.AddRequest", input of "test.counter.v1.CounterService.Add", has no entity key`, []string{
				counterFile + ":12:1 test.counter.v1.AddRequest",
				counterFile + ":8:3 test.counter.v1.CounterService.Add",
			}}},
		},
		"an entity key that is set to false": {
			files: func(f files) { proto.SetExtension(f.addID().GetOptions(), annotationsv1.E_EntityKey, false) },
			want: []want{{"DISC-KEY-001", "has no entity key", []string{
				counterFile + ":12:1 test.counter.v1.AddRequest",
				counterFile + ":8:3 test.counter.v1.CounterService.Add",
			}}},
		},
		"an input without a key, named once for two methods": {
			files: func(f files) {
				unmark(f.addID())
				f.counter().Service[0].Method[1].InputType = new(".test.counter.v1.AddRequest")
			},
			want: []want{{"DISC-KEY-001", "has no entity key", []string{
				counterFile + ":12:1 test.counter.v1.AddRequest",
				counterFile + ":8:3 test.counter.v1.CounterService.Add",
			}}},
		},
		"two entity keys": {
			files: func(f files) { mark(f.counter().GetMessageType()[0].GetField()[1]) },
			want: []want{{"DISC-KEY-001", "has 2 entity keys", []string{
				counterFile + ":13:3 test.counter.v1.AddRequest.id",
				counterFile + ":14:3 test.counter.v1.AddRequest.amount",
			}}},
		},
		"an entity key that is a number": {
			files: func(f files) { unmark(f.addID()); mark(f.counter().GetMessageType()[0].GetField()[1]) },
			want: []want{{"DISC-KEY-001", `"test.counter.v1.AddRequest.amount" is not a singular string`, []string{
				counterFile + ":14:3 test.counter.v1.AddRequest.amount",
				counterFile + ":8:3 test.counter.v1.CounterService.Add",
			}}},
		},
		"an entity key in a oneof": {
			files: func(f files) {
				message := f.counter().GetMessageType()[0]
				message.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: new("who")}}
				f.addID().OneofIndex = new(int32(0))
			},
			want: []want{{"DISC-KEY-001", `"test.counter.v1.AddRequest.id" is not a singular string outside of every oneof`, []string{
				counterFile + ":13:3 test.counter.v1.AddRequest.id",
				counterFile + ":8:3 test.counter.v1.CounterService.Add",
			}}},
		},
		"an entity key that is repeated": {
			files: func(f files) { f.addID().Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum() },
			want: []want{{"DISC-KEY-001", `"test.counter.v1.AddRequest.id" is not a singular string`, []string{
				counterFile + ":13:3 test.counter.v1.AddRequest.id",
				counterFile + ":8:3 test.counter.v1.CounterService.Add",
			}}},
		},
		"no source positions": {
			files: func(f files) { unmark(f.addID()); f.counter().SourceCodeInfo = nil },
			want: []want{{"DISC-KEY-001", "has no entity key", []string{
				counterFile + " test.counter.v1.AddRequest",
				counterFile + " test.counter.v1.CounterService.Add",
			}}},
		},
		"streamed methods": {
			files: func(f files) {
				f.counter().Service[0].Method[0].ServerStreaming = new(true)
				f.counter().Service[0].Method[1].ClientStreaming = new(true)
			},
			want: []want{
				{"DISC-METHOD-001", `"test.counter.v1.CounterService.Add" is streamed`, []string{counterFile + ":8:3 test.counter.v1.CounterService.Add"}},
				{"DISC-METHOD-001", `"test.counter.v1.CounterService.Get" is streamed`, []string{counterFile + ":9:3 test.counter.v1.CounterService.Get"}},
			},
		},
		"an unknown entity type": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Entities[0].EntityType = "stateward.view.v1.ViewService" },
			want:   []want{{"DISC-ENT-001", "use one of " + eventSourced, nil}},
		},
		"no persistence id": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Entities[0].PersistenceId = "" },
			want:   []want{{"DISC-ENT-002", "has no persistence id", nil}},
		},
		"one persistence id for two entities": {
			files: func(f files) {
				other := proto.CloneOf(f.counter().GetService()[0])
				other.Name = new("OtherService")
				f.counter().Service = append(f.counter().Service, other)
			},
			answer: func(a *discoveryv1.DiscoverResponse) {
				a.Entities = append(a.Entities, &discoveryv1.Entity{
					EntityType: eventSourced, ServiceName: "test.counter.v1.OtherService", PersistenceId: "counter",
				})
			},
			want: []want{{"DISC-ENT-002", `both have the persistence id "counter"`, nil}},
		},
		"one service listed twice": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Entities = append(a.Entities, a.GetEntities()[0]) },
			want:   []want{{"DISC-ENT-003", "listed twice", nil}},
		},
		"no entity": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Entities = nil },
			want:   []want{{"DISC-ENT-003", "lists no entity", nil}},
		},
		"a passivation timeout of 0": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.Entities[0].PassivationStrategy = after(0) },
			want:   []want{{"DISC-ENT-004", "timeout of 0 ms", nil}},
		},
		"another major version": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.ServiceInfo.ProtocolMajorVersion = 2 },
			want:   []want{{"DISC-INFO-001", "protocol_major_version is 2, this proxy speaks 1", nil}},
		},
		"every mistake at once": {
			files: func(f files) { unmark(f.addID()) },
			answer: func(a *discoveryv1.DiscoverResponse) {
				a.ServiceInfo = nil
				a.Entities[0].PersistenceId = ""
				a.Entities[0].PassivationStrategy = after(-1)
				a.Entities = append(a.Entities, &discoveryv1.Entity{PersistenceId: "x"})
			},
			want: []want{
				{"DISC-INFO-001", "is 0, this proxy speaks 1", nil},
				{"DISC-ENT-002", "has no persistence id", nil},
				{"DISC-ENT-004", "-1 ms", nil},
				{"DISC-KEY-001", "has no entity key", []string{
					counterFile + ":12:1 test.counter.v1.AddRequest",
					counterFile + ":8:3 test.counter.v1.CounterService.Add",
				}},
				{"DISC-ENT-001", "does not know", nil},
				{"DISC-DESC-002", `"" is not in the descriptor set`, nil},
			},
		},
	}
	checkRefused(t, tests)
}

// TestInfoMistakes covers DISC-VER-002, DISC-VER-003, DISC-INC-005, DISC-DRIFT-004 and
// DISC-OPT-002.
func TestInfoMistakes(t *testing.T) {
	t.Parallel()
	checkRefused(t, map[string]badAnswer{
		"versions that do not meet": {
			answer: func(a *discoveryv1.DiscoverResponse) {
				a.ServiceInfo.ProtocolMinorVersion, a.ServiceInfo.OldestProtocolMinorVersion = 5, 3
			},
			want: []want{{"DISC-VER-003", "the function speaks protocol 1.3 to 1.5, and this proxy 1.0 to 1.1", nil}},
		},
		"an oldest version above the newest": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.ServiceInfo.OldestProtocolMinorVersion = 1 },
			want:   []want{{"DISC-VER-002", "oldest_protocol_minor_version is 1", nil}},
		},
		"an oldest version below 0": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.ServiceInfo.OldestProtocolMinorVersion = -1 },
			want:   []want{{"DISC-VER-002", "oldest_protocol_minor_version is -1", nil}},
		},
		"messages too small": {
			answer: func(a *discoveryv1.DiscoverResponse) { a.ServiceInfo.MaxMessageBytes = 4<<20 - 1 },
			want:   []want{{"CORE-LIMIT-006", "max_message_bytes is 4194303", nil}},
		},
		"names too long": {
			answer: func(a *discoveryv1.DiscoverResponse) {
				a.ServiceInfo.IncarnationId = strings.Repeat("i", 129)
				a.ServiceInfo.SchemaFingerprint = strings.Repeat("s", 129)
			},
			want: []want{{"DISC-INC-005", "has 129 bytes", nil}, {"DISC-DRIFT-004", "has 129 bytes", nil}},
		},
		"options that cannot be read": {
			files: func(f files) {
				setOptions(f.counter().GetService()[0].GetMethod()[0], protowire.AppendVarint(protowire.AppendTag(nil, 84081, protowire.VarintType), 1))
				setOptions(f.counter().GetService()[0].GetMethod()[1],
					protowire.AppendBytes(protowire.AppendTag(nil, 84081, protowire.BytesType), []byte{0xff}),
					protowire.AppendBytes(protowire.AppendTag(nil, 84082, protowire.BytesType), nil))
			},
			want: []want{
				{"DISC-OPT-002", `option 84081 of the method "test.counter.v1.CounterService.Add"`, []string{counterFile + ":8:3 test.counter.v1.CounterService.Add"}},
				{"DISC-OPT-002", `option 84081 of the method "test.counter.v1.CounterService.Get"`, []string{counterFile + ":9:3 test.counter.v1.CounterService.Get"}},
				{"DISC-OPT-002", `option 84082 of the method "test.counter.v1.CounterService.Get"`, []string{counterFile + ":9:3 test.counter.v1.CounterService.Get"}},
			},
		},
	})
}

// checkRefused builds each of the answers, and checks that it is refused, and why.
func checkRefused(t *testing.T, tests map[string]badAnswer) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := descriptortest.Files()
			if test.files != nil {
				test.files(files{set})
			}
			answer := descriptortest.Answer(set)
			if test.answer != nil {
				test.answer(answer)
			}
			registry, found := descriptor.Build(wire.V1(), answer)
			if registry != nil {
				t.Error("a registry was built")
			}
			checkMistakes(t, found, test.want)
		})
	}
}

// setOptions gives the method options, each as its bytes.
func setOptions(method *descriptorpb.MethodDescriptorProto, options ...[]byte) {
	method.Options = new(descriptorpb.MethodOptions)
	method.GetOptions().ProtoReflect().SetUnknown(slices.Concat(options...))
}

// checkMistakes compares the mistakes, and what would be told of them.
func checkMistakes(t *testing.T, found []descriptor.Mistake, wanted []want) {
	t.Helper()
	if len(found) != len(wanted) {
		t.Fatalf("found %d mistakes, want %d: %v", len(found), len(wanted), found)
	}
	for i, m := range found {
		w := wanted[i]
		if m.Requirement != w.requirement || !strings.Contains(m.Text, w.text) {
			t.Errorf("mistake %d is %q, want %s with %q", i, m, w.requirement, w.text)
		}
		var places []string
		for _, p := range m.Places {
			places = append(places, p.String()+" "+p.Symbol)
		}
		if diff := cmp.Diff(w.places, places); diff != "" {
			t.Errorf("places of %q: %s", m, diff)
		}
		report := m.Report()
		if report.GetCode() != m.Requirement || report.GetMessage() != m.Text ||
			report.GetSeverity() != discoveryv1.Severity_SEVERITY_ERROR || len(report.GetSourceLocations()) != len(m.Places) {
			t.Errorf("the report is %v", report)
		}
	}
}

// after is a passivation strategy.
func after(milliseconds int64) *discoveryv1.PassivationStrategy {
	return &discoveryv1.PassivationStrategy{Strategy: &discoveryv1.PassivationStrategy_Timeout{
		Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: milliseconds},
	}}
}

// TestAccepted covers DISC-DESC-003, DISC-DESC-004 and DISC-ENT-005: what is no mistake.
func TestAccepted(t *testing.T) {
	t.Parallel()
	tests := map[string]func(files, *discoveryv1.DiscoverResponse){
		"as it is":               func(files, *discoveryv1.DiscoverResponse) {},
		"files in another order": func(f files, _ *discoveryv1.DiscoverResponse) { slices.Reverse(f.set.GetFile()) },
		"the same files twice": func(f files, _ *discoveryv1.DiscoverResponse) {
			f.set.File = append(f.set.GetFile(), f.set.GetFile()...)
		},
		"the same files with other source positions": func(f files, _ *discoveryv1.DiscoverResponse) {
			other := proto.CloneOf(f.counter())
			other.SourceCodeInfo = &descriptorpb.SourceCodeInfo{Location: []*descriptorpb.SourceCodeInfo_Location{{Span: []int32{1, 2, 3}}}}
			f.set.File = append(f.set.GetFile(), other)
		},
		"a file that nothing uses": func(f files, _ *discoveryv1.DiscoverResponse) {
			f.set.File = append(f.set.File, protodesc.ToFileDescriptorProto(emptypb.File_google_protobuf_empty_proto))
		},
		"a service that no entity uses": func(f files, _ *discoveryv1.DiscoverResponse) {
			f.counter().Service = append(f.counter().Service, &descriptorpb.ServiceDescriptorProto{Name: new("Unused")})
		},
		"a passivation strategy of a later version": func(_ files, a *discoveryv1.DiscoverResponse) {
			a.Entities[0].PassivationStrategy = new(discoveryv1.PassivationStrategy)
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := descriptortest.Files()
			answer := descriptortest.Answer(set)
			change(files{set}, answer)
			answer.Proto = descriptortest.Answer(set).GetProto()
			registry, found := descriptor.Build(wire.V1(), answer)
			if len(found) > 0 {
				t.Fatal(found)
			}
			if _, ok := registry.Method(descriptortest.Service, "Add"); !ok {
				t.Error("the method Add is not there")
			}
			if service, _ := registry.Service(descriptortest.Service); service.Idle != 0 {
				t.Errorf("a passivation timeout of %v", service.Idle)
			}
		})
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	answer := descriptortest.Answer(descriptortest.Files())
	answer.Entities[0].PassivationStrategy = after(100)
	registry, found := descriptor.Build(wire.V1(), answer)
	if len(found) > 0 {
		t.Fatal(found)
	}
	if diff := cmp.Diff([]string{descriptortest.Service}, registry.Names()); diff != "" {
		t.Error(diff)
	}
	service, ok := registry.Service(descriptortest.Service)
	if !ok || service.Kind != wire.EventSourced || service.Type != eventSourced || service.Persistence != "counter" || service.Idle != 100*time.Millisecond {
		t.Errorf("service %+v, %v", service, ok)
	}
	method, ok := registry.Method(descriptortest.Service, "Add")
	if !ok || method.Name != "Add" || method.Service != descriptortest.Service ||
		method.Input != "type.googleapis.com/test.counter.v1.AddRequest" || method.Output != "test.counter.v1.AddResponse" {
		t.Errorf("method %+v, %v", method, ok)
	}
	if _, ok := registry.Method(descriptortest.Service, "Nothing"); ok {
		t.Error("a method that is not there was found")
	}
	if _, ok := registry.Method("Nothing", "Add"); ok {
		t.Error("a service that is not there was found")
	}
	if _, err := registry.Files().FindFileByPath("test/counter/v1/counter.proto"); err != nil {
		t.Error(err)
	}
}

// FuzzBuild feeds foreign bytes as descriptors: they are accepted or named, and
// never end the process.
func FuzzBuild(f *testing.F) {
	whole := descriptortest.Files()
	alone := &descriptorpb.FileDescriptorSet{File: whole.GetFile()[2:]}
	answer := descriptortest.Answer(whole)
	f.Add(answer.GetProto())
	f.Add(descriptortest.Answer(alone).GetProto())
	alone.File[0].Dependency = nil
	f.Add(descriptortest.Answer(alone).GetProto())
	f.Add([]byte("garbage"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, serialized []byte) {
		answer := proto.CloneOf(answer)
		answer.Proto = serialized
		registry, found := descriptor.Build(wire.V1(), answer)
		if (registry == nil) != (len(found) > 0) {
			t.Fatalf("registry %v and mistakes %v", registry, found)
		}
		for _, m := range found {
			if m.Requirement == "" || m.Text == "" {
				t.Errorf("a mistake without a name: %+v", m)
			}
			m.Report()
		}
	})
}
