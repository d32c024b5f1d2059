package entitytest

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Moment is when everything happens.
var Moment = time.Date(2026, 11, 28, 12, 0, 0, 123456789, time.UTC)

// keys returns those that each input has; "arrived" has metadata under any key, and
// "merged" is of one kind alone.
func (k Kind) keys() map[string][]string {
	all := map[string][]string{
		"new": nil, "opened": {"epoch", "last", "left"}, "replayed": {"about"}, "recovered": nil,
		"received":  {"ok", "type", "note", "forward", "fail", "text", "code", "detail", "effect", "durable"},
		"persisted": {"along"}, "spread": nil, "gone": nil, "elapsed": nil, "ended": nil, "timed-out": nil, "passivate": nil,
	}
	for input, own := range k.Keys {
		all[input] = append(all[input], own...)
	}
	return all
}

// Input reads one input.
func (k Kind) Input(l Line) (entity.Input, error) {
	if err := l.Known(k.keys()); err != nil {
		return nil, err
	}
	switch l.Word(0) {
	case "opened":
		opened := entity.Opened{Epoch: l.Int("epoch"), Last: l.Int("last"), Left: l.Time("left")}
		k.Opened(l, &opened)
		return opened, nil
	case "replayed":
		return replayed(l), nil
	case "recovered":
		return entity.Recovered{}, nil
	case "arrived":
		return arrived(l), nil
	case "received":
		message, err := k.Said(l)
		return entity.Received{Message: message, At: Moment}, err
	case "persisted":
		return entity.Persisted{Err: failed(l.Word(1)), Along: int(l.Int("along"))}, nil
	case "merged":
		return k.Merged(l)
	case "spread":
		return entity.Spread{Apply: l.Number(1), Err: failed(l.Word(2))}, nil
	case "gone":
		return entity.Gone{Command: l.Number(1), Deadline: l.Has("deadline")}, nil
	case "elapsed":
		return entity.Elapsed{Timer: entity.Timer(l.Number(1))}, nil
	case "ended":
		return entity.Ended{Err: failed(l.Word(1))}, nil
	case "timed-out":
		return entity.TimedOut{}, nil
	case "passivate":
		return entity.Passivate{Reason: reason(l.Word(1))}, nil
	default:
		return nil, fmt.Errorf("no input is called %q", l.Word(0))
	}
}

// reason returns the one that the word names; that of an idle entity for "".
func reason(word string) entityv1.PassivationReason {
	if word == "" {
		word = "idle"
	}
	return entityv1.PassivationReason(entityv1.PassivationReason_value["PASSIVATION_REASON_"+strings.ToUpper(word)])
}

func replayed(l Line) entity.Replayed {
	event := entity.Event{Sequence: l.Number(1), Payload: Pack(l.Word(2)), Time: Moment}
	if about, ok := l.Value("about"); ok {
		event.Metadata = Metadata(about)
	}
	return entity.Replayed{Event: event}
}

// Metadata reads "key:value,key:value"; "-" has no entry.
func Metadata(text string) *entityv1.Metadata {
	all := &entityv1.Metadata{}
	for pair := range strings.SplitSeq(text, ",") {
		if key, value, ok := strings.Cut(pair, ":"); ok {
			all.Entries = append(all.Entries, entry(key, value))
		}
	}
	return all
}

func entry(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}

func arrived(l Line) entity.Arrived {
	left, _ := time.ParseDuration(l.Word(3))
	command := entity.Command{
		Name: l.Word(1), Payload: Pack(l.Word(2)), Metadata: metadata(l), Response: "Text", ReadOnly: l.Has("read-only"), Effect: l.Has("side-effect"),
		Streamed: l.Has("streamed"),
	}
	if l.Has("keyed") {
		command.Key = "k"
	}
	return entity.Arrived{Left: left, Command: command}
}

func metadata(l Line) *entityv1.Metadata {
	var all *entityv1.Metadata
	for _, key := range slices.Sorted(maps.Keys(l.values)) {
		for _, value := range l.values[key] {
			if all == nil {
				all = &entityv1.Metadata{}
			}
			all.Entries = append(all.Entries, entry(key, value))
		}
	}
	return all
}

// failed returns what a store or a stream says; nil for "".
func failed(text string) error {
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
	case "disconnected":
		return status.Error(codes.Unavailable, "connection reset")
	case "unreadable":
		return fault.New(fault.Internal, "the function sent a message that cannot be read")
	case "told":
		return fault.Told("the function broke the multiplexed stream's rules")
	default:
		return errors.New(text)
	}
}

// Action reads the client action of an answer.
func Action(l Line) *entityv1.ClientAction {
	if text, ok := l.Value("ok"); ok {
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: reply(l, text)}}
	}
	if target, ok := l.Value("forward"); ok {
		service, method, _ := strings.Cut(target, "/")
		forward := &entityv1.Forward{ServiceName: service, CommandName: method}
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: forward}}
	}
	if _, ok := l.Value("fail"); ok {
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: Failure(l, "fail")}}
	}
	switch {
	case l.Has("no-payload"):
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{}}}
	case l.Has("no-case"):
		return &entityv1.ClientAction{}
	default:
		return nil
	}
}

func reply(l Line, text string) *entityv1.Reply {
	answer := &entityv1.Reply{Payload: Pack(text)}
	if other, ok := l.Value("type"); ok {
		answer.Payload.TypeUrl = other
	}
	if note, ok := l.Value("note"); ok {
		answer.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{entry("note", note)}}
	}
	return answer
}

// Failure reads a failure whose description stands under the key.
func Failure(l Line, key string) *entityv1.Failure {
	text, _ := l.Value(key)
	failure := &entityv1.Failure{
		Description: text, Code: int32(l.Int("code")), Restart: l.Has("restart"), Retryable: l.Has("retryable"),
	}
	for _, detail := range l.Values("detail") {
		failure.Details = append(failure.Details, Pack(detail))
	}
	return failure
}

// SideEffects reads the side effects of an answer.
func SideEffects(l Line) []*entityv1.SideEffect {
	var effects []*entityv1.SideEffect
	for _, key := range []string{"effect", "durable"} {
		for _, target := range l.Values(key) {
			service, method, _ := strings.Cut(target, "/")
			effects = append(effects, &entityv1.SideEffect{
				ServiceName: service, CommandName: method, Synchronous: l.Has("awaited"), Durable: key == "durable",
			})
		}
	}
	return effects
}
