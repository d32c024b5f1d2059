package dialect

import (
	"maps"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
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

// methods has the path in Cloudstate 0.2 of each method that both dialects have.
var methods = map[string]string{
	discoveryv1.DiscoveryService_Discover_FullMethodName:       "/cloudstate.EntityDiscovery/discover",
	discoveryv1.DiscoveryService_ReportError_FullMethodName:    "/cloudstate.EntityDiscovery/reportError",
	eventsourcedv1.EventSourcedService_Handle_FullMethodName:   "/cloudstate.eventsourced.EventSourced/handle",
	valuev1.ValueEntityService_Handle_FullMethodName:           "/cloudstate.valueentity.ValueEntity/handle",
	replicatedv1.ReplicatedEntityService_Handle_FullMethodName: "/cloudstate.crdt.Crdt/handle",
	actionv1.ActionService_HandleUnary_FullMethodName:          "/cloudstate.action.ActionProtocol/handleUnary",
	actionv1.ActionService_HandleStreamedIn_FullMethodName:     "/cloudstate.action.ActionProtocol/handleStreamedIn",
	actionv1.ActionService_HandleStreamedOut_FullMethodName:    "/cloudstate.action.ActionProtocol/handleStreamedOut",
	actionv1.ActionService_HandleStreamed_FullMethodName:       "/cloudstate.action.ActionProtocol/handleStreamed",
}

// types has the entity type of each kind.
var types = map[string]string{
	eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName:   "cloudstate.eventsourced.EventSourced",
	valuev1.ValueEntityService_ServiceDesc.ServiceName:           "cloudstate.valueentity.ValueEntity",
	replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName: "cloudstate.crdt.Crdt",
	actionv1.ActionService_ServiceDesc.ServiceName:               "cloudstate.action.ActionProtocol",
}

// Numbers of options that are declared nowhere here: the key of older releases of
// Cloudstate, and its option for events.
const (
	olderKey protowire.Number = 50002
	eventing protowire.Number = 1081
)

// toOldOptions and toNewOptions renumber the options of users' protos; one that the
// other dialect lacks is left out.
var (
	toOldOptions = map[protowire.Number]protowire.Number{
		annotationsv1.E_EntityKey.TypeDescriptor().Number(): cloudstate.E_EntityKey.TypeDescriptor().Number(),
		annotationsv1.E_Eventing.TypeDescriptor().Number():  eventing,
		annotationsv1.E_ReadOnly.TypeDescriptor().Number():  leftOut,
	}
	toNewOptions = map[protowire.Number]protowire.Number{
		cloudstate.E_EntityKey.TypeDescriptor().Number(): annotationsv1.E_EntityKey.TypeDescriptor().Number(),
		olderKey: annotationsv1.E_EntityKey.TypeDescriptor().Number(),
		eventing: annotationsv1.E_Eventing.TypeDescriptor().Number(),
		annotationsv1.E_EntityKey.TypeDescriptor().Number(): leftOut,
		annotationsv1.E_Eventing.TypeDescriptor().Number():  leftOut,
		annotationsv1.E_ReadOnly.TypeDescriptor().Number():  leftOut,
	}
)

// leftOut is the number of what the other dialect lacks.
const leftOut protowire.Number = 0

// models pairs each service of the models with the same under its old name.
var models = []struct{ renamed, old *grpc.ServiceDesc }{
	{&tckeventsourcedv1.EventSourcedTckModelService_ServiceDesc, &cloudstatemodel.EventSourcedTckModel_ServiceDesc},
	{&tckeventsourcedv1.EventSourcedTwoService_ServiceDesc, &cloudstatemodel.EventSourcedTwo_ServiceDesc},
	{&tckeventsourcedv1.EventSourcedConfiguredService_ServiceDesc, &cloudstatemodel.EventSourcedConfigured_ServiceDesc},
	{&tckreplicatedv1.ReplicatedTckModelService_ServiceDesc, &cloudstatecrdt.CrdtTckModel_ServiceDesc},
	{&tckreplicatedv1.ReplicatedTwoService_ServiceDesc, &cloudstatecrdt.CrdtTwo_ServiceDesc},
	{&tckreplicatedv1.ReplicatedConfiguredService_ServiceDesc, &cloudstatecrdt.CrdtConfigured_ServiceDesc},
	{&tckvaluev1.ValueEntityTckModelService_ServiceDesc, &cloudstatevalue.ValueEntityTckModel_ServiceDesc},
	{&tckvaluev1.ValueEntityTwoService_ServiceDesc, &cloudstatevalue.ValueEntityTwo_ServiceDesc},
	{&tckvaluev1.ValueEntityConfiguredService_ServiceDesc, &cloudstatevalue.ValueEntityConfigured_ServiceDesc},
	{&tckactionv1.ActionTckModelService_ServiceDesc, &cloudstateaction.ActionTckModel_ServiceDesc},
	{&tckactionv1.ActionTwoService_ServiceDesc, &cloudstateaction.ActionTwo_ServiceDesc},
}

// payloads pairs the messages of the models that no method takes or gives.
var payloads = []struct{ renamed, old proto.Message }{
	{&tckeventsourcedv1.Persisted{}, &cloudstatemodel.Persisted{}},
	{&tckvaluev1.Persisted{}, &cloudstatevalue.Persisted{}},
}

// tables are the names of the models in both directions.
type tables struct{ toOld, toNew map[string]string }

// names walks the descriptors of the models under both names, once, and pairs every
// service and message. Where two messages of version 1 are one in 0.2, the old
// name stands for the one that a command without streams answers with.
var names = sync.OnceValue(func() tables {
	t := tables{toOld: map[string]string{}, toNew: map[string]string{}}
	for _, pair := range models {
		t.services(service(pair.renamed), service(pair.old))
	}
	for _, pair := range payloads {
		t.messages(pair.renamed.ProtoReflect().Descriptor(), pair.old.ProtoReflect().Descriptor())
	}
	t.toNew[string((&cloudstatecrdt.Response{}).ProtoReflect().Descriptor().FullName())] = unaryResponse
	return t
})

// What a replicated entity of the model answers with: one message in 0.2, two here.
var (
	unaryResponse    = string((&tckreplicatedv1.ProcessResponse{}).ProtoReflect().Descriptor().FullName())
	streamedResponse = string((&tckreplicatedv1.ProcessStreamedResponse{}).ProtoReflect().Descriptor().FullName())
)

func service(desc *grpc.ServiceDesc) protoreflect.ServiceDescriptor {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(desc.ServiceName))
	if err != nil {
		panic("a service of the models is not linked: " + err.Error()) // its package is imported above
	}
	return found.(protoreflect.ServiceDescriptor) //nolint:forcetypeassert // a service's name names nothing else
}

func (t tables) services(renamed, old protoreflect.ServiceDescriptor) {
	t.pair(renamed, old)
	for i := range renamed.Methods().Len() {
		method := renamed.Methods().Get(i)
		was := old.Methods().ByName(method.Name())
		t.messages(method.Input(), was.Input())
		t.messages(method.Output(), was.Output())
	}
}

func (t tables) messages(renamed, old protoreflect.MessageDescriptor) {
	if _, seen := t.toOld[string(renamed.FullName())]; seen {
		return
	}
	t.pair(renamed, old)
	for i := range old.Fields().Len() {
		was := old.Fields().Get(i)
		if was.Message() != nil {
			t.messages(renamed.Fields().ByNumber(was.Number()).Message(), was.Message())
		}
	}
}

func (t tables) pair(renamed, old protoreflect.Descriptor) {
	t.toOld[string(renamed.FullName())] = string(old.FullName())
	t.toNew[string(old.FullName())] = string(renamed.FullName())
}

// inverse reads a table the other way.
func inverse(table map[string]string) map[string]string {
	turned := make(map[string]string, len(table))
	for _, from := range slices.Sorted(maps.Keys(table)) {
		turned[table[from]] = from
	}
	return turned
}
