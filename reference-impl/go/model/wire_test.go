package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// The words of the transcripts: what the proxy says, what the model answers.

const (
	modelService = "stateward.tck.eventsourced.v1.EventSourcedTckModelService"
	twoService   = "stateward.tck.eventsourced.v1.EventSourcedTwoService"
	entityID     = "an entity"
)

// line is one message to the function, and what answers it; nil is silence,
// which the next line, or the end of the stream, proves.
type line struct {
	send *sdktest.Request
	want *sdktest.Response
}

func start() line { return line{send: sdktest.Init(modelService, entityID, nil)} }

func startAt(sequence int64, state string) line {
	return line{send: sdktest.Init(modelService, entityID, sdktest.Snapshot(sequence, persisted(state)))}
}

func event(sequence int64, value string) line {
	return line{send: sdktest.Event(sequence, persisted(value))}
}

func do(id int64, actions ...*tckv1.RequestAction) *sdktest.Request {
	return sdktest.Command(entityID, id, "Process", &tckv1.ProcessRequest{Id: entityID, Actions: actions})
}

func emit(value string) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Emit{Emit: &tckv1.Emit{Value: value}}}
}

func forward(id string) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Forward{Forward: &tckv1.Forward{Id: id}}}
}

func effect(id string, synchronous bool) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Effect{Effect: &tckv1.Effect{Id: id, Synchronous: synchronous}}}
}

func fail(message string) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Fail{Fail: &tckv1.Fail{Message: message}}}
}

func persisted(value string) *tckv1.Persisted { return &tckv1.Persisted{Value: value} }

// part adds something to an expected reply.
type part func(*eventsourcedv1.EventSourcedReply)

// answer expects a reply with the message and these parts, and nothing else.
func answer(id int64, message string, parts ...part) *sdktest.Response {
	return replyWith(id, &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{
		Reply: &entityv1.Reply{Payload: sdktest.Any(&tckv1.ProcessResponse{Message: message})},
	}}, parts)
}

// forwarded expects a forward to the entity of the second service.
func forwarded(id int64, to string, parts ...part) *sdktest.Response {
	return replyWith(id, &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
		ServiceName: twoService,
		CommandName: "Call",
		Payload:     sdktest.Any(&tckv1.ProcessRequest{Id: to}),
	}}}, parts)
}

// refused expects a failure of the command alone. An empty description stands
// for any that is not.
func refused(id int64, code codes.Code, description string) *sdktest.Response {
	return replyWith(id, &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
		Failure: &entityv1.Failure{CommandId: id, Description: description, Code: int32(code)},
	}}, nil)
}

// restarting expects a failure that asks for a restart.
func restarting(id int64, description string) *sdktest.Response {
	response := refused(id, codes.Unknown, description)
	response.GetReply().GetClientAction().GetFailure().Restart = true
	return response
}

// broken expects a stream-level failure, of whatever text; 0 stands for the stream.
func broken(id int64) *sdktest.Response {
	return &sdktest.Response{Message: &eventsourcedv1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: id}}}
}

func replyWith(id int64, action *entityv1.ClientAction, parts []part) *sdktest.Response {
	reply := &eventsourcedv1.EventSourcedReply{CommandId: id, ClientAction: action}
	for _, add := range parts {
		add(reply)
	}
	return &sdktest.Response{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
}

func events(values ...string) part {
	return func(reply *eventsourcedv1.EventSourcedReply) {
		for _, value := range values {
			reply.Events = append(reply.Events, sdktest.Any(persisted(value)))
		}
	}
}

func snapshot(state string) part {
	return func(reply *eventsourcedv1.EventSourcedReply) { reply.Snapshot = sdktest.Any(persisted(state)) }
}

func sideEffect(id string, synchronous bool) part {
	return func(reply *eventsourcedv1.EventSourcedReply) {
		reply.SideEffects = append(reply.SideEffects, &entityv1.SideEffect{
			ServiceName: twoService,
			CommandName: "Call",
			Payload:     sdktest.Any(&tckv1.ProcessRequest{Id: id}),
			Synchronous: synchronous,
		})
	}
}

// play speaks the lines on a new stream and checks every answer, whole. A
// stream that still stands at the end is passivated, which proves that nothing
// more was said than was expected (CORE-STREAM-003).
func play(t *testing.T, proxy *sdktest.Proxy, lines []line) {
	t.Helper()
	stream := proxy.Open()
	for i, line := range lines {
		stream.Send(line.send)
		if line.want == nil {
			continue
		}
		got := stream.Receive()
		check(t, i, line.want, got)
		if got.GetFailure() != nil {
			stream.Ended()
			return
		}
	}
	stream.Passivate()
}

func check(t *testing.T, at int, want, got *sdktest.Response) {
	t.Helper()
	got = proto.CloneOf(got)
	for _, pair := range [][2]*entityv1.Failure{
		{want.GetFailure(), got.GetFailure()},
		{want.GetReply().GetClientAction().GetFailure(), got.GetReply().GetClientAction().GetFailure()},
	} {
		if pair[0] == nil || pair[1] == nil || pair[0].GetDescription() != "" {
			continue
		}
		if pair[1].GetDescription() == "" {
			t.Errorf("line %d: a failure without description", at)
		}
		pair[1].Description = ""
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("line %d (-want +got):\n%s", at, diff)
	}
}
