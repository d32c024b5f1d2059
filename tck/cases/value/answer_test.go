package value

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	for want, request := range map[string]*valuev1.HandleRequest{
		"a message in which no case is set": {},
		"init{}":                            initRequest(modelService, "a", nil, 0),
		`init{value ""}`:                    initRequest(modelService, "a", persisted(""), 1),
		"init{ValueEntityTwoService}":       initRequest(twoService, "a", nil, 0),
		"init{no state}": {Message: &valuev1.HandleRequest_Init{
			Init: &valuev1.Init{ServiceName: modelService, EntityId: "a"},
		}},
		`command 1 Process{update "A", delete, effect "x" sync, forward "y", fail "no", nothing}`: processRequest(1,
			update("A"), remove(), effect("x", true), forward("y"), fail("no"), &tckvaluev1.RequestAction{})("a"),
		"command 2 Process with no payload": command("a", 2, "Process", nil),
		"cancel 3 deadline": {Message: &valuev1.HandleRequest_Cancel{Cancel: &entityv1.Cancel{
			CommandId: 3, Reason: entityv1.CancelReason_CANCEL_REASON_DEADLINE,
		}}},
	} {
		if got := requestNotation(request); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func replied(reply *valuev1.ValueEntityReply) *valuev1.HandleResponse {
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
}

func updating(value *anypb.Any, expireAfter int64) *valuev1.StateAction {
	return &valuev1.StateAction{Action: &valuev1.StateAction_Update{
		Update: &valuev1.Update{Value: value, ExpireAfter: expireAfter},
	}}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	call := peer.Pack(&tckvaluev1.ProcessRequest{Id: "x"})
	target := `ValueEntityTwoService/Call ProcessRequest "x"`
	for want, response := range map[string]*valuev1.HandleResponse{
		"a message in which no case is set": {},
		`stream-level failure, command 0, "no"`: {Message: &valuev1.HandleResponse_Failure{
			Failure: &entityv1.Failure{Description: "no"},
		}},
		`reply 4 failure "no" restart delete`: replied(&valuev1.ValueEntityReply{
			CommandId: 4,
			ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
				Failure: &entityv1.Failure{Description: "no", Restart: true},
			}},
			StateAction: &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: &valuev1.Delete{}}},
		}),
		"reply 3 forward " + target + ` update "A" expiring after -1 ms effects [` + target + " sync]": replied(&valuev1.ValueEntityReply{
			CommandId: 3,
			ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{
				Forward: &entityv1.Forward{ServiceName: twoService, CommandName: "Call", Payload: call},
			}},
			StateAction: updating(persisted("A"), -1),
			SideEffects: []*entityv1.SideEffect{{ServiceName: twoService, CommandName: "Call", Payload: call, Synchronous: true}},
		}),
		"reply 0 no client action update no payload": replied(&valuev1.ValueEntityReply{StateAction: updating(nil, 0)}),
		"reply 0 no client action update google.protobuf.StringValue of 3 B": replied(&valuev1.ValueEntityReply{
			StateAction: updating(peer.Pack(wrapperspb.String("B")), 0),
		}),
		"reply 0 no client action a state action in which no case is set": replied(&valuev1.ValueEntityReply{StateAction: &valuev1.StateAction{}}),
	} {
		if got := readAnswer(response).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []*valuev1.HandleResponse{
		{},
		replied(&valuev1.ValueEntityReply{StateAction: updating(&anypb.Any{TypeUrl: "no\nslash"}, 7)}),
		replied(&valuev1.ValueEntityReply{
			StateAction: updating(persisted(strings.Repeat("ä", 1000)), 0),
			SideEffects: []*entityv1.SideEffect{{ServiceName: "a\nb", Synchronous: true}},
		}),
		{Message: &valuev1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: 2, Description: "no\nline", Restart: true}}},
	} {
		raw, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var response valuev1.HandleResponse
		if proto.Unmarshal(raw, &response) != nil {
			return
		}
		got := readAnswer(&response)
		if !got.equal(readAnswer(proto.CloneOf(&response))) {
			t.Error("an answer differs from itself")
		}
		if line := got.String(); line == "" || strings.ContainsAny(line, "\n\r") {
			t.Errorf("not one line: %q", line)
		}
	})
}
