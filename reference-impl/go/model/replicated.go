package main

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// replicatedEntities are the three of profile replicated.
func replicatedEntities() []sdk.Entity {
	model := replicated.New(replicatedService("ReplicatedTckModelService"), "replicated-tck-model", newReplicated)
	replicated.Handle(model, "Process", processReplicated)
	replicated.HandleStreamed(model, "ProcessStreamed", watchReplicated)

	two := replicated.New(replicatedService("ReplicatedTwoService"), "replicated-tck-model-two", newUntouched)
	replicated.Handle(two, "Call", callReplicated)

	configured := replicated.New(replicatedService("ReplicatedConfiguredService"), "replicated-configured", newUntouched)
	configured.PassivateAfter(100 * time.Millisecond)
	replicated.Handle(configured, "Call", callReplicated)

	return []sdk.Entity{model, two, configured}
}

// newReplicated returns the empty value of the type that the id names. Of an id
// that names none it is one that no command reaches.
func newReplicated(id string) crdt.Value {
	switch typeOf(id) {
	case "PNCounterMap":
		return crdt.NewPNCounterMap(crdt.String())
	case "LWWRegisterMap":
		return crdt.NewLWWRegisterMap(crdt.String(), crdt.String())
	case "ORMultiMap":
		return crdt.NewORMultiMap(crdt.String(), crdt.String())
	default:
		return newEntry(id)
	}
}

// newEntry returns the empty value of an entry of an ORMap, whose key names one
// of the first eight types.
func newEntry(key string) crdt.Entry {
	switch typeOf(key) {
	case "GCounter":
		return crdt.NewGCounter()
	case "PNCounter":
		return crdt.NewPNCounter()
	case "GSet":
		return crdt.NewGSet(crdt.String())
	case "ORSet":
		return crdt.NewORSet(crdt.String())
	case "LWWRegister":
		return crdt.NewLWWRegister(crdt.String(), "")
	case "ORMap":
		return crdt.NewORMap(crdt.String(), newEntry)
	case "Vote":
		return crdt.NewVote()
	default:
		return crdt.NewFlag()
	}
}

// typeOf returns the part of an id or a key that names its type.
func typeOf(id string) string {
	name, _, _ := strings.Cut(id, "-")
	return name
}

// namesEntry reports whether a key of an ORMap names a type.
func namesEntry(key string) bool {
	switch typeOf(key) {
	case "GCounter", "PNCounter", "GSet", "ORSet", "LWWRegister", "Flag", "ORMap", "Vote":
		return true
	default:
		return false
	}
}

// namesType reports whether an entity's id names a type.
func namesType(id string) bool {
	switch typeOf(id) {
	case "PNCounterMap", "LWWRegisterMap", "ORMultiMap":
		return true
	default:
		return namesEntry(id)
	}
}

// errNoType refuses an id, or a key, that names no type.
var errNoType = sdk.Errorf(codes.InvalidArgument, "the id or key names no type")

// processReplicated performs the actions in order, then answers with the value. A
// failure ends it, as an error ends any function.
func processReplicated(ctx *replicated.Context, value crdt.Value, request *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
	if !namesType(ctx.EntityID()) {
		return nil, errNoType
	}
	for _, action := range request.GetActions() {
		switch action := action.GetAction().(type) {
		case *tckv1.RequestAction_Update:
			if err := change(ctx, value, action.Update); err != nil {
				return nil, err
			}
		case *tckv1.RequestAction_Delete:
			ctx.Delete()
		case *tckv1.RequestAction_Forward:
			ctx.Forward(callReplicatedTwo(action.Forward.GetId()))
		case *tckv1.RequestAction_Effect:
			ctx.Effect(callReplicatedTwo(action.Effect.GetId()), action.Effect.GetSynchronous())
		case *tckv1.RequestAction_Fail:
			return nil, errors.New(action.Fail.GetMessage())
		default:
			return nil, sdk.Errorf(codes.InvalidArgument, "an action without a case that is known here")
		}
	}
	return &tckv1.ProcessResponse{State: stateOf(value)}, nil
}

// watchReplicated performs one update, answers with the value, and from then on
// says what it is whenever it changes.
func watchReplicated(
	ctx *replicated.Context, value crdt.Value, request *tckv1.ProcessStreamedRequest,
) (*tckv1.ProcessStreamedResponse, *replicated.Watch[*tckv1.ProcessStreamedResponse], error) {
	if !namesType(ctx.EntityID()) {
		return nil, nil, errNoType
	}
	if err := change(ctx, value, request.GetInitialUpdate()); err != nil {
		return nil, nil, err
	}
	return streamedResponse(value, request), &replicated.Watch[*tckv1.ProcessStreamedResponse]{
		Changed: func(news *replicated.News) (*tckv1.ProcessStreamedResponse, error) {
			for _, effect := range request.GetEffects() {
				news.Effect(callReplicatedTwo(effect.GetId()), effect.GetSynchronous())
			}
			if request.GetEndState() != nil && proto.Equal(request.GetEndState(), stateOf(value)) {
				news.End()
			}
			return streamedResponse(value, request), nil
		},
		Cancelled: func(ctx *replicated.Context) error { return change(ctx, value, request.GetCancelUpdate()) },
	}, nil
}

// streamedResponse returns the value, and nil where the request asks for silence.
func streamedResponse(value crdt.Value, request *tckv1.ProcessStreamedRequest) *tckv1.ProcessStreamedResponse {
	if request.GetEmpty() {
		return nil
	}
	return &tckv1.ProcessStreamedResponse{State: stateOf(value)}
}

// change performs the update, if there is one, at its write consistency.
func change(ctx *replicated.Context, value crdt.Value, update *tckv1.Update) error {
	if update == nil {
		return nil
	}
	ctx.SetWriteConsistency(update.GetWriteConsistency())
	return updateValue(value, update)
}

// newUntouched returns the value of the two entities that change nothing, and so
// never give themselves a type.
func newUntouched(string) *crdt.Flag { return crdt.NewFlag() }

func callReplicated(*replicated.Context, *crdt.Flag, *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
	return &tckv1.ProcessResponse{}, nil
}

// callReplicatedTwo is the target of every forward and effect.
func callReplicatedTwo(id string) sdk.Call {
	return sdk.Call{
		Service: tckv1.ReplicatedTwoService_ServiceDesc.ServiceName,
		Method:  "Call",
		Request: &tckv1.ProcessRequest{Id: id},
	}
}

func replicatedService(name protoreflect.Name) protoreflect.ServiceDescriptor {
	return tckv1.File_stateward_tck_replicated_v1_replicated_proto.Services().ByName(name)
}
