package action

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	for want, command := range map[string]*actionv1.ActionCommand{
		"request with no payload":      {},
		"request {}":                   {Payload: request()},
		"call ProcessStreamed":         streamed.first(nil),
		"call nowhere.Service/Convert": {ServiceName: "nowhere.Service", Name: "Convert"},
		`call ""/Convert`:              {Name: "Convert"},
		`call ProcessUnary {[reply "A", effect "x" sync], [], [forward "y", fail "no"]}`: unary.first(request(
			group(reply("A"), effect("x", true)), group(), group(forward("y"), fail("no")))),
		"request {} with metadata with unknown fields": later(accompanied(&actionv1.ActionCommand{Payload: request()})),
	} {
		if got := commandNotation(command); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func failed(description string, effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{
		Response:    &actionv1.ActionResponse_Failure{Failure: &entityv1.Failure{Description: description}},
		SideEffects: effects,
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	target := `ActionTwoService/Call ActionTwoServiceCallRequest "x"`
	for want, response := range map[string]*actionv1.ActionResponse{
		"no case": {},
		`failure "no" effects [` + target + " sync]": failed("no", &entityv1.SideEffect{
			ServiceName: twoService, CommandName: "Call", Payload: targeted("x"), Synchronous: true,
		}),
		"reply no payload": {Response: &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{}}},
		"reply google.protobuf.StringValue of 3 B": {Response: &actionv1.ActionResponse_Reply{
			Reply: &entityv1.Reply{Payload: func() *anypb.Any {
				packed, _ := anypb.New(wrapperspb.String("B")) // a string can be encoded
				return packed
			}()},
		}},
		"forward " + target: {Response: &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{
			ServiceName: twoService, CommandName: "Call", Payload: targeted("x"),
		}}},
	} {
		if got := readAnswer(response).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []*actionv1.ActionResponse{
		{},
		failed("no\nline", &entityv1.SideEffect{ServiceName: "a\nb", Synchronous: true}),
		{Response: &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{Payload: &anypb.Any{TypeUrl: "no\nslash"}}}},
		{Response: &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{Payload: &anypb.Any{TypeUrl: "a/b\nc", Value: []byte{1}}}}},
	} {
		raw, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var response actionv1.ActionResponse
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
