package main

import (
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/value"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
)

// valueContext is what a command of the value entities sees.
type valueContext = *value.Context[*tckv1.Persisted]

// valueEntities are the three of profile value.
func valueEntities() []sdk.Entity {
	model := value.New[*tckv1.Persisted](valueService("ValueEntityTckModelService"), "value-entity-tck-model")
	value.Handle(model, "Process", processValue)

	two := value.New[*tckv1.Persisted](valueService("ValueEntityTwoService"), "value-entity-tck-model-two")
	value.Handle(two, "Call", callValue)

	configured := value.New[*tckv1.Persisted](valueService("ValueEntityConfiguredService"), "value-entity-configured")
	configured.PassivateAfter(100 * time.Millisecond)
	value.Handle(configured, "Call", callValue)

	return []sdk.Entity{model, two, configured}
}

// processValue performs the actions in order, then answers with the value. A
// failure ends it, as an error ends any function.
func processValue(ctx valueContext, request *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
	for _, action := range request.GetActions() {
		switch action := action.GetAction().(type) {
		case *tckv1.RequestAction_Update:
			ctx.Update(&tckv1.Persisted{Value: action.Update.GetValue()})
		case *tckv1.RequestAction_Delete:
			ctx.Delete()
		case *tckv1.RequestAction_Forward:
			ctx.Forward(callValueTwo(action.Forward.GetId()))
		case *tckv1.RequestAction_Effect:
			ctx.Effect(callValueTwo(action.Effect.GetId()), action.Effect.GetSynchronous())
		case *tckv1.RequestAction_Fail:
			return nil, errors.New(action.Fail.GetMessage())
		default:
			return nil, sdk.Errorf(codes.InvalidArgument, "an action without a case that is known here")
		}
	}
	return &tckv1.ProcessResponse{Message: ctx.Current().GetValue()}, nil
}

func callValue(valueContext, *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
	return &tckv1.ProcessResponse{}, nil
}

// callValueTwo is the target of every forward and effect.
func callValueTwo(id string) sdk.Call {
	return sdk.Call{
		Service: tckv1.ValueEntityTwoService_ServiceDesc.ServiceName,
		Method:  "Call",
		Request: &tckv1.ProcessRequest{Id: id},
	}
}

func valueService(name protoreflect.Name) protoreflect.ServiceDescriptor {
	return tckv1.File_stateward_tck_value_v1_value_proto.Services().ByName(name)
}
