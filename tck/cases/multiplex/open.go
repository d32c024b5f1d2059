package multiplex

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/cases/eventsourced"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// uses are the cases on what a multiplexed stream is for, and how it starts.
func uses() []engine.Case {
	var s stream
	a := s.handle(1, "a")
	p := plain{Name: "plain", Entity: "b"}
	cases := []engine.Case{
		{
			ID:           "multiplexed-stream/use/plain-streams-too",
			Requirements: []string{"MUX-USE-003"},
			Script: []engine.Step{
				s.start(), a.open(), p.init(), a.process(1, "A"), p.process(1, "B"), p.reply(1, "B", "B"), a.reply(1, "A", "A"),
				a.barrier(2, "A"), p.left(), a.barrier(3, "A"), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/use/each-stateful-kind",
			Requirements: []string{"MUX-USE-004"},
			Script:       []engine.Step{served{}, s.start(), a.open(), a.barrier(1, ""), s.over()},
		},
	}
	for _, wrong := range []struct {
		id    string
		first *request
	}{
		{"open", opening(1, encode(eventsourced.Init("a", 0, "", 0)))},
		{"message", carrying(1, []byte{0})},
		{"credit", credit(1)},
		{"close", closing(false)},
		{"unset-frame", &request{}},
	} {
		cases = append(cases, engine.Case{
			ID:           "multiplexed-stream/start/" + wrong.id + "-first",
			Requirements: []string{"MUX-START-003"},
			Script:       []engine.Step{s.first(wrong.first), s.refused(codes.InvalidArgument)},
		})
	}
	for _, wrong := range []struct{ id, entityType string }{
		{"unknown", "stateward.unknown.v1.UnknownService"},
		{"empty", ""},
		{"action", actionv1.ActionService_ServiceDesc.ServiceName},
	} {
		cases = append(cases, engine.Case{
			ID:           "multiplexed-stream/start/kind-" + wrong.id,
			Requirements: []string{"MUX-START-004"},
			Script:       []engine.Step{s.startFor(wrong.entityType), s.refused(codes.Unimplemented)},
		})
	}
	return cases
}

// opens are the cases on how a handle begins.
func opens() []engine.Case {
	var s stream
	a, b, again := s.handle(1, "a"), s.handle(2, "b"), s.handle(3, "a")
	command := func(entity string) *eventsourcedv1.HandleRequest { return eventsourced.Process(entity, 1) }
	cases := []engine.Case{
		{
			ID:           "multiplexed-stream/open/a-command-inside",
			Requirements: []string{"MUX-OPEN-003"},
			Script: []engine.Step{
				s.start(), a.opens(command), a.broken(), a.close(), b.open(), b.barrier(1, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/open/no-case-inside",
			Requirements: []string{"MUX-OPEN-003"},
			Script: []engine.Step{
				s.start(), a.opens(func(string) *eventsourcedv1.HandleRequest {
					empty := &eventsourcedv1.HandleRequest{}
					empty.ProtoReflect().SetUnknown(unknown())
					return empty
				}), a.broken(), a.close(), b.open(), b.barrier(1, ""), s.over(),
			},
		},
	}
	for _, before := range []struct {
		id        string
		end, open engine.Step
		state     string
	}{
		{"closed-then-from-nothing", a.closed(), again.open(), ""},
		{"closed-then-from-a-snapshot", a.closed(), again.openFrom(3, "XYZ"), "XYZ"},
		{"reset-then-from-nothing", a.resets(), again.open(), ""},
		{"failed-then-from-nothing", script.Sequence(a.unset(), a.last(), a.close()), again.open(), ""},
	} {
		cases = append(cases, engine.Case{
			ID:           "multiplexed-stream/open/" + before.id,
			Requirements: []string{"MUX-OPEN-005"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), a.process(1, "A"), a.reply(1, "A", "A"), before.end,
				before.open, again.barrier(1, before.state), b.barrier(1, ""), s.over(),
			},
		})
	}
	for _, wrong := range []struct {
		id    string
		lines []engine.Step
	}{
		{"second-handle-first", []engine.Step{b.open()}},
		{"a-handle-left-out", []engine.Step{a.open(), again.open()}},
		{"open-twice", []engine.Step{a.open(), a.open()}},
		{"used-before", []engine.Step{a.open(), a.closed(), a.open()}},
		{"below-zero", []engine.Step{s.handle(-1, "a").open()}},
	} {
		cases = append(cases, engine.Case{
			ID:           "multiplexed-stream/open/" + wrong.id,
			Requirements: []string{"MUX-OPEN-004"},
			Script:       append(append([]engine.Step{s.start()}, wrong.lines...), s.refused(codes.InvalidArgument)),
		})
	}
	return cases
}

// messages are the cases on what frames carry.
func messages() []engine.Case {
	var s stream
	a, b := s.handle(1, "a"), s.handle(2, "b")
	talk := []engine.Step{
		s.start(), a.open(), b.open(), b.process(1, "B"), b.reply(1, "B", "B"), a.process(1, "A"), a.reply(1, "A", "A"),
		b.barrier(2, "B"), a.barrier(2, "A"), a.closed(), s.over(),
	}
	init := func(entity string) *eventsourcedv1.HandleRequest { return eventsourced.Init(entity, 0, "", 0) }
	command := func(entity string) *eventsourcedv1.HandleRequest { return eventsourced.Process(entity, 1) }
	return []engine.Case{
		{ID: "multiplexed-stream/messages/those-of-the-kind", Requirements: []string{"MUX-MSG-002"}, Script: talk},
		{ID: "multiplexed-stream/messages/a-case-is-set", Requirements: []string{"MUX-MSG-007"}, Script: talk},
		{ID: "multiplexed-stream/messages/handles-that-were-opened", Requirements: []string{"MUX-MSG-008"}, Script: talk},
		{
			ID:           "multiplexed-stream/messages/unreadable",
			Requirements: []string{"MUX-MSG-003"},
			Script:       []engine.Step{s.start(), a.open(), a.raw(garbage()), a.failed(codes.InvalidArgument), b.open(), b.barrier(1, ""), s.over()},
		},
		{
			ID:           "multiplexed-stream/messages/in-order",
			Requirements: []string{"MUX-MSG-005"},
			Script: []engine.Step{
				s.start(), a.openReplaying(0, "", 4), b.openReplaying(1, "U", 3),
				a.event(1, "A"), b.event(2, "V"), a.event(2, "B"), a.event(3, "C"), b.event(3, "W"), a.event(4, "D"),
				a.process(1), a.reply(1, "ABCD"), b.process(1), b.reply(1, "UVW"), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/messages/unknown-fields",
			Requirements: []string{"MUX-MSG-006"},
			Script: []engine.Step{
				s.first(later(start(eventSourced))), a.carries(init, newer(opening)).After(a.opened), a.carries(command, newer(carrying)),
				a.owed(1, ""), a.frame(later(credit(1))).After(a.given(1)), a.frame(later(closing(false))), a.gone(), s.over(),
			},
		},
	}
}

// garbage are bytes that are no protobuf.
func garbage() []byte { return []byte{0xff, 0xff, 0xff} }

// unknown is one field that nobody knows, encoded.
func unknown() []byte {
	return protowire.AppendString(protowire.AppendTag(nil, 1000, protowire.BytesType), "from a later version")
}

// newer makes frames that a later version has added to.
func newer(in frame) frame {
	return func(number int64, message []byte) *request { return later(in(number, message)) }
}

// later adds fields of a later version to a frame, and to what is in it.
func later(f *request) *request {
	for _, part := range []proto.Message{f, f.GetStart(), f.GetOpen(), f.GetCredit(), f.GetClose()} {
		if part.ProtoReflect().IsValid() {
			part.ProtoReflect().SetUnknown(unknown())
		}
	}
	return f
}
