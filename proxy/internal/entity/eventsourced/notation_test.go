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

	"google.golang.org/grpc/codes"
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
	"new":      {"ask", "ahead"},
	"opened":   {"state", "last", "epoch"},
	"received": {"ok", "forward", "fail", "code", "text", "event", "about", "snapshot", "effect", "type", "detail", "note", "retention"},
	"replayed": {"about"}, "recovered": {}, "persisted": {"along"}, "ended": {}, "timed-out": {}, "passivate": {},
	"gone": {}, "elapsed": {},
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

// has reports whether the bare word stands in the line.
func (l line) has(word string) bool { return slices.Contains(l.words, word) }

// count returns the number under the key; 0 where there is none.
func (l line) count(key string) int64 {
	text, _ := l.value(key)
	n, _ := strconv.ParseInt(text, 10, 64)
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
		opened := entity.Opened{Last: l.count("last"), Epoch: max(l.count("epoch"), 1)}
		if state, ok := l.value("state"); ok {
			opened.Snapshot = &entity.Snapshot{Sequence: l.number(1), State: pack(state)}
		}
		return opened, nil
	case "replayed":
		event := entity.Event{Sequence: l.number(1), Payload: pack(l.word(2)), Time: moment}
		if about, ok := l.value("about"); ok {
			event.Metadata = entries(about)
		}
		return entity.Replayed{Event: event}, nil
	case "recovered":
		return entity.Recovered{}, nil
	case "arrived":
		left, _ := time.ParseDuration(l.word(3))
		return entity.Arrived{Left: left, Command: entity.Command{
			Name: l.word(1), Payload: pack(l.word(2)), Metadata: metadata(l), Response: "Text",
			ReadOnly: l.has("read-only"), Effect: l.has("as-effect"), Key: map[bool]string{true: "k"}[l.has("keyed")],
		}}, nil
	case "received":
		return parseReceived(l)
	case "persisted":
		return entity.Persisted{Err: parseError(l.word(1)), Along: int(l.count("along"))}, nil
	case "gone":
		return entity.Gone{Command: l.number(1), Deadline: l.has("deadline")}, nil
	case "elapsed":
		return entity.Elapsed{Timer: 1}, nil
	case "ended":
		return entity.Ended{Err: parseError(l.word(1))}, nil
	case "timed-out":
		return entity.TimedOut{}, nil
	case "passivate":
		reason := entityv1.PassivationReason_value["PASSIVATION_REASON_"+strings.ToUpper(l.word(1))]
		return entity.Passivate{Reason: entityv1.PassivationReason(reason)}, nil
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
	case "fenced":
		return fmt.Errorf("pebble: %w", store.ErrFenced)
	case "deleted":
		return fmt.Errorf("pebble: %w", store.ErrDeleted)
	case "broken":
		return io.ErrUnexpectedEOF
	case "unreadable":
		return fault.New(fault.Internal, "the function sent a message that cannot be read")
	case "told":
		return fault.Told("the function broke the multiplexed stream's rules")
	case "disconnected":
		return status.Error(codes.Unavailable, "connection reset")
	default:
		return errors.New(text)
	}
}

func parseReceived(l line) (entity.Input, error) {
	response := &eventsourcedv1.HandleResponse{}
	switch l.word(1) {
	case "nothing":
	case "snapshot-response":
		state, _ := l.value("snapshot")
		response.Message = &eventsourcedv1.HandleResponse_SnapshotResponse{SnapshotResponse: &eventsourcedv1.SnapshotResponse{Snapshot: pack(state)}}
	case "failure":
		failure := parseFailure(l, "text")
		failure.CommandId = l.number(2)
		response.Message = &eventsourcedv1.HandleResponse_Failure{Failure: failure}
	case "reply":
		response.Message = &eventsourcedv1.HandleResponse_Reply{Reply: parseReply(l)}
	default:
		return nil, fmt.Errorf("no message is called %q", l.word(1))
	}
	return entity.Received{Message: response, At: moment}, nil
}

// moment is when everything happens.
var moment = time.Date(2026, 11, 28, 12, 0, 0, 123456789, time.UTC)

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
			Synchronous: l.has("awaited"), Durable: l.has("durable"),
		})
	}
	for _, about := range l.values["about"] {
		reply.EventMetadata = append(reply.EventMetadata, entries(about))
	}
	if l.has("delete") {
		reply.Delete = &eventsourcedv1.Delete{Retention: l.count("retention")}
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
	case l.has("no-payload"):
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{}}}
	case l.has("no-case"):
		return &entityv1.ClientAction{}
	default:
		return nil
	}
}

func parseFailure(l line, key string) *entityv1.Failure {
	text, _ := l.value(key)
	code, _ := l.value("code")
	n, _ := strconv.ParseInt(code, 10, 32)
	failure := &entityv1.Failure{Description: text, Code: int32(n), Restart: l.has("restart"), Retryable: l.has("retryable")}
	for _, detail := range l.values["detail"] {
		failure.Details = append(failure.Details, pack(detail))
	}
	return failure
}

// entries reads "key:value,key:value"; "-" has none.
func entries(text string) *entityv1.Metadata {
	all := &entityv1.Metadata{}
	for pair := range strings.SplitSeq(text, ",") {
		if key, value, ok := strings.Cut(pair, ":"); ok {
			all.Entries = append(all.Entries, &entityv1.MetadataEntry{
				Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value},
			})
		}
	}
	return all
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
	case entity.Persist:
		return printPersist(effect)
	case entity.Answered:
		return fmt.Sprintf("answered %d", effect.Command)
	case entity.Complete:
		return fmt.Sprintf("complete %d %s", effect.Command, printOutcome(effect.Outcome))
	case entity.Requeue:
		return fmt.Sprintf("requeue %v", effect.Commands)
	case entity.Wait:
		return fmt.Sprintf("wait %v", effect.For)
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
		if effect.Deleted {
			text += "; the entity is no more"
		}
		if effect.Anew {
			text += "; and anew"
		}
		return text
	default:
		return fmt.Sprintf("%T", effect)
	}
}

func printPersist(effect entity.Persist) string {
	text := fmt.Sprintf("persist %d after %d:", effect.Command, effect.Expected)
	if len(effect.Events) > 0 {
		text += " " + each(effect.Events, func(event entity.Event) string {
			return fmt.Sprintf("%d=%s%s", event.Sequence, unpack(event.Payload), printMetadata(event.Metadata))
		})
	}
	if effect.Snapshot != nil {
		text += fmt.Sprintf(", snapshot %d=%s", effect.Snapshot.Sequence, unpack(effect.Snapshot.State))
	}
	if effect.Delete != nil {
		text += fmt.Sprintf(", delete, retention %v", effect.Delete.Retention)
	}
	if effect.Answer != nil {
		text += ", answer " + printOutcome(*effect.Answer)
	}
	if len(effect.Durable) > 0 {
		text += ", durable " + each(effect.Durable, printSideEffect)
	}
	return text
}

func printMetadata(metadata *entityv1.Metadata) string {
	if metadata == nil {
		return ""
	}
	return "{" + each(metadata.GetEntries(), func(entry *entityv1.MetadataEntry) string {
		return entry.GetKey() + "=" + entry.GetStringValue()
	}) + "}"
}

func printRequest(request *eventsourcedv1.HandleRequest) string {
	switch m := request.GetMessage().(type) {
	case *eventsourcedv1.HandleRequest_Init:
		text := fmt.Sprintf("init %s %s", m.Init.GetServiceName(), m.Init.GetEntityId())
		if last := m.Init.GetLastSequence(); last != 0 {
			text += fmt.Sprintf(" last %d", last)
		}
		if epoch := m.Init.GetEpoch(); epoch != 1 {
			text += fmt.Sprintf(" epoch %d", epoch)
		}
		if s := m.Init.GetSnapshot(); s != nil {
			text += fmt.Sprintf(" snapshot %d %s", s.GetSnapshotSequence(), unpack(s.GetSnapshot()))
		}
		return text
	case *eventsourcedv1.HandleRequest_Event:
		return fmt.Sprintf("event %d %s%s", m.Event.GetSequence(), unpack(m.Event.GetPayload()), printMetadata(m.Event.GetMetadata()))
	case *eventsourcedv1.HandleRequest_Cancel:
		return fmt.Sprintf("cancel %d %s", m.Cancel.GetCommandId(), m.Cancel.GetReason())
	case *eventsourcedv1.HandleRequest_Passivate:
		return "passivate " + m.Passivate.GetReason().String()
	case *eventsourcedv1.HandleRequest_SnapshotRequest:
		return "snapshot request"
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
