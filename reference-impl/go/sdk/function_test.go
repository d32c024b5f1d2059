package sdk_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const twoService = "stateward.tck.eventsourced.v1.EventSourcedTwoService"

// wait is what a test's entity does with a command before it answers.
type wait func(*eventsourced.Context)

// entity returns an entity of the first or the second of the two services that
// answer with an empty message.
func entity(persistenceID string, before wait) sdk.Entity {
	e := eventsourced.New(services().ByName("EventSourcedTwoService"), persistenceID, func(string) *struct{} { return &struct{}{} })
	eventsourced.Handle(e, "Call",
		func(ctx *eventsourced.Context, _ *struct{}, _ *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
			before(ctx)
			return &tckv1.ProcessResponse{}, nil
		})
	return e
}

func another(persistenceID string) sdk.Entity {
	e := eventsourced.New(services().ByName("EventSourcedConfiguredService"), persistenceID, func(string) *struct{} { return &struct{}{} })
	eventsourced.Handle(e, "Call",
		func(*eventsourced.Context, *struct{}, *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
			return &tckv1.ProcessResponse{}, nil
		})
	return e
}

func services() protoreflect.ServiceDescriptors {
	return tckv1.File_stateward_tck_eventsourced_v1_eventsourced_proto.Services()
}

func atOnce(*eventsourced.Context) {}

// One function, named, of these entities.
func one(entities ...sdk.Entity) sdk.Config {
	return sdk.Config{Name: "test", Version: "1", Entities: entities}
}

// What discovery would be refused for is refused before: DISC-ENT-002,
// DISC-ENT-003, DISC-INFO-002.
func TestNewNamesEveryMistake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config sdk.Config
		want   []string
	}{
		"nothing":             {sdk.Config{}, []string{"DISC-INFO-002", "DISC-ENT-003"}},
		"one service twice":   {one(entity("a", atOnce), entity("b", atOnce)), []string{twoService + ": listed twice (DISC-ENT-003)"}},
		"one persistence id":  {one(entity("a", atOnce), another("a")), []string{`"a" is already that of ` + twoService + " (DISC-ENT-002)"}},
		"no persistence id":   {one(entity("", atOnce), another("")), []string{"DISC-ENT-002"}},
		"an entity's mistake": {one(eventsourced.New(services().ByName("No"), "no", func(string) *int { return nil })), []string{"no such service"}},
		"a negative time":     {sdk.Config{Name: "t", Version: "1", Entities: []sdk.Entity{another("a")}, StopWithin: -1}, []string{"StopWithin is -1ns"}},
		"next to no time":     {sdk.Config{Name: "t", Version: "1", Entities: []sdk.Entity{another("a")}, StopWithin: time.Millisecond - 1}, []string{"StopWithin is 999.999µs", "LIFE-DRAIN-001"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sdk.New(c.config)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// DISC-KEY-001, every way to break it.
func TestCheckMethods(t *testing.T) {
	t.Parallel()
	const (
		text     = descriptorpb.FieldDescriptorProto_TYPE_STRING
		number   = descriptorpb.FieldDescriptorProto_TYPE_INT64
		singular = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
		repeated = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
	)
	for name, c := range map[string]struct {
		fields []*descriptorpb.FieldDescriptorProto
		want   string
	}{
		"one key":             {[]*descriptorpb.FieldDescriptorProto{field("id", text, singular, true), field("x", text, singular, false)}, ""},
		"none":                {[]*descriptorpb.FieldDescriptorProto{field("id", text, singular, false)}, "has 0 fields"},
		"two":                 {[]*descriptorpb.FieldDescriptorProto{field("a", text, singular, true), field("b", text, singular, true)}, "has 2 fields"},
		"a number":            {[]*descriptorpb.FieldDescriptorProto{field("id", number, singular, true)}, "not a singular string"},
		"many in one":         {[]*descriptorpb.FieldDescriptorProto{field("id", text, repeated, true)}, "not a singular string"},
		"a key that is false": {[]*descriptorpb.FieldDescriptorProto{noKey(field("id", text, singular, true))}, "has 0 fields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := sdk.CheckMethods(serviceOf(t, c.fields))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
}

// DISC-KEY-001: no member of a oneof, which one that is merely optional is not.
func TestCheckMethodsOfAKeyInAOneof(t *testing.T) {
	t.Parallel()
	for optional, refused := range map[bool]bool{false: true, true: false} {
		key := field("id", descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL, true)
		key.OneofIndex, key.Proto3Optional = new(int32(0)), new(optional)
		file := fileOf([]*descriptorpb.FieldDescriptorProto{key})
		file.MessageType[0].OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: new("_id")}}
		err := sdk.CheckMethods(link(t, file).Services().Get(0))
		if refused != (err != nil && strings.Contains(err.Error(), "is in a oneof")) || !refused && err != nil {
			t.Errorf("optional %v: %v", optional, err)
		}
	}
}

// DISC-DESC-001 with source positions, where the author's descriptors have them.
func TestDiscoverKeepsSourcePositions(t *testing.T) {
	t.Parallel()
	file := fileOf([]*descriptorpb.FieldDescriptorProto{field("id", descriptorpb.FieldDescriptorProto_TYPE_STRING,
		descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL, true)})
	file.SourceCodeInfo = &descriptorpb.SourceCodeInfo{Location: []*descriptorpb.SourceCodeInfo_Location{{Path: []int32{6, 0}, Span: []int32{4, 0, 9}}}}
	service := link(t, file).Services().Get(0)
	proxy := sdktest.Start(t, one(&described{Entity: another("x"), service: service}))

	ctx, _ := proxy.Context()
	spec, err := discoveryv1.NewDiscoveryServiceClient(proxy.Conn).Discover(ctx, &discoveryv1.DiscoverRequest{})
	if err != nil {
		t.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(spec.GetProto(), set); err != nil {
		t.Fatal(err)
	}
	last := set.GetFile()[len(set.GetFile())-1]
	if !proto.Equal(last.GetSourceCodeInfo(), file.GetSourceCodeInfo()) {
		t.Errorf("%s came with %v", last.GetName(), last.GetSourceCodeInfo())
	}
}

// A file whose import is not linked in cannot be described (DISC-DESC-001).
func TestNewRefusesALackingImport(t *testing.T) {
	t.Parallel()
	file := fileOf(nil)
	file.Dependency = append(file.Dependency, "lacking.proto")
	linked, err := protodesc.FileOptions{AllowUnresolvable: true}.New(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sdk.New(one(&described{Entity: another("x"), service: linked.Services().Get(0)}))
	if err == nil || !strings.Contains(err.Error(), "lacking.proto") {
		t.Errorf("%v does not name the file", err)
	}
}

// described is an entity that claims another service's descriptor.
type described struct {
	sdk.Entity

	service protoreflect.ServiceDescriptor
}

func (d *described) Service() protoreflect.ServiceDescriptor { return d.service }

// field is a field of a message, with or without the option entity_key.
func field(name string, kind descriptorpb.FieldDescriptorProto_Type, label descriptorpb.FieldDescriptorProto_Label, key bool,
) *descriptorpb.FieldDescriptorProto {
	f := &descriptorpb.FieldDescriptorProto{Name: &name, Type: &kind, Label: &label, Number: new(int32(name[0]))}
	if key {
		f.Options = &descriptorpb.FieldOptions{}
		proto.SetExtension(f.GetOptions(), annotationsv1.E_EntityKey, true)
	}
	return f
}

func noKey(f *descriptorpb.FieldDescriptorProto) *descriptorpb.FieldDescriptorProto {
	proto.SetExtension(f.GetOptions(), annotationsv1.E_EntityKey, false)
	return f
}

// fileOf is a file with a service of one method, whose input has these fields.
func fileOf(fields []*descriptorpb.FieldDescriptorProto) *descriptorpb.FileDescriptorProto {
	return &descriptorpb.FileDescriptorProto{
		Name:        new("a/test.proto"),
		Syntax:      new("proto3"),
		Package:     new("a"),
		Dependency:  []string{"stateward/annotations/v1/annotations.proto"},
		MessageType: []*descriptorpb.DescriptorProto{{Name: new("In"), Field: fields}},
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: new("Service"), Method: []*descriptorpb.MethodDescriptorProto{
			{Name: new("Call"), InputType: new(".a.In"), OutputType: new(".a.In")},
		}}},
	}
}

func link(t *testing.T, file *descriptorpb.FileDescriptorProto) protoreflect.FileDescriptor {
	t.Helper()
	linked, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return linked
}

func serviceOf(t *testing.T, fields []*descriptorpb.FieldDescriptorProto) protoreflect.ServiceDescriptor {
	t.Helper()
	return link(t, fileOf(fields)).Services().Get(0)
}
