package eventsourced_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// word is one word of an input: bare, or key=value, or key="several words".
var word = regexp.MustCompile(`[\w./-]+(=("[^"]*"|\S*))?`)

// keys are those that an input may have; "arrived" has metadata under any key.
var keys = map[string][]string{
	"opened":   {"state", "last"},
	"received": {"ok", "forward", "fail", "code", "text", "event", "snapshot", "effect", "type", "detail", "note"},
	"replayed": {}, "recovered": {}, "appended": {}, "ended": {}, "timed-out": {}, "passivate": {},
}

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

func (l line) number(i int) int64 {
	n, _ := strconv.ParseInt(l.word(i), 10, 64)
	return n
}

func (l line) value(key string) (string, bool) {
	if len(l.values[key]) == 0 {
		return "", false
	}
	return l.values[key][0], true
}

// parseInput reads one input of a transcript.
func parseInput(text string) (entity.Input, error) {
	l := parseLine(text)
	for key := range l.values {
		if known := keys[l.word(0)]; known != nil && !slices.Contains(known, key) {
			return nil, fmt.Errorf("%q has no %q", l.word(0), key)
		}
	}
	switch l.word(0) {
	case "opened":
		last, _ := l.value("last")
		n, _ := strconv.ParseInt(last, 10, 64)
		if state, ok := l.value("state"); ok {
			return entity.Opened{Last: n, Snapshot: &entity.Snapshot{Sequence: l.number(1), State: pack(state)}}, nil
		}
		return entity.Opened{Last: n}, nil
	case "replayed":
		return entity.Replayed{Event: entity.Event{Sequence: l.number(1), Payload: pack(l.word(2))}}, nil
	case "recovered":
		return entity.Recovered{}, nil
	case "arrived":
		left, _ := time.ParseDuration(l.word(3))
		return entity.Arrived{Left: left, Command: entity.Command{
			Name: l.word(1), Payload: pack(l.word(2)), Metadata: metadata(l), Response: "Text", ReadOnly: slices.Contains(l.words, "read-only"),
		}}, nil
	case "received":
		return parseReceived(l)
	case "appended":
		return entity.Appended{Err: parseError(l.word(1))}, nil
	case "ended":
		return entity.Ended{Err: parseError(l.word(1))}, nil
	case "timed-out":
		return entity.TimedOut{}, nil
	case "passivate":
		return entity.Passivate{}, nil
	default:
		return nil, fmt.Errorf("no input is called %q", l.word(0))
	}
}

func parseError(text string) error {
	switch text {
	case "":
		return nil
	case "conflict":
		return fmt.Errorf("pebble: %w", store.ErrConflict)
	case "broken":
		return io.ErrUnexpectedEOF
	case "unreadable":
		return fault.New(fault.Internal, "the function sent a message that cannot be read")
	default:
		return errors.New(text)
	}
}

func parseReceived(l line) (entity.Input, error) {
	response := &eventsourcedv1.HandleResponse{}
	switch l.word(1) {
	case "nothing":
	case "snapshot-response":
		response.Message = &eventsourcedv1.HandleResponse_SnapshotResponse{SnapshotResponse: &eventsourcedv1.SnapshotResponse{}}
	case "failure":
		failure := parseFailure(l, "text")
		failure.CommandId = l.number(2)
		response.Message = &eventsourcedv1.HandleResponse_Failure{Failure: failure}
	case "reply":
		response.Message = &eventsourcedv1.HandleResponse_Reply{Reply: parseReply(l)}
	default:
		return nil, fmt.Errorf("no message is called %q", l.word(1))
	}
	return entity.Received{Message: response}, nil
}

func parseReply(l line) *eventsourcedv1.EventSourcedReply {
	reply := &eventsourcedv1.EventSourcedReply{CommandId: l.number(2), ClientAction: parseAction(l)}
	for _, event := range l.values["event"] {
		reply.Events = append(reply.Events, pack(event))
	}
	if snapshot, ok := l.value("snapshot"); ok {
		reply.Snapshot = pack(snapshot)
	}
	for _, target := range l.values["effect"] {
		service, method, _ := strings.Cut(target, "/")
		reply.SideEffects = append(reply.SideEffects, &entityv1.SideEffect{
			ServiceName: service, CommandName: method,
			Synchronous: slices.Contains(l.words, "awaited"), Durable: slices.Contains(l.words, "durable"),
		})
	}
	if slices.Contains(l.words, "event-metadata") {
		reply.EventMetadata = []*entityv1.Metadata{{}}
	}
	if slices.Contains(l.words, "delete") {
		reply.Delete = &eventsourcedv1.Delete{}
	}
	return reply
}

func parseAction(l line) *entityv1.ClientAction {
	if text, ok := l.value("ok"); ok {
		answer := &entityv1.Reply{Payload: pack(text)}
		if other, ok := l.value("type"); ok {
			answer.Payload.TypeUrl = other
		}
		if note, ok := l.value("note"); ok {
			answer.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
				Key: "note", Value: &entityv1.MetadataEntry_StringValue{StringValue: note},
			}}}
		}
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: answer}}
	}
	if target, ok := l.value("forward"); ok {
		service, method, _ := strings.Cut(target, "/")
		forward := &entityv1.Forward{ServiceName: service, CommandName: method}
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: forward}}
	}
	if _, ok := l.value("fail"); ok {
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: parseFailure(l, "fail")}}
	}
	switch {
	case slices.Contains(l.words, "no-payload"):
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{}}}
	case slices.Contains(l.words, "no-case"):
		return &entityv1.ClientAction{}
	default:
		return nil
	}
}

func parseFailure(l line, key string) *entityv1.Failure {
	text, _ := l.value(key)
	code, _ := l.value("code")
	n, _ := strconv.ParseInt(code, 10, 32)
	failure := &entityv1.Failure{Description: text, Code: int32(n), Restart: slices.Contains(l.words, "restart")}
	for _, detail := range l.values["detail"] {
		failure.Details = append(failure.Details, pack(detail))
	}
	return failure
}

func metadata(l line) *entityv1.Metadata {
	var all *entityv1.Metadata
	for _, key := range slices.Sorted(maps.Keys(l.values)) {
		for _, value := range l.values[key] {
			if all == nil {
				all = &entityv1.Metadata{}
			}
			all.Entries = append(all.Entries, &entityv1.MetadataEntry{
				Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value},
			})
		}
	}
	return all
}

// printEffect writes one effect as a line.
func printEffect(effect entity.Effect) string {
	switch effect := effect.(type) {
	case entity.Send:
		return "send " + printRequest(effect.Message.(*eventsourcedv1.HandleRequest))
	case entity.Append:
		text := fmt.Sprintf("append after %d: %s", effect.Expected, each(effect.Events, unpack))
		if effect.Snapshot != nil {
			text += ", snapshot " + unpack(effect.Snapshot)
		}
		return text
	case entity.Complete:
		return "complete " + printOutcome(effect.Outcome)
	case entity.Report:
		severity := strings.ToLower(strings.TrimPrefix(effect.Severity.String(), "SEVERITY_"))
		return fmt.Sprintf("report %s %s command=%d: %s", effect.Requirement, severity, effect.CommandID, effect.Text)
	case entity.Close:
		how := "half-close"
		if effect.Abort {
			how = "abort"
		}
		text := fmt.Sprintf("%s %q", how, effect.Reason)
		if effect.Err != nil {
			text += "; those that wait fail with " + printError(effect.Err)
		}
		return text
	default:
		return fmt.Sprintf("%T", effect)
	}
}

func printRequest(request *eventsourcedv1.HandleRequest) string {
	switch m := request.GetMessage().(type) {
	case *eventsourcedv1.HandleRequest_Init:
		text := fmt.Sprintf("init %s %s", m.Init.GetServiceName(), m.Init.GetEntityId())
		if last := m.Init.GetLastSequence(); last != 0 {
			text += fmt.Sprintf(" last %d", last)
		}
		if s := m.Init.GetSnapshot(); s != nil {
			text += fmt.Sprintf(" snapshot %d %s", s.GetSnapshotSequence(), unpack(s.GetSnapshot()))
		}
		return text
	case *eventsourcedv1.HandleRequest_Event:
		return fmt.Sprintf("event %d %s", m.Event.GetSequence(), unpack(m.Event.GetPayload()))
	case *eventsourcedv1.HandleRequest_Command:
		text := fmt.Sprintf("command %d %s/%s %s", m.Command.GetId(), m.Command.GetEntityId(), m.Command.GetName(),
			unpack(m.Command.GetPayload()))
		if all := m.Command.GetMetadata(); all != nil {
			text += " metadata " + each(all.GetEntries(), func(entry *entityv1.MetadataEntry) string {
				return entry.GetKey() + "=" + entry.GetStringValue()
			})
		}
		if timeout := m.Command.GetTimeout(); timeout != 0 {
			text += fmt.Sprintf(" timeout %d", timeout)
		}
		return text
	default:
		return fmt.Sprintf("%T", m)
	}
}

func printOutcome(outcome entity.Outcome) string {
	var text string
	if outcome.Reply != nil {
		text += " reply " + unpack(outcome.Reply.GetPayload())
		if note := outcome.Reply.GetMetadata(); note != nil {
			text += " metadata " + note.GetEntries()[0].GetStringValue()
		}
	}
	if outcome.Forward != nil {
		text += " forward " + outcome.Forward.GetServiceName() + "/" + outcome.Forward.GetCommandName()
	}
	if outcome.Err != nil {
		text += " " + printError(outcome.Err)
	}
	if len(outcome.SideEffects) > 0 {
		text += ", then " + each(outcome.SideEffects, printSideEffect)
	}
	return strings.TrimSpace(text)
}

func printSideEffect(effect *entityv1.SideEffect) string {
	text := effect.GetServiceName() + "/" + effect.GetCommandName()
	if effect.GetSynchronous() {
		text += "(awaited)"
	}
	return text
}

// each prints the items with a space between them.
func each[T any](items []T, write func(T) string) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = write(item)
	}
	return strings.Join(words, " ")
}

func printError(err error) string {
	s := status.Convert(err)
	text := fmt.Sprintf("%s %q", s.Code(), s.Message())
	if details := s.Proto().GetDetails(); len(details) > 0 {
		text += " with " + each(details, unpack)
	}
	return text
}

func pack(text string) *anypb.Any {
	if text == "" {
		return nil
	}
	return &anypb.Any{TypeUrl: "t/Text", Value: []byte(strings.Trim(text, "-"))}
}

func unpack(payload *anypb.Any) string {
	switch {
	case payload == nil:
		return "absent"
	case len(payload.GetValue()) == 0:
		return "empty"
	default:
		return string(payload.GetValue())
	}
}
