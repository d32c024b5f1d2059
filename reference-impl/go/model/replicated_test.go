package main

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

const (
	replicatedModel = "stateward.tck.replicated.v1.ReplicatedTckModelService"
	replicatedTwo   = "stateward.tck.replicated.v1.ReplicatedTwoService"
)

// TestReplicatedTranscripts speaks with the model as a proxy does. Each case cites
// the requirements that it measures.
func TestReplicatedTranscripts(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	proxy.Announce(discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS)
	cases := append(append(replicatedValues(), replicatedCommands()...), append(replicatedStreams(), replicatedBreaches()...)...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			stream := proxy.OpenReplicated()
			for _, line := range c.lines {
				stream.Send(line.say)
				for _, want := range line.hear {
					got := stream.Receive()
					if diff := cmp.Diff(want, got, protocmp.Transform(), withoutText(want)); diff != "" {
						t.Fatalf("%v is answered by (-want +got):\n%s", line.say, diff)
					}
					if want.GetFailure() != nil {
						stream.Ended()
						return
					}
				}
			}
			stream.Passivate() // and nothing more was said (REP-TURN-001)
		})
	}
}

// A proxy that knows no maps of one type is sent none (DISC-CAP-006), and is served
// otherwise as any (DISC-CAP-007).
func TestReplicatedMapsAreNotInForce(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	proxy.Announce(discoveryv1.Capability_CAPABILITY_CANCEL)
	for name, id := range map[string]dialogue{"counters": "PNCounterMap-1", "registers": "LWWRegisterMap-1", "sets": "ORMultiMap-1"} {
		stream := proxy.OpenReplicated(id.unset().say)
		reply := stream.Ask(id.command(1)).GetReply()
		if code := reply.GetClientAction().GetFailure().GetCode(); codes.Code(code) != codes.FailedPrecondition || reply.GetStateAction() != nil {
			t.Errorf("a map of %s is answered by %v", name, reply)
		}
	}
	const flag = dialogue("Flag-1")
	stream := proxy.OpenReplicated(flag.unset().say)
	if reply := stream.Ask(flag.command(1, "update {flag {}}")).GetReply(); reply.GetStateAction().GetUpdate().GetFlag() == nil {
		t.Errorf("a flag is answered by %v", reply)
	}
}

// A passivate is the end, whatever its reason (LIFE-PASS-004, LIFE-PASS-005).
func TestReplicatedPassivate(t *testing.T) {
	t.Parallel()
	const flag = dialogue("Flag-1")
	proxy := sdktest.Start(t, config())
	for _, reason := range []entityv1.PassivationReason{entityv1.PassivationReason_PASSIVATION_REASON_UNSPECIFIED, 99} {
		proxy.OpenReplicated(flag.unset().say, &sdktest.ReplicatedRequest{Message: &replicatedv1.HandleRequest_Passivate{
			Passivate: &entityv1.Passivate{Reason: reason},
		}}).Ended()
	}
}

// withoutText ignores the texts of failures where none is wanted.
func withoutText(want *sdktest.ReplicatedResponse) cmp.Option {
	failure := want.GetReply().GetClientAction().GetFailure()
	if want.GetFailure() != nil || (failure != nil && failure.GetDescription() == "") {
		return protocmp.IgnoreFields(&entityv1.Failure{}, "description")
	}
	return cmp.Options{}
}

// replicatedTranscript is one stream, told whole.
type replicatedTranscript struct {
	name  string
	lines []replicatedLine
}

// replicatedLine is one message, and what it brings, in order.
type replicatedLine struct {
	say  *sdktest.ReplicatedRequest
	hear []*sdktest.ReplicatedResponse
}

func brings(say *sdktest.ReplicatedRequest, hear ...*sdktest.ReplicatedResponse) replicatedLine {
	return replicatedLine{say, hear}
}

// dialogue speaks of one entity in the text format of protobuf, in which @x
// stands for the packed string x.
type dialogue string

// unset opens a stream of an entity that nobody has given a type.
func (id dialogue) unset() replicatedLine {
	return brings(sdktest.ReplicatedInit(replicatedModel, string(id), nil))
}

// is opens a stream of an entity with this value.
func (id dialogue) is(delta string) replicatedLine {
	return brings(sdktest.ReplicatedInit(replicatedModel, string(id), parse(delta, &replicatedv1.Delta{})))
}

// command asks for these actions.
func (id dialogue) command(command int64, actions ...string) *sdktest.ReplicatedRequest {
	request := &tckv1.ProcessRequest{Id: string(id)}
	for _, action := range actions {
		request.Actions = append(request.Actions, parse(action, &tckv1.RequestAction{}))
	}
	return sdktest.ReplicatedCommand(string(id), command, "Process", request)
}

// watch opens a streamed call.
func (id dialogue) watch(command int64, request string) *sdktest.ReplicatedRequest {
	asked := parse(request, &tckv1.ProcessStreamedRequest{})
	asked.Id = string(id)
	return sdktest.StreamedCommand(string(id), command, "ProcessStreamed", asked)
}

// leaves ends a streamed call.
func (id dialogue) leaves(command int64) *sdktest.ReplicatedRequest {
	return sdktest.StreamCancelled(string(id), command)
}

// elsewhere is a change that came from elsewhere.
func elsewhere(delta string) *sdktest.ReplicatedRequest {
	return sdktest.ReplicatedDelta(parse(delta, &replicatedv1.Delta{}))
}

// answersWith is the client action that answers with this message.
func answersWith(response proto.Message) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: sdktest.Any(response)}}}
}

// givesNow is the client action of a streamed call; "" is none.
func givesNow(state string) *entityv1.ClientAction {
	if state == "" {
		return nil
	}
	return answersWith(&tckv1.ProcessStreamedResponse{State: parse(state, &tckv1.State{})})
}

func replies(reply *replicatedv1.ReplicatedReply) *sdktest.ReplicatedResponse {
	return &sdktest.ReplicatedResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}
}

// reply answers a command with this value; the rest of the reply is text.
func reply(command int64, state, rest string) *sdktest.ReplicatedResponse {
	answer := parse(rest, &replicatedv1.ReplicatedReply{})
	answer.CommandId, answer.ClientAction = command, answersWith(&tckv1.ProcessResponse{State: parse(state, &tckv1.State{})})
	return replies(answer)
}

// forwards answers a command by a forward to the second model.
func forwards(command int64, id, rest string) *sdktest.ReplicatedResponse {
	answer := parse(rest, &replicatedv1.ReplicatedReply{})
	answer.CommandId = command
	answer.ClientAction = &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
		ServiceName: replicatedTwo, CommandName: "Call", Payload: sdktest.Any(&tckv1.ProcessRequest{Id: id}),
	}}}
	return replies(answer)
}

// opened answers a streamed command, whose call stays open.
func opened(command int64, state, rest string) *sdktest.ReplicatedResponse {
	answer := parse(rest, &replicatedv1.ReplicatedReply{})
	answer.CommandId, answer.ClientAction, answer.Streamed = command, givesNow(state), true
	return replies(answer)
}

// closed is the answer with whose response the call ends.
func closed(opened *sdktest.ReplicatedResponse) *sdktest.ReplicatedResponse {
	opened.GetReply().Streamed = false
	return opened
}

// unstreamed is the command of a caller that takes one answer.
func unstreamed(request *sdktest.ReplicatedRequest) *sdktest.ReplicatedRequest {
	request.GetCommand().Streamed = false
	return request
}

// news is a streamed message.
func news(command int64, state, rest string) *sdktest.ReplicatedResponse {
	message := parse(rest, &replicatedv1.StreamedMessage{})
	message.CommandId, message.ClientAction = command, givesNow(state)
	return &sdktest.ReplicatedResponse{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: message}}
}

// left answers the end of a streamed call.
func left(command int64, rest string) *sdktest.ReplicatedResponse {
	response := parse(rest, &replicatedv1.StreamCancelledResponse{})
	response.CommandId = command
	return &sdktest.ReplicatedResponse{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{StreamCancelledResponse: response}}
}

// fails answers a command by a failure and nothing else (REP-FAIL-004).
func fails(command int64, code codes.Code, text string) *sdktest.ReplicatedResponse {
	return &sdktest.ReplicatedResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
		CommandId: command,
		ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
			Failure: &entityv1.Failure{CommandId: command, Code: int32(code), Description: text},
		}},
	}}}
}

// ends is a stream-level failure, after which the stream ends.
func ends(command int64) *sdktest.ReplicatedResponse {
	return &sdktest.ReplicatedResponse{Message: &replicatedv1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: command}}}
}

// calls is the part of an answer that asks for side effects on the second model.
func calls(id string, synchronous bool) string {
	payload := sdktest.Any(&tckv1.ProcessRequest{Id: id})
	return fmt.Sprintf("side_effects {service_name: %q command_name: \"Call\" payload {type_url: %q value: %q} synchronous: %v} ",
		replicatedTwo, payload.GetTypeUrl(), payload.GetValue(), synchronous)
}

// changes is the part of an answer that updates the value.
func changes(delta string) string { return "state_action {update {" + delta + "}} " }

var packed = regexp.MustCompile(`@(\w+)`)

// parse reads a message.
func parse[M proto.Message](text string, message M) M {
	text = packed.ReplaceAllStringFunc(text, func(name string) string {
		value := append([]byte{0x0a, byte(len(name) - 1)}, name[1:]...)
		return `{type_url: "p.cloudstate.io/string" value: ` + strconv.QuoteToASCII(string(value)) + `}`
	})
	if err := prototext.Unmarshal([]byte(text), message); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return message
}
