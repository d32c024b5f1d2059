package action_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// word is one word of an input: bare, or key=value, or key="several words".
var word = regexp.MustCompile(`[\w./-]+(=("[^"]*"|\S*))?`)

// line is a parsed input: its bare words in order, and the values of each key.
type line struct {
	words  []string
	values map[string][]string
}

func parseLine(text string) line {
	parsed := line{values: map[string][]string{}}
	for _, w := range word.FindAllString(text, -1) {
		key, value, keyed := strings.Cut(w, "=")
		if keyed {
			parsed.values[key] = append(parsed.values[key], strings.Trim(value, `"`))
		} else {
			parsed.words = append(parsed.words, w)
		}
	}
	return parsed
}

func (l line) word(i int) string {
	if i < len(l.words) {
		return l.words[i]
	}
	return ""
}

func (l line) has(word string) bool { return slices.Contains(l.words, word) }

func (l line) value(key string) string {
	if len(l.values[key]) == 0 {
		return ""
	}
	return l.values[key][0]
}

var shapes = map[string]wire.Shape{
	"unary": wire.Unary, "streamed-in": wire.StreamedIn, "streamed-out": wire.StreamedOut, "streamed": wire.Streamed,
}

// fresh makes the machine that "new" asks for.
func fresh(l line) *action.Machine {
	terms := entity.Terms{MaxMetadata: 12, Cloudstate: l.has("cloudstate")}
	if l.has("durable") {
		terms.Capabilities = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
	}
	return action.New(action.Call{
		Service: "shop.Rates", Method: "Convert", Shape: shapes[l.word(1)], Input: "t/Text", Output: "Text",
		Request: []byte(l.value("request")), Metadata: note(l.value("note")),
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
func parseInput(l line) (action.Input, error) {
	switch l.word(0) {
	case "opened":
		return action.Opened{}, nil
	case "requested":
		return action.Requested{Request: []byte(l.word(1))}, nil
	case "half-closed":
		return action.HalfClosed{}, nil
	case "refused":
		return action.Refused{Err: fault.New(fault.Exhausted, "the request is too large")}, nil
	case "gone":
		return action.Gone{Deadline: l.has("deadline")}, nil
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
		return nil, fmt.Errorf("no input is called %q", l.word(0))
	}
}

func parseError(l line) error {
	switch {
	case l.has("unreadable"):
		return fault.New(fault.Internal, "the function sent a message that cannot be read")
	case l.has("too-large"):
		return fault.New(fault.Exhausted, "the function sent a message that is too large")
	case l.has("lost"):
		return errors.New("connection reset")
	case l.value("code") != "":
		code, _ := strconv.ParseUint(l.value("code"), 10, 32)
		return status.Error(codes.Code(code), l.value("text"))
	default:
		return nil
	}
}

func parseResponse(l line) *actionv1.ActionResponse {
	response := &actionv1.ActionResponse{}
	for _, target := range l.values["effect"] {
		name, synchronous := strings.CutSuffix(target, "/awaited")
		response.SideEffects = append(response.SideEffects, &entityv1.SideEffect{
			CommandName: name, Synchronous: synchronous, Durable: l.has("durable"),
		})
	}
	switch {
	case l.values["fail"] != nil:
		code, _ := strconv.ParseInt(l.value("code"), 10, 32)
		response.Response = &actionv1.ActionResponse_Failure{Failure: &entityv1.Failure{
			Description: l.value("fail"), Code: int32(code), CommandId: 7, Restart: l.has("restart"),
		}}
	case l.values["forward"] != nil:
		response.Response = &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{CommandName: l.value("forward")}}
	case l.values["reply"] != nil:
		response.Response = &actionv1.ActionResponse_Reply{Reply: parseReply(l)}
	case l.has("no-payload"):
		response.Response = &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{}}
	}
	return response
}

func parseReply(l line) *entityv1.Reply {
	if l.values["reply"] == nil {
		return nil
	}
	reply := &entityv1.Reply{Payload: &anypb.Any{TypeUrl: "t/Text", Value: []byte(l.value("reply"))}, Metadata: note(l.value("note"))}
	if other := l.value("type"); other != "" {
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
