// Package proto_test holds the model services under the names of Cloudstate 0.2
// to those under this project's own: they differ in names and in nothing else.
package proto_test

import (
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	"github.com/stateward/stateward/tck/gen/cloudstate"
	cloudstatemodel "github.com/stateward/stateward/tck/gen/cloudstate/tck/model"
	cloudstateaction "github.com/stateward/stateward/tck/gen/cloudstate/tck/model/action"
	cloudstatecrdt "github.com/stateward/stateward/tck/gen/cloudstate/tck/model/crdt"
	cloudstatevalue "github.com/stateward/stateward/tck/gen/cloudstate/tck/model/valueentity"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
)

// services pairs each service under its old name with the one under its new name.
var services = []struct{ old, renamed *grpc.ServiceDesc }{
	{&cloudstatemodel.EventSourcedTckModel_ServiceDesc, &tckeventsourcedv1.EventSourcedTckModelService_ServiceDesc},
	{&cloudstatemodel.EventSourcedTwo_ServiceDesc, &tckeventsourcedv1.EventSourcedTwoService_ServiceDesc},
	{&cloudstatemodel.EventSourcedConfigured_ServiceDesc, &tckeventsourcedv1.EventSourcedConfiguredService_ServiceDesc},
	{&cloudstatecrdt.CrdtTckModel_ServiceDesc, &tckreplicatedv1.ReplicatedTckModelService_ServiceDesc},
	{&cloudstatecrdt.CrdtTwo_ServiceDesc, &tckreplicatedv1.ReplicatedTwoService_ServiceDesc},
	{&cloudstatecrdt.CrdtConfigured_ServiceDesc, &tckreplicatedv1.ReplicatedConfiguredService_ServiceDesc},
	{&cloudstatevalue.ValueEntityTckModel_ServiceDesc, &tckvaluev1.ValueEntityTckModelService_ServiceDesc},
	{&cloudstatevalue.ValueEntityTwo_ServiceDesc, &tckvaluev1.ValueEntityTwoService_ServiceDesc},
	{&cloudstatevalue.ValueEntityConfigured_ServiceDesc, &tckvaluev1.ValueEntityConfiguredService_ServiceDesc},
	{&cloudstateaction.ActionTckModel_ServiceDesc, &tckactionv1.ActionTckModelService_ServiceDesc},
	{&cloudstateaction.ActionTwo_ServiceDesc, &tckactionv1.ActionTwoService_ServiceDesc},
}

// payloads pairs the messages that no method takes or gives: states and events.
var payloads = []struct{ old, renamed proto.Message }{
	{&cloudstatemodel.Persisted{}, &tckeventsourcedv1.Persisted{}},
	{&cloudstatevalue.Persisted{}, &tckvaluev1.Persisted{}},
}

// added lists what the renamed messages have and the old ones have not.
var added = []protoreflect.FullName{
	"stateward.tck.eventsourced.v1.Effect.durable",
	"stateward.tck.eventsourced.v1.Emit.metadata",
	"stateward.tck.eventsourced.v1.RequestAction.delete",
	"stateward.tck.replicated.v1.State.lwwregister_map",
	"stateward.tck.replicated.v1.State.ormulti_map",
	"stateward.tck.replicated.v1.State.pncounter_map",
	"stateward.tck.replicated.v1.Update.lwwregister_map",
	"stateward.tck.replicated.v1.Update.ormulti_map",
	"stateward.tck.replicated.v1.Update.pncounter_map",
}

func TestPathsAreThoseOfCloudstate(t *testing.T) {
	t.Parallel()
	want := []string{
		"/cloudstate.tck.model.EventSourcedConfigured/Call",
		"/cloudstate.tck.model.EventSourcedTckModel/Process",
		"/cloudstate.tck.model.EventSourcedTwo/Call",
		"/cloudstate.tck.model.action.ActionTckModel/ProcessStreamed",
		"/cloudstate.tck.model.action.ActionTckModel/ProcessStreamedIn",
		"/cloudstate.tck.model.action.ActionTckModel/ProcessStreamedOut",
		"/cloudstate.tck.model.action.ActionTckModel/ProcessUnary",
		"/cloudstate.tck.model.action.ActionTwo/Call",
		"/cloudstate.tck.model.crdt.CrdtConfigured/Call",
		"/cloudstate.tck.model.crdt.CrdtTckModel/Process",
		"/cloudstate.tck.model.crdt.CrdtTckModel/ProcessStreamed",
		"/cloudstate.tck.model.crdt.CrdtTwo/Call",
		"/cloudstate.tck.model.valueentity.ValueEntityConfigured/Call",
		"/cloudstate.tck.model.valueentity.ValueEntityTckModel/Process",
		"/cloudstate.tck.model.valueentity.ValueEntityTwo/Call",
	}
	var got []string
	for _, s := range services {
		for _, method := range s.old.Methods {
			got = append(got, "/"+s.old.ServiceName+"/"+method.MethodName)
		}
		for _, stream := range s.old.Streams {
			got = append(got, "/"+s.old.ServiceName+"/"+stream.StreamName)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("paths\n%q, want\n%q", got, want)
	}
}

func TestOldAndRenamedServicesAreAlike(t *testing.T) {
	t.Parallel()
	c := comparison{T: t, seen: map[[2]protoreflect.FullName]bool{}}
	for _, s := range services {
		c.services(descriptor(t, s.old), descriptor(t, s.renamed))
	}
	for _, p := range payloads {
		c.messages(p.old.ProtoReflect().Descriptor(), p.renamed.ProtoReflect().Descriptor())
	}
	c.nothingLeftOut()
	slices.Sort(c.added)
	if !slices.Equal(slices.Compact(c.added), added) {
		t.Errorf("the renamed messages add %q, want %q", c.added, added)
	}
}

// comparison walks two sets of descriptors side by side.
type comparison struct {
	*testing.T

	seen  map[[2]protoreflect.FullName]bool // pairs of messages that were compared
	added []protoreflect.FullName           // fields that only the renamed side has
}

func (c *comparison) services(old, renamed protoreflect.ServiceDescriptor) {
	if got, want := old.Methods().Len(), renamed.Methods().Len(); got != want {
		c.Errorf("%s has %d methods, and %s has %d", old.FullName(), got, renamed.FullName(), want)
	}
	for i := range old.Methods().Len() {
		method := old.Methods().Get(i)
		other := renamed.Methods().ByName(method.Name())
		if other == nil {
			c.Errorf("%s has no method %s", renamed.FullName(), method.Name())
			continue
		}
		if method.IsStreamingClient() != other.IsStreamingClient() || method.IsStreamingServer() != other.IsStreamingServer() {
			c.Errorf("%s and %s stream otherwise", method.FullName(), other.FullName())
		}
		if !proto.Equal(httpRule(method), httpRule(other)) {
			c.Errorf("%s has the route %v, and %s has %v", method.FullName(), httpRule(method), other.FullName(), httpRule(other))
		}
		c.messages(method.Input(), other.Input())
		c.messages(method.Output(), other.Output())
	}
}

func (c *comparison) messages(old, renamed protoreflect.MessageDescriptor) {
	pair := [2]protoreflect.FullName{old.FullName(), renamed.FullName()}
	if c.seen[pair] {
		return
	}
	c.seen[pair] = true
	for i := range old.Fields().Len() {
		field := old.Fields().Get(i)
		other := renamed.Fields().ByNumber(field.Number())
		if other == nil {
			c.Errorf("%s has no field %d, which is %s", renamed.FullName(), field.Number(), field.FullName())
			continue
		}
		c.fields(field, other)
	}
	for i := range renamed.Fields().Len() {
		if field := renamed.Fields().Get(i); old.Fields().ByNumber(field.Number()) == nil {
			c.added = append(c.added, field.FullName())
		}
	}
}

// fields compares two fields of one number. Their names are compared as JSON has
// them, for a body by HTTP is JSON.
func (c *comparison) fields(old, renamed protoreflect.FieldDescriptor) {
	type shape struct {
		name        string
		kind        protoreflect.Kind
		cardinality protoreflect.Cardinality
		oneof       bool
		presence    bool
		key         bool
	}
	got := shape{
		old.JSONName(), old.Kind(), old.Cardinality(), old.ContainingOneof() != nil, old.HasPresence(),
		option[bool](old, cloudstate.E_EntityKey),
	}
	want := shape{
		renamed.JSONName(), renamed.Kind(), renamed.Cardinality(), renamed.ContainingOneof() != nil, renamed.HasPresence(),
		option[bool](renamed, annotationsv1.E_EntityKey),
	}
	switch {
	case got != want:
		c.Errorf("%s is %+v, and %s is %+v", old.FullName(), got, renamed.FullName(), want)
	case old.Message() != nil:
		c.messages(old.Message(), renamed.Message())
	case old.Enum() != nil && !slices.Equal(numbers(old.Enum()), numbers(renamed.Enum())):
		c.Errorf("%s has the numbers %v, and %s has %v", old.Enum().FullName(), numbers(old.Enum()), renamed.Enum().FullName(), numbers(renamed.Enum()))
	}
}

// nothingLeftOut holds that every message and every service of an old file was
// compared.
func (c *comparison) nothingLeftOut() {
	compared := map[protoreflect.FullName]bool{}
	for pair := range c.seen {
		compared[pair[0]] = true
	}
	for _, s := range services {
		compared[protoreflect.FullName(s.old.ServiceName)] = true
	}
	for _, s := range services {
		file := descriptor(c.T, s.old).ParentFile()
		for i := range file.Messages().Len() {
			if name := file.Messages().Get(i).FullName(); !compared[name] {
				c.Errorf("%s was compared with nothing", name)
			}
		}
		for i := range file.Services().Len() {
			if name := file.Services().Get(i).FullName(); !compared[name] {
				c.Errorf("%s was compared with nothing", name)
			}
		}
	}
}

func descriptor(t *testing.T, s *grpc.ServiceDesc) protoreflect.ServiceDescriptor {
	t.Helper()
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(s.ServiceName))
	if err != nil {
		t.Fatal(err)
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		t.Fatalf("%s is no service", s.ServiceName)
	}
	return service
}

func httpRule(method protoreflect.MethodDescriptor) *annotations.HttpRule {
	return option[*annotations.HttpRule](method, annotations.E_Http)
}

// option returns the value of an option, or its type's zero where it is not set.
func option[T any](of protoreflect.Descriptor, which protoreflect.ExtensionType) T {
	value, _ := proto.GetExtension(of.Options(), which).(T)
	return value
}

func numbers(enum protoreflect.EnumDescriptor) []protoreflect.EnumNumber {
	var all []protoreflect.EnumNumber
	for i := range enum.Values().Len() {
		all = append(all, enum.Values().Get(i).Number())
	}
	return all
}
