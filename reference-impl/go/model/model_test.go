package main

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// TestTranscripts speaks with the model as a proxy does. Each case cites the
// requirements that it measures.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for _, c := range transcripts() {
		t.Run(c.name, func(t *testing.T) { play(t, proxy, c.lines) })
	}
}

// transcript is one stream, told whole.
type transcript struct {
	name  string
	lines []line
}

func transcripts() []transcript {
	return append(append(conversations(), replays()...), append(consequences(), breaches()...)...)
}

// conversations are commands and their answers.
func conversations() []transcript {
	return []transcript{
		{"ES-EMIT-003 a command that emits nothing", []line{
			start(),
			{do(1), answer(1, "")},
			{do(2), answer(2, "")},
		}},
		{"ES-EMIT-001 ES-EMIT-002 events in order, seen by the next command", []line{
			start(),
			{do(1, emit("A"), emit("B"), emit("A")), answer(1, "ABA", events("A", "B", "A"))},
			{do(2), answer(2, "ABA")},
			{do(3, emit("C")), answer(3, "ABAC", events("C"))},
		}},
		{"ES-EMIT-005 an event without bytes", []line{
			start(),
			{do(1, emit(""), emit("A"), emit("")), answer(1, "A", events("", "A", ""))},
		}},
		{"CORE-CMD-002 one answer each, with the id of its command", []line{
			start(),
			{do(7), answer(7, "")},
			{do(8, fail("no")), refused(8, codes.Unknown, "no")},
			{do(9), answer(9, "")},
		}},
		{"CORE-CMD-003 an unknown command, and the entity lives on", []line{
			start(),
			{do(1, emit("A")), answer(1, "A", events("A"))},
			{sdktest.Command(entityID, 2, "Proceed", &tckv1.ProcessRequest{Id: entityID}), refused(2, codes.Unimplemented, "")},
			{do(3), answer(3, "A")},
		}},
		{"CORE-CMD-005 no payload, and payloads that are not the input", []line{
			start(),
			{sdktest.Command(entityID, 1, "Process", nil), refused(1, codes.InvalidArgument, "")},
			{sdktest.Command(entityID, 2, "Process", wrapperspb.String("?")), refused(2, codes.InvalidArgument, "")},
			{payload(3, "type.googleapis.com/stateward.tck.eventsourced.v1.ProcessRequest", []byte{0x0a, 0xff}), refused(3, codes.InvalidArgument, "")},
			{payload(4, "", nil), refused(4, codes.InvalidArgument, "")},
			{do(5), answer(5, "")},
		}},
		{"CORE-PAYLOAD-003 any prefix before the name of the input", []line{
			start(),
			{payload(1, "example.org/types/stateward.tck.eventsourced.v1.ProcessRequest", nil), answer(1, "")},
		}},
		{"CORE-CMD-006 a reply's payload is the method's output", []line{
			start(),
			{do(1, emit("A")), answer(1, "A", events("A"))}, // answer compares the type URL and the bytes
		}},
		{"CORE-CMD-007 unknown fields in a payload and in a command", []line{
			start(),
			{unknown(do(1)), answer(1, "")},
			{payload(2, "type.googleapis.com/stateward.tck.eventsourced.v1.ProcessRequest", unknownField), answer(2, "")},
		}},
		{"CORE-LIMIT-001 a message of 4 MiB", []line{
			start(),
			{payload(1, "type.googleapis.com/stateward.tck.eventsourced.v1.ProcessRequest", padding(4<<20)), answer(1, "")},
		}},
		{"CORE-CMD-005 an action without a case", []line{
			start(),
			{do(1, emit("A"), &tckv1.RequestAction{}), restarts(refused(1, codes.InvalidArgument, ""))},
		}},
	}
}

// replays are activations with a past.
func replays() []transcript {
	return []transcript{
		{"ES-REPLAY-003 ES-REPLAY-004 events, in silence", []line{
			start(), event(1, "A"), event(2, "B"),
			{do(1), answer(1, "AB")},
		}},
		{"ES-REPLAY-003 a snapshot", []line{
			startAt(5, "ABCDE"),
			{do(1), answer(1, "ABCDE")},
		}},
		{"ES-REPLAY-003 a snapshot, then events", []line{
			startAt(5, "ABCDE"), event(6, "F"), event(7, "G"),
			{do(1), answer(1, "ABCDEFG")},
		}},
		{"ES-REPLAY-003 an empty snapshot is a state", []line{
			startAt(3, ""), event(4, "D"),
			{do(1), answer(1, "D")},
		}},
		{"ES-SNAP-001 ES-SNAP-002 each multiple of 5", []line{
			start(),
			{do(1, emit("A")), answer(1, "A", events("A"))},
			{do(2, emit("B"), emit("C")), answer(2, "ABC", events("B", "C"))},
			{do(3), answer(3, "ABC")},
			{do(4, emit("D")), answer(4, "ABCD", events("D"))},
			{do(5, emit("E")), answer(5, "ABCDE", events("E"), snapshot("ABCDE"))},
			{do(6), answer(6, "ABCDE")},
			{do(7, emit("F"), emit("G"), emit("H"), emit("I")), answer(7, "ABCDEFGHI", events("F", "G", "H", "I"))},
			{do(8, emit("J")), answer(8, "ABCDEFGHIJ", events("J"), snapshot("ABCDEFGHIJ"))},
		}},
		{"ES-SNAP-001 a reply that passes the number", []line{
			start(),
			{do(1, emit("A"), emit("B"), emit("C"), emit("D")), answer(1, "ABCD", events("A", "B", "C", "D"))},
			{do(2, emit("E"), emit("F")), answer(2, "ABCDEF", events("E", "F"), snapshot("ABCDEF"))},
			{do(3, emit("G")), answer(3, "ABCDEFG", events("G"))},
		}},
		{"ES-SNAP-004 counted from the snapshot, replayed events included", []line{
			startAt(5, "ABCDE"), event(6, "F"), event(7, "G"), event(8, "H"),
			{do(1, emit("I")), answer(1, "ABCDEFGHI", events("I"))},
			{do(2, emit("J")), answer(2, "ABCDEFGHIJ", events("J"), snapshot("ABCDEFGHIJ"))},
		}},
		{"ES-SNAP-002 overdue after the replay, given with the next event", []line{
			start(), event(1, "A"), event(2, "B"), event(3, "C"), event(4, "D"), event(5, "E"), event(6, "F"),
			{do(1), answer(1, "ABCDEF")},
			{do(2, emit("G")), answer(2, "ABCDEFG", events("G"), snapshot("ABCDEFG"))},
		}},
	}
}

// consequences are forwards, side effects and failures.
func consequences() []transcript {
	return []transcript{
		{"FX-FWD-001 a forward", []line{
			start(),
			{do(1, forward("other")), forwarded(1, "other")},
		}},
		{"ES-EMIT-004 a forward with events", []line{
			start(),
			{do(1, emit("A"), forward("other")), forwarded(1, "other", events("A"))},
			{do(2), answer(2, "A")},
		}},
		{"ES-EMIT-004 a forward with events and their snapshot", []line{
			startAt(4, "ABCD"), event(5, "E"), event(6, "F"),
			{
				do(1, emit("G"), emit("H"), forward("other"), emit("I")),
				forwarded(1, "other", events("G", "H", "I"), snapshot("ABCDEFGHI")),
			},
		}},
		{"FX-EFF-001 FX-EFF-002 side effects in order, each as it was asked for", []line{
			start(),
			{
				do(1, effect("a", false), effect("b", true), effect("a", false)),
				answer(1, "", sideEffect("a", false), sideEffect("b", true), sideEffect("a", false)),
			},
			{do(2), answer(2, "")},
		}},
		{"FX-EFF-001 side effects beside a forward, events and a snapshot", []line{
			start(),
			{
				do(1, emit("A"), effect("a", true), emit("B"), forward("f"), emit("C"), emit("D"), effect("b", false), emit("E")),
				forwarded(1, "f", events("A", "B", "C", "D", "E"), snapshot("ABCDE"), sideEffect("a", true), sideEffect("b", false)),
			},
		}},
		{"CORE-FAIL-001 CORE-FAIL-004 a failure, and the entity lives on", []line{
			start(),
			{do(1, fail("50% of „dies“ is wrong")), refused(1, codes.Unknown, "50% of „dies“ is wrong")},
			{do(2, emit("A")), answer(2, "A", events("A"))},
		}},
		{"FX-EFF-003 ES-FAIL-004 a failure drops effects and forwards", []line{
			start(),
			{do(1, effect("a", true), forward("other"), fail("no")), refused(1, codes.Unknown, "no")},
		}},
		{"ES-FAIL-003 a failure before any event keeps the state", []line{
			start(), event(1, "A"),
			{do(1, fail("no"), emit("B")), refused(1, codes.Unknown, "no")},
			{do(2), answer(2, "A")},
		}},
		{"ES-FAIL-003 ES-FAIL-004 a failure after an event asks for a restart", []line{
			start(), event(1, "A"),
			{do(1, emit("B"), effect("a", false), fail("no")), restarting(1, "no")},
		}},
		{"ES-FAIL-004 a failure drops the snapshot that was due", []line{
			startAt(5, "ABCDE"), event(6, "F"), event(7, "G"), event(8, "H"), event(9, "I"),
			{do(1, emit("J"), fail("no")), restarting(1, "no")},
		}},
		{"CORE-RESTART-001 a command after a failure with restart", []line{
			start(),
			{do(1, emit("A"), fail("no")), restarting(1, "no")},
			{do(2), broken(2)},
		}},
	}
}

// breaches are what no correct proxy says. Each ends with the stream.
func breaches() []transcript {
	return []transcript{
		{"ES-INIT-003 a command before init", []line{{do(1), broken(1)}}},
		{"ES-INIT-003 an event before init", []line{{event(1, "A").send, broken(0)}}},
		{"ES-INIT-004 a second init", []line{start(), {start().send, broken(0)}}},
		{"ES-INIT-004 a second init after a command", []line{
			start(), {do(1), answer(1, "")}, {start().send, broken(0)},
		}},
		{"ES-INIT-005 an unknown service", []line{
			{sdktest.Init("stateward.tck.eventsourced.v1.Nobody", entityID, nil), broken(0)},
		}},
		{"CORE-KEY-001 an init without an entity id", []line{
			{sdktest.Init(modelService, "", nil), broken(0)},
		}},
		{"ES-CMD-002 a command for another entity", []line{
			start(),
			{sdktest.Command("another", 1, "Process", &tckv1.ProcessRequest{Id: "another"}), broken(1)},
		}},
		{"CORE-STREAM-004 no case, first", []line{{&sdktest.Request{}, broken(0)}}},
		{"CORE-STREAM-004 CORE-FAIL-002 no case, later", []line{
			start(), {do(1), answer(1, "")}, {&sdktest.Request{}, broken(0)},
		}},
		{"ES-REPLAY-006 an event after a command", []line{
			start(), {do(1), answer(1, "")}, {event(1, "A").send, broken(0)},
		}},
		{"ES-REPLAY-006 events with a gap", []line{start(), event(1, "A"), {event(3, "C").send, broken(0)}}},
		{"ES-REPLAY-006 an event twice", []line{start(), event(1, "A"), {event(1, "A").send, broken(0)}}},
		{"ES-REPLAY-006 events that the snapshot covers", []line{startAt(5, "ABCDE"), {event(5, "E").send, broken(0)}}},
		{"ES-REPLAY-006 events after a gap after the snapshot", []line{startAt(5, "ABCDE"), {event(7, "G").send, broken(0)}}},
		{"ES-REPLAY-005 an unknown event", []line{
			start(), event(1, "A"), {sdktest.Event(2, durationpb.New(1)), broken(0)},
		}},
		{"ES-REPLAY-005 an event without payload", []line{start(), {sdktest.Event(1, nil), broken(0)}}},
		{"ES-REPLAY-011 an event that cannot be read", []line{
			start(), {garbledEvent(), broken(0)},
		}},
		{"ES-REPLAY-005 an unknown snapshot", []line{
			{sdktest.Init(modelService, entityID, sdktest.Snapshot(3, durationpb.New(1))), broken(0)},
		}},
		{"ES-REPLAY-005 a snapshot without payload", []line{
			{sdktest.Init(modelService, entityID, &eventsourcedv1.Snapshot{SnapshotSequence: 3}), broken(0)},
		}},
		{"ES-REPLAY-005 a snapshot for an entity that gives none", []line{
			{sdktest.Init(twoService, entityID, sdktest.Snapshot(3, persisted("A"))), broken(0)},
		}},
	}
}

// TestKeys is CORE-KEY-002: every id that is not empty is an entity.
func TestKeys(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for _, id := range []string{"a", " ", "/", "a/b:c-d?e#f%20", "ключ Ω é 🛒", "..", "\x00", strings.Repeat("k", 10_000)} {
		stream := proxy.Open(sdktest.Init(modelService, id, nil))
		got := stream.Ask(sdktest.Command(id, 1, "Process", &tckv1.ProcessRequest{Id: id, Actions: []*tckv1.RequestAction{emit("A")}}))
		check(t, 1, answer(1, "A", events("A")), got)
		stream.Passivate()
	}
}

// TestStreamsShareNothing is CORE-STREAM-002.
func TestStreamsShareNothing(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	one := proxy.Open(sdktest.Init(modelService, "one", nil))
	two := proxy.Open(sdktest.Init(modelService, "two", nil))
	same := proxy.Open(sdktest.Init(twoService, "one", nil))
	ask := func(stream *sdktest.Stream, entity string, id int64, actions ...*tckv1.RequestAction) *sdktest.Response {
		return stream.Ask(sdktest.Command(entity, id, "Process", &tckv1.ProcessRequest{Id: entity, Actions: actions}))
	}
	check(t, 1, answer(1, "A", events("A")), ask(one, "one", 1, emit("A")))
	check(t, 2, answer(1, "B", events("B")), ask(two, "two", 1, emit("B")))
	check(t, 3, answer(2, "A"), ask(one, "one", 2))

	got := same.Ask(sdktest.Command("one", 1, "Call", &tckv1.ProcessRequest{Id: "one"}))
	if payload := got.GetReply().GetClientAction().GetReply().GetPayload(); !payload.MessageIs(&tckv1.ProcessResponse{}) {
		t.Errorf("the same id under another service: %v", got)
	}
	same.Send(&sdktest.Request{})
	check(t, 4, broken(0), same.Receive())
	check(t, 5, answer(2, "B"), ask(two, "two", 2))
}

// TestReset is CORE-STREAM-005: the entity is served on the next stream, as the
// store has it.
func TestReset(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	first := proxy.Open(start().send)
	first.Ask(do(1, emit("A")))
	first.Reset()
	if err := first.Status(); err == nil {
		t.Error("a reset stream ended with OK")
	}
	play(t, proxy, []line{start(), {do(1), answer(1, "")}})
}

// TestRestart is ES-FAIL-003, whole: the failed command's events are gone on
// the stream that follows.
func TestRestart(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	play(t, proxy, []line{
		start(),
		{do(1, emit("A")), answer(1, "A", events("A"))},
		{do(2, emit("B"), fail("no")), restarting(2, "no")},
	})
	play(t, proxy, []line{
		start(), event(1, "A"),
		{do(1), answer(1, "A")},
	})
}

// unknownField is field 4095 of a request, which no version of it has.
var unknownField = protowire.AppendString(protowire.AppendTag(nil, 4095, protowire.BytesType), "unknown")

// unknown adds the field to the command.
func unknown(request *sdktest.Request) *sdktest.Request {
	request.GetCommand().ProtoReflect().SetUnknown(unknownField)
	return request
}

// padding is a request of about so many bytes, all of them in an unknown field.
func padding(size int) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, 4095, protowire.BytesType), bytes.Repeat([]byte{'x'}, size-16))
}

// payload is a Process command with exactly this payload.
func payload(id int64, typeURL string, value []byte) *sdktest.Request {
	return sdktest.WithCommand(&entityv1.Command{
		EntityId: entityID, Id: id, Name: "Process", Payload: &anypb.Any{TypeUrl: typeURL, Value: value},
	})
}

// garbledEvent has the right type, and bytes that are not of it.
func garbledEvent() *sdktest.Request {
	request := sdktest.Event(1, persisted("A"))
	request.GetEvent().Payload.Value = []byte{0x0a, 0x7f}
	return request
}

// restarts is the response, asking for a restart.
func restarts(response *sdktest.Response) *sdktest.Response {
	response.GetReply().GetClientAction().GetFailure().Restart = true
	return response
}
