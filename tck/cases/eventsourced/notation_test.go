package eventsourced

import (
	"testing"

	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	model := tckeventsourcedv1.EventSourcedTckModelService_ServiceDesc.ServiceName
	for want, request := range map[string]*eventsourcedv1.HandleRequest{
		"a message in which no case is set": {},
		"init{}":                            {Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{ServiceName: model}}},
		`init{snapshot 5 "ABCDE"}`: {Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{
			ServiceName: model, Snapshot: &eventsourcedv1.Snapshot{SnapshotSequence: 5, Snapshot: persisted("ABCDE")},
		}}},
		`init{EventSourcedTwoService}`: {Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{
			ServiceName: tckeventsourcedv1.EventSourcedTwoService_ServiceDesc.ServiceName,
		}}},
		`event 6 "F"`: {Message: &eventsourcedv1.HandleRequest_Event{Event: &eventsourcedv1.Event{Sequence: 6, Payload: persisted("F")}}},
		`command 1 Process{emit "A", effect "x" sync, forward "y", fail "no"}`: processRequest(1,
			&tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Emit{Emit: &tckeventsourcedv1.Emit{Value: "A"}}},
			&tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Effect{Effect: &tckeventsourcedv1.Effect{Id: "x", Synchronous: true}}},
			&tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Forward{Forward: &tckeventsourcedv1.Forward{Id: "y"}}},
			&tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Fail{Fail: &tckeventsourcedv1.Fail{Message: "no"}}},
		)("a"),
		"command 2 Process with no payload": {Message: &eventsourcedv1.HandleRequest_Command{
			Command: &entityv1.Command{Id: 2, Name: "Process"},
		}},
	} {
		if got := requestNotation(request); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	call := peer.Pack(&tckeventsourcedv1.ProcessRequest{Id: "x"})
	two := tckeventsourcedv1.EventSourcedTwoService_ServiceDesc.ServiceName
	whole := &eventsourcedv1.EventSourcedReply{
		CommandId: 3,
		ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{
			Forward: &entityv1.Forward{ServiceName: two, CommandName: "Call", Payload: call},
		}},
		Events:      []*anypb.Any{persisted("A"), peer.Pack(wrapperspb.String("B"))},
		Snapshot:    persisted("AB"),
		SideEffects: []*entityv1.SideEffect{{ServiceName: two, CommandName: "Call", Payload: call, Synchronous: true}},
	}
	refusal := &eventsourcedv1.EventSourcedReply{CommandId: 4, ClientAction: &entityv1.ClientAction{
		Action: &entityv1.ClientAction_Failure{Failure: &entityv1.Failure{Description: "no", Restart: true}},
	}}
	target := `EventSourcedTwoService/Call ProcessRequest "x"`
	for want, response := range map[string]*eventsourcedv1.HandleResponse{
		"a message in which no case is set": {},
		`reply 1 "A"`:                       replied(1, "A"),
		`stream-level failure, command 0, "no"`: {Message: &eventsourcedv1.HandleResponse_Failure{
			Failure: &entityv1.Failure{Description: "no"},
		}},
		`reply 4 failure "no" restart`: {Message: &eventsourcedv1.HandleResponse_Reply{Reply: refusal}},
		"reply 3 forward " + target + ` events ["A", google.protobuf.StringValue of 3 B] snapshot "AB" effects [` + target + " sync]": {
			Message: &eventsourcedv1.HandleResponse_Reply{Reply: whole},
		},
		"reply 0 no client action": {Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{}}},
	} {
		if got := readAnswer(response).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func replied(id int64, message string) *eventsourcedv1.HandleResponse {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId: id,
		ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{
			Reply: &entityv1.Reply{Payload: peer.Pack(&tckeventsourcedv1.ProcessResponse{Message: message})},
		}},
	}}}
}
