package main

import (
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// model is the state of EventSourcedTckModelService: every value that was
// emitted, joined.
type model struct{ value string }

// eventSourcedEntities are the three of profile event-sourced.
func eventSourcedEntities() []sdk.Entity {
	return []sdk.Entity{modelEntity(), twoEntity(), configuredEntity()}
}

func modelEntity() sdk.Entity {
	entity := eventsourced.New(service("EventSourcedTckModelService"), "event-sourced-tck-model",
		func(string) *model { return &model{} })
	eventsourced.Apply(entity, func(m *model, event *tckv1.Persisted) { m.value += event.GetValue() })
	eventsourced.Snapshot(entity, 5,
		func(m *model) *tckv1.Persisted { return &tckv1.Persisted{Value: m.value} },
		func(m *model, saved *tckv1.Persisted) { m.value = saved.GetValue() })
	eventsourced.Handle(entity, "Process", process)
	return entity
}

// process performs the actions in order, then answers with the state. A failure
// ends it, as an error ends any function.
func process(ctx *eventsourced.Context, m *model, request *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
	for _, action := range request.GetActions() {
		if err := act(ctx, action); err != nil {
			return nil, err
		}
	}
	return &tckv1.ProcessResponse{Message: m.value}, nil
}

// act performs one action.
func act(ctx *eventsourced.Context, action *tckv1.RequestAction) error {
	switch action := action.GetAction().(type) {
	case *tckv1.RequestAction_Emit:
		return emitAsked(ctx, action.Emit)
	case *tckv1.RequestAction_Forward:
		ctx.Forward(callTwo(action.Forward.GetId()))
		return nil
	case *tckv1.RequestAction_Effect:
		return effectAsked(ctx, action.Effect)
	case *tckv1.RequestAction_Delete:
		return ctx.Delete(time.Duration(action.Delete.GetRetention()) * time.Millisecond)
	case *tckv1.RequestAction_Fail:
		return errors.New(action.Fail.GetMessage())
	default:
		return sdk.Errorf(codes.InvalidArgument, "an action without a case that is known here")
	}
}

// emitAsked emits an event, with metadata where that is asked.
func emitAsked(ctx *eventsourced.Context, emit *tckv1.Emit) error {
	event := &tckv1.Persisted{Value: emit.GetValue()}
	if emit.GetMetadata() == "" {
		ctx.Emit(event)
		return nil
	}
	return ctx.EmitWith(event, sdk.Metadata{{Key: "x-tck", Value: emit.GetMetadata()}})
}

// effectAsked asks for a side effect, a durable one where that is asked.
func effectAsked(ctx *eventsourced.Context, effect *tckv1.Effect) error {
	if effect.GetDurable() {
		return ctx.DurableEffect(callTwo(effect.GetId()), effect.GetSynchronous())
	}
	ctx.Effect(callTwo(effect.GetId()), effect.GetSynchronous())
	return nil
}

// callTwo is the target of every forward and effect.
func callTwo(id string) sdk.Call {
	return sdk.Call{
		Service: tckv1.EventSourcedTwoService_ServiceDesc.ServiceName,
		Method:  "Call",
		Request: &tckv1.ProcessRequest{Id: id},
	}
}

// nothing is the state of the two entities that emit nothing.
type nothing struct{}

func newNothing(string) *nothing { return &nothing{} }

func twoEntity() sdk.Entity {
	entity := eventsourced.New(service("EventSourcedTwoService"), "event-sourced-tck-model-two", newNothing)
	eventsourced.Handle(entity, "Call",
		func(*eventsourced.Context, *nothing, *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
			return &tckv1.ProcessResponse{}, nil
		})
	return entity
}

func configuredEntity() sdk.Entity {
	entity := eventsourced.New(service("EventSourcedConfiguredService"), "event-sourced-configured", newNothing)
	entity.PassivateAfter(100 * time.Millisecond)
	eventsourced.Handle(entity, "Call",
		func(*eventsourced.Context, *nothing, *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
			return &tckv1.ProcessResponse{}, nil
		})
	return entity
}

// service returns the descriptor of one of the model services.
func service(name protoreflect.Name) protoreflect.ServiceDescriptor {
	return tckv1.File_stateward_tck_eventsourced_v1_eventsourced_proto.Services().ByName(name)
}
