package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
)

// The words of the value entities' transcripts.

const (
	valueModel = "stateward.tck.value.v1.ValueEntityTckModelService"
	valueTwo   = "stateward.tck.value.v1.ValueEntityTwoService"
)

// valueLine is one message to the function, and what answers it; nil is silence.
type valueLine struct {
	send *sdktest.ValueRequest
	want *sdktest.ValueResponse
}

// without opens the stream of an entity that has no value.
func without() valueLine {
	return valueLine{send: sdktest.ValueInit(valueModel, entityID, nil)}
}

// with opens the stream of an entity that has this value.
func with(value string) valueLine {
	return valueLine{send: sdktest.ValueInit(valueModel, entityID, &tckv1.Persisted{Value: value})}
}

func ask(id int64, actions ...*tckv1.RequestAction) *sdktest.ValueRequest {
	return sdktest.ValueCommand(entityID, id, "Process", &tckv1.ProcessRequest{Id: entityID, Actions: actions})
}

func set(value string) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Update{Update: &tckv1.Update{Value: value}}}
}

func remove() *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Delete{Delete: &tckv1.Delete{}}}
}

func pass(id string) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Forward{Forward: &tckv1.Forward{Id: id}}}
}

func cause(id string, synchronous bool) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Effect{Effect: &tckv1.Effect{Id: id, Synchronous: synchronous}}}
}

func refuse(message string) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Fail{Fail: &tckv1.Fail{Message: message}}}
}

// valuePart adds something to an expected reply.
type valuePart func(*valuev1.ValueEntityReply)

// says expects a reply with the message and these parts, and nothing else.
func says(id int64, message string, parts ...valuePart) *sdktest.ValueResponse {
	return valueReply(id, &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{
		Reply: &entityv1.Reply{Payload: sdktest.Any(&tckv1.ProcessResponse{Message: message})},
	}}, parts)
}

// passes expects a forward to the entity of the second service.
func passes(id int64, to string, parts ...valuePart) *sdktest.ValueResponse {
	return valueReply(id, &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
		ServiceName: valueTwo,
		CommandName: "Call",
		Payload:     sdktest.Any(&tckv1.ProcessRequest{Id: to}),
	}}}, parts)
}

// refuses expects a failure of the command alone. An empty description stands
// for any that is not.
func refuses(id int64, code codes.Code, description string) *sdktest.ValueResponse {
	return valueReply(id, &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
		Failure: &entityv1.Failure{CommandId: id, Description: description, Code: int32(code)},
	}}, nil)
}

// breaks expects a stream-level failure, of whatever text; 0 stands for the stream.
func breaks(id int64) *sdktest.ValueResponse {
	return &sdktest.ValueResponse{Message: &valuev1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: id}}}
}

func valueReply(id int64, action *entityv1.ClientAction, parts []valuePart) *sdktest.ValueResponse {
	reply := &valuev1.ValueEntityReply{CommandId: id, ClientAction: action}
	for _, add := range parts {
		add(reply)
	}
	return &sdktest.ValueResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
}

// update expects the value to be set, for ever.
func update(value string) valuePart {
	return func(reply *valuev1.ValueEntityReply) {
		reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Update{
			Update: &valuev1.Update{Value: sdktest.Any(&tckv1.Persisted{Value: value})},
		}}
	}
}

// deletion expects the value to be removed.
func deletion() valuePart {
	return func(reply *valuev1.ValueEntityReply) {
		reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: &valuev1.Delete{}}}
	}
}

func causes(id string, synchronous bool) valuePart {
	return func(reply *valuev1.ValueEntityReply) {
		reply.SideEffects = append(reply.SideEffects, &entityv1.SideEffect{
			ServiceName: valueTwo,
			CommandName: "Call",
			Payload:     sdktest.Any(&tckv1.ProcessRequest{Id: id}),
			Synchronous: synchronous,
		})
	}
}

// playValue speaks the lines on a new stream as play does.
func playValue(t *testing.T, proxy *sdktest.Proxy, lines []valueLine) {
	t.Helper()
	stream := proxy.OpenValue()
	for i, line := range lines {
		stream.Send(line.send)
		if line.want == nil {
			continue
		}
		got := stream.Receive()
		checkValue(t, i, line.want, got)
		if got.GetFailure() != nil {
			stream.Ended()
			return
		}
	}
	stream.Passivate()
}

func checkValue(t *testing.T, at int, want, got *sdktest.ValueResponse) {
	t.Helper()
	got = proto.CloneOf(got)
	anyDescription(t, want.GetFailure(), got.GetFailure())
	anyDescription(t, want.GetReply().GetClientAction().GetFailure(), got.GetReply().GetClientAction().GetFailure())
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("line %d (-want +got):\n%s", at, diff)
	}
}

// anyDescription takes the description out of what was got, where any will do.
func anyDescription(t *testing.T, want, got *entityv1.Failure) {
	t.Helper()
	if want == nil || got == nil || want.GetDescription() != "" {
		return
	}
	if got.GetDescription() == "" {
		t.Error("a failure without description")
	}
	got.Description = ""
}
