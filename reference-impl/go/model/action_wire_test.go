package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
)

// The words of the actions' transcripts.

const (
	actionModel = "stateward.tck.action.v1.ActionTckModelService"
	actionTwo   = "stateward.tck.action.v1.ActionTwoService"
)

// The methods of the model, one of each shape.
const (
	unary       = "ProcessUnary"
	streamedIn  = "ProcessStreamedIn"
	streamedOut = "ProcessStreamedOut"
	streamed    = "ProcessStreamed"
)

// shapes are all four of them.
var shapes = []string{unary, streamedIn, streamedOut, streamed}

// request is a request of these groups.
func request(groups ...*tckv1.ProcessGroup) *tckv1.ProcessRequest {
	return &tckv1.ProcessRequest{Groups: groups}
}

func group(steps ...*tckv1.ProcessStep) *tckv1.ProcessGroup { return &tckv1.ProcessGroup{Steps: steps} }

func replying(message string) *tckv1.ProcessStep {
	return &tckv1.ProcessStep{Step: &tckv1.ProcessStep_Reply{Reply: &tckv1.Reply{Message: message}}}
}

func forwarding(id string) *tckv1.ProcessStep {
	return &tckv1.ProcessStep{Step: &tckv1.ProcessStep_Forward{Forward: &tckv1.Forward{Id: id}}}
}

func failing(message string) *tckv1.ProcessStep {
	return &tckv1.ProcessStep{Step: &tckv1.ProcessStep_Fail{Fail: &tckv1.Fail{Message: message}}}
}

func causing(id string, synchronous bool) *tckv1.ProcessStep {
	return &tckv1.ProcessStep{Step: &tckv1.ProcessStep_Effect{Effect: &tckv1.Effect{Id: id, Synchronous: synchronous}}}
}

// actionReply expects a response with this message, and these side effects.
func actionReply(message string, effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{
		Response:    &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{Payload: sdktest.Any(&tckv1.ProcessResponse{Message: message})}},
		SideEffects: effects,
	}
}

// actionForward expects a forward to the other action.
func actionForward(id string, effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{
		Response: &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{
			ServiceName: actionTwo,
			CommandName: "Call",
			Payload:     sdktest.Any(&tckv1.ActionTwoServiceCallRequest{Id: id}),
		}},
		SideEffects: effects,
	}
}

// actionFailure expects a failure. An empty description stands for any that is not.
func actionFailure(code codes.Code, description string, effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{
		Response:    &actionv1.ActionResponse_Failure{Failure: &entityv1.Failure{Description: description, Code: int32(code)}},
		SideEffects: effects,
	}
}

// noCase expects a response of side effects alone.
func noCase(effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{SideEffects: effects}
}

func actionEffect(id string, synchronous bool) *entityv1.SideEffect {
	return &entityv1.SideEffect{
		ServiceName: actionTwo,
		CommandName: "Call",
		Payload:     sdktest.Any(&tckv1.ActionTwoServiceCallRequest{Id: id}),
		Synchronous: synchronous,
	}
}

// call begins a call of the method, in its shape, with these requests; of a
// method that takes one, with the first.
func call(proxy *sdktest.Proxy, method string, requests ...proto.Message) *sdktest.ActionCall {
	switch method {
	case unary:
		return proxy.ActionCall("HandleUnary", sdktest.ActionCommand(actionModel, method, requests[0]))
	case streamedIn:
		return proxy.StreamedIn(actionModel, method, requests...)
	case streamedOut:
		return proxy.ActionCall("HandleStreamedOut", sdktest.ActionCommand(actionModel, method, requests[0]))
	default:
		return proxy.Streamed(actionModel, method, requests...)
	}
}

// gives half-closes the call and expects exactly these responses, then status OK
// (ACT-END-002).
func gives(t *testing.T, call *sdktest.ActionCall, want ...*actionv1.ActionResponse) {
	t.Helper()
	call.HalfClose()
	for i, want := range want {
		checkAction(t, i, want, call.Receive())
	}
	call.Ended()
}

func checkAction(t *testing.T, at int, want, got *actionv1.ActionResponse) {
	t.Helper()
	got = proto.CloneOf(got)
	anyDescription(t, want.GetFailure(), got.GetFailure())
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("response %d (-want +got):\n%s", at, diff)
	}
}
