package eventsourced

import (
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// foreignState is an event or a snapshot of a type that no function knows.
func foreignState() *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/stateward.tck.NoSuchMessage", Value: []byte{0x0a, 0x01, 0x41}}
}

// garbledState is an event or a snapshot of the model's own type, cut off in the
// middle of its value.
func garbledState() *anypb.Any {
	state := foreignState()
	state.TypeUrl = "type.googleapis.com/" + string((&tckeventsourcedv1.Persisted{}).ProtoReflect().Descriptor().FullName())
	state.Value = state.GetValue()[:2]
	return state
}

// emissions are the cases on the events of a command.
func emissions() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "event-sourced/events/one",
			Requirements: []string{"ES-EMIT-001"},
			Cloudstate:   []string{"event-sourced/event"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.passivated(),
			},
		},
		{
			ID:           "event-sourced/events/three-in-order",
			Requirements: []string{"ES-EMIT-001"},
			Cloudstate:   []string{"event-sourced/three-events"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("B"), emit("C")), s.reply(1, "ABC", events("A", "B", "C")),
				s.passivated(),
			},
		},
		{
			ID:           "event-sourced/events/equal-ones",
			Requirements: []string{"ES-EMIT-001"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("A")), s.reply(1, "AA", events("A", "A")),
				s.passivated(),
			},
		},
		{
			ID:           "event-sourced/events/seen-by-the-next-command",
			Requirements: []string{"ES-EMIT-002"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.process(2), s.reply(2, "A", likely("", "the function has not applied the event that it emitted")),
				s.process(3, emit("B")), s.reply(3, "AB", events("B")),
				s.barrier(4, "AB"),
			},
		},
		{
			ID:           "event-sourced/events/none",
			Requirements: []string{"ES-EMIT-003"},
			Cloudstate:   []string{"event-sourced/empty"},
			Script: []engine.Step{
				s.init(),
				s.process(1), s.reply(1, ""),
				s.process(2, emit("A")), s.reply(2, "A", events("A")),
				s.process(3), s.reply(3, "A"),
				s.passivated(),
			},
		},
		{
			ID:           "event-sourced/events/of-no-bytes",
			Requirements: []string{"ES-EMIT-005"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("")), s.reply(1, "", events("")),
				s.process(2, emit("A"), emit(""), emit("B")), s.reply(2, "AB", events("A", "", "B")),
				s.passivated(),
				s.rehydrate(), s.barrier(1, "AB"),
			},
		},
		{
			ID:           "event-sourced/forwards/with-an-event",
			Requirements: []string{"ES-EMIT-004"},
			Cloudstate:   []string{"event-sourced/forward-with-event"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), forward("x")), s.forwarded(1, "x", events("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "event-sourced/forwards/with-events-and-snapshot",
			Requirements: []string{"ES-EMIT-004"},
			Cloudstate:   []string{"event-sourced/forward-with-events-and-snapshot"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("B"), emit("C")), s.reply(1, "ABC", events("A", "B", "C")),
				s.process(2, emit("D"), emit("E"), forward("x")),
				s.forwarded(2, "x", events("D", "E"), snapshot("ABCDE")),
				s.barrier(3, "ABCDE"),
			},
		},
	}
}

// snapshots are the cases on the snapshots that the model gives.
func snapshots() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "event-sourced/snapshots/every-fifth-event",
			Requirements: []string{"ES-SNAP-001"},
			Cloudstate:   []string{"event-sourced/snapshots"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.process(2, emit("B")), s.reply(2, "AB", events("B")),
				s.process(3, emit("C")), s.reply(3, "ABC", events("C")),
				s.process(4, emit("D")), s.reply(4, "ABCD", events("D")),
				s.process(5, emit("E")), s.reply(5, "ABCDE", events("E"), snapshot("ABCDE")),
				s.process(6, emit("F"), emit("G")), s.reply(6, "ABCDEFG", events("F", "G")),
				s.process(7, emit("H")), s.reply(7, "ABCDEFGH", events("H")),
				s.process(8, emit("I")), s.reply(8, "ABCDEFGHI", events("I")),
				s.process(9, emit("J")), s.reply(9, "ABCDEFGHIJ", events("J"), snapshot("ABCDEFGHIJ")),
				s.passivated(),
				s.rehydrate(), s.barrier(1, "ABCDEFGHIJ"),
			},
		},
		{
			ID:           "event-sourced/snapshots/after-the-last-event-of-the-reply",
			Requirements: []string{"ES-SNAP-001"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("B"), emit("C"), emit("D"), emit("E"), emit("F"), emit("G")),
				s.reply(1, "ABCDEFG", events("A", "B", "C", "D", "E", "F", "G"), snapshot("ABCDEFG")),
				s.barrier(2, "ABCDEFG"),
			},
		},
		{
			ID:           "event-sourced/snapshots/none-without-events",
			Requirements: []string{"ES-SNAP-002"},
			Script: []engine.Step{
				s.init(),
				s.process(1), s.reply(1, ""),
				s.process(2, emit("A"), emit("B"), emit("C"), emit("D"), emit("E")),
				s.reply(2, "ABCDE", events("A", "B", "C", "D", "E"), snapshot("ABCDE")),
				s.process(3), s.reply(3, "ABCDE"),
				s.barrier(4, "ABCDE"),
			},
		},
		{
			ID:           "event-sourced/snapshots/interval-from-the-snapshot",
			Requirements: []string{"ES-SNAP-004"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.initFrom(7, "ABCDEFG"), s.event(8, "H"), s.event(9, "I"), s.event(10, "J"),
				s.process(1, emit("K")), s.reply(1, "ABCDEFGHIJK", events("K")),
				s.process(2, emit("L")), s.reply(2, "ABCDEFGHIJKL", events("L"), snapshot("ABCDEFGHIJKL")),
				s.passivated(),
				s.rehydrate(), s.barrier(1, "ABCDEFGHIJKL"),
			},
		},
	}
}

// keptEvents explains a state that holds what a failed command emitted.
const keptEvents = "the events of the failed command were kept"

// rollbacks are the cases on what a failed command leaves behind: nothing.
func rollbacks() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "event-sourced/failures/state-as-before",
			Requirements: []string{"ES-FAIL-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.process(2, fail("no")), s.failed(2, "no"),
				s.goesOn("A"),
			},
		},
		{
			ID:           "event-sourced/failures/events-are-dropped",
			Requirements: []string{"ES-FAIL-003"},
			Cloudstate:   []string{"event-sourced/failure-drops-events"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.process(2, emit("B"), fail("no")), s.failed(2, "no"),
				s.goesOn("A", likely("AB", keptEvents)),
			},
		},
		{
			ID:           "event-sourced/failures/events-of-the-first-command-are-dropped",
			Requirements: []string{"ES-FAIL-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("B"), fail("no")), s.failed(1, "no"),
				s.goesOn("", likely("AB", keptEvents)),
			},
		},
		{
			ID:           "event-sourced/failures/after-rehydration",
			Requirements: []string{"ES-FAIL-003"},
			Script: []engine.Step{
				s.initFrom(5, "ABCDE"), s.event(6, "F"),
				s.process(1, emit("X"), fail("no")), s.failed(1, "no"),
				s.goesOn("ABCDEF", likely("ABCDEFX", keptEvents)),
			},
		},
		{
			ID:           "event-sourced/failures/failure-before-the-event",
			Requirements: []string{"ES-FAIL-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, fail("no"), emit("A")), s.failed(1, "no"),
				s.goesOn("", likely("A", keptEvents)),
			},
		},
		{
			ID:           "event-sourced/failures/nothing-in-the-reply",
			Requirements: []string{"ES-FAIL-004"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("B"), emit("C"), emit("D")),
				s.reply(1, "ABCD", events("A", "B", "C", "D")),
				s.process(2, emit("E"), fail("no")), s.failedBare(2, "no"),
				s.goesOn("ABCD", likely("ABCDE", keptEvents)),
			},
		},
	}
}
