package action_test

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// keys are those that each input has.
var keys = map[string][]string{
	"new": {"request", "note"}, "opened": nil, "requested": nil, "half-closed": nil, "refused": nil, "gone": nil, "timed-out": nil,
	"responded": {"reply", "type", "note", "forward", "fail", "code", "effect"},
	"ended":     {"code", "text"}, "settled": {"reply", "type", "note", "code", "text"}, "given": {"code", "text"},
}

// value returns the first value of the key; "" when there is none.
func value(l entitytest.Line, key string) string {
	text, _ := l.Value(key)
	return text
}

var shapes = map[string]wire.Shape{
	"unary": wire.Unary, "streamed-in": wire.StreamedIn, "streamed-out": wire.StreamedOut, "streamed": wire.Streamed,
}

// fresh makes the machine that "new" asks for.
func fresh(l entitytest.Line) *action.Machine {
	terms := entity.Terms{MaxMetadata: 12, Cloudstate: l.Has("cloudstate")}
	if l.Has("durable") {
		terms.Capabilities = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
	}
	return action.New(action.Call{
		Service: "shop.Rates", Method: "Convert", Shape: shapes[l.Word(1)], Input: "t/Text", Output: "Text",
		Request: []byte(value(l, "request")), Metadata: note(value(l, "note")),
	}, terms)
}

// note is metadata of one entry; nil without a text.
func note(text string) *entityv1.Metadata {
	if text == "" {
		return nil
	}
	return &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
		Key: "note", Value: &entityv1.MetadataEntry_StringValue{StringValue: text},
	}}}
}

// parseInput reads one input of a transcript.
func parseInput(l entitytest.Line) (action.Input, error) {
	if err := l.Known(keys); err != nil {
		return nil, err
	}
	switch l.Word(0) {
	case "opened":
		return action.Opened{}, nil
	case "requested":
		return action.Requested{Request: []byte(l.Word(1))}, nil
	case "half-closed":
		return action.HalfClosed{}, nil
	case "refused":
		return action.Refused{Err: fault.New(fault.Exhausted, "the request is too large")}, nil
	case "gone":
		return action.Gone{Deadline: l.Has("deadline")}, nil
	case "responded":
		return action.Responded{Response: parseResponse(l)}, nil
	case "ended":
		return action.Ended{Err: parseError(l)}, nil
	case "timed-out":
		return action.TimedOut{}, nil
	case "settled":
		return action.Settled{Reply: parseReply(l), Err: parseError(l)}, nil
	case "given":
		return action.Given{Err: parseError(l)}, nil
	default:
		return nil, fmt.Errorf("no input is called %q", l.Word(0))
	}
}

func parseError(l entitytest.Line) error {
	switch {
	case l.Has("unreadable"):
		return fault.New(fault.Internal, "the function sent a message that cannot be read")
	case l.Has("too-large"):
		return fault.New(fault.Exhausted, "the function sent a message that is too large")
	case l.Has("lost"):
		return errors.New("connection reset")
	case value(l, "code") != "":
		return status.Error(codes.Code(l.Int("code")), value(l, "text"))
	default:
		return nil
	}
}

func parseResponse(l entitytest.Line) *actionv1.ActionResponse {
	response := &actionv1.ActionResponse{}
	for _, target := range l.Values("effect") {
		name, synchronous := strings.CutSuffix(target, "/awaited")
		response.SideEffects = append(response.SideEffects, &entityv1.SideEffect{
			CommandName: name, Synchronous: synchronous, Durable: l.Has("durable"),
		})
	}
	switch {
	case l.Values("fail") != nil:
		response.Response = &actionv1.ActionResponse_Failure{Failure: &entityv1.Failure{
			Description: value(l, "fail"), Code: int32(l.Int("code")), CommandId: 7, Restart: l.Has("restart"),
		}}
	case l.Values("forward") != nil:
		response.Response = &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{CommandName: value(l, "forward")}}
	case l.Values("reply") != nil:
		response.Response = &actionv1.ActionResponse_Reply{Reply: parseReply(l)}
	case l.Has("no-payload"):
		response.Response = &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{}}
	}
	return response
}

func parseReply(l entitytest.Line) *entityv1.Reply {
	if l.Values("reply") == nil {
		return nil
	}
	reply := &entityv1.Reply{Payload: &anypb.Any{TypeUrl: "t/Text", Value: []byte(value(l, "reply"))}, Metadata: note(value(l, "note"))}
	if other := value(l, "type"); other != "" {
		reply.Payload.TypeUrl = other
	}
	return reply
}

// printEffect writes one effect as a line.
func printEffect(effect action.Effect) string {
	switch effect := effect.(type) {
	case action.Send:
		text := "send " + printCommand(effect.Command)
		if effect.Last {
			text += ", half-close"
		}
		return text
	case action.HalfClose:
		return "half-close"
	case action.Watch:
		return "watch"
	case action.Settle:
		var words []string
		for _, side := range effect.SideEffects {
			name := side.GetCommandName()
			if side.GetSynchronous() {
				name += "(awaited)"
			}
			words = append(words, name)
		}
		if effect.Forward != nil {
			words = append(words, "forward "+effect.Forward.GetCommandName())
		}
		return "settle " + strings.Join(words, " ")
	case action.Give:
		return "give " + string(effect.Reply.GetPayload().GetValue()) + printMetadata(effect.Reply.GetMetadata())
	case action.Cancel:
		return "cancel"
	case action.Finish:
		if effect.Err == nil {
			return "finish OK"
		}
		s := status.Convert(effect.Err)
		return fmt.Sprintf("finish %s %q", s.Code(), s.Message())
	case action.Report:
		severity := strings.ToLower(strings.TrimPrefix(effect.Severity.String(), "SEVERITY_"))
		return fmt.Sprintf("report %s %s command=%d: %s", effect.Requirement, severity, effect.CommandID, effect.Text)
	default:
		return fmt.Sprintf("%T", effect)
	}
}

func printCommand(command *actionv1.ActionCommand) string {
	var words []string
	if command.GetServiceName() != "" || command.GetName() != "" {
		words = append(words, command.GetServiceName()+"/"+command.GetName())
	}
	if payload := command.GetPayload(); payload != nil {
		words = append(words, fmt.Sprintf("%s %q", payload.GetTypeUrl(), payload.GetValue()))
	}
	return strings.Join(words, " ") + printMetadata(command.GetMetadata())
}

func printMetadata(metadata *entityv1.Metadata) string {
	if metadata == nil {
		return ""
	}
	return " note=" + metadata.GetEntries()[0].GetStringValue()
}
