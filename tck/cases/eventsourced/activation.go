package eventsourced

import (
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// activations are the cases on the opening of a stream.
func activations() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "event-sourced/activation/command-first",
			Requirements: []string{"ES-INIT-003"},
			Script:       []engine.Step{s.process(1), s.broken(anyCommand), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "event-sourced/activation/event-first",
			Requirements: []string{"ES-INIT-003"},
			Script:       []engine.Step{s.event(1, "A"), s.broken(anyCommand), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "event-sourced/activation/second-init-at-once",
			Requirements: []string{"ES-INIT-004"},
			Script:       []engine.Step{s.init(), s.again(nil), s.broken(anyCommand), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "event-sourced/activation/second-init-after-a-command",
			Requirements: []string{"ES-INIT-004"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.again(nil), s.broken(anyCommand),
				s.rehydrate(), s.barrier(1, "A"),
			},
		},
		{
			ID:           "event-sourced/activation/unknown-service",
			Requirements: []string{"ES-INIT-005"},
			Script:       unservedService("stateward.tck.NoSuchService"),
		},
		{
			ID:           "event-sourced/activation/no-service",
			Requirements: []string{"ES-INIT-005"},
			Script:       unservedService(""),
		},
		{
			ID:           "event-sourced/activation/inherited-names",
			Requirements: []string{"ES-INIT-005"},
			Script:       inheritedServices(),
		},
	}
}

// unservedService sends init for a service that the function does not serve.
func unservedService(service string) []engine.Step {
	s := model
	nobody := stream{"nobody", service, "a"}
	return []engine.Step{nobody.init(), nobody.broken(anyCommand), s.init(), s.barrier(1, "")}
}

const (
	ignoredSnapshot = "the snapshot in init was ignored (the state equals the events alone)"
	ignoredEvents   = "the events after the snapshot were ignored (the state equals the snapshot)"
)

// rehydrations are the cases on the state that an activation starts from.
func rehydrations() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "event-sourced/rehydrate/nothing",
			Requirements: []string{"ES-REPLAY-003"},
			Script:       []engine.Step{s.init(), s.process(1), s.reply(1, ""), s.barrier(2, "")},
		},
		{
			ID:           "event-sourced/rehydrate/snapshot",
			Requirements: []string{"ES-REPLAY-003"},
			Cloudstate:   []string{"event-sourced/init-with-snapshot"},
			Script: []engine.Step{
				s.initFrom(5, "ABCDE"),
				s.process(1), s.reply(1, "ABCDE", likely("", ignoredSnapshot)),
				s.barrier(2, "ABCDE"),
			},
		},
		{
			ID:           "event-sourced/rehydrate/events",
			Requirements: []string{"ES-REPLAY-003"},
			Script: []engine.Step{
				s.init(), s.event(1, "A"), s.event(2, "B"), s.event(3, "C"),
				s.process(1), s.reply(1, "ABC", likely("CBA", "the events were applied in reverse order")),
				s.barrier(2, "ABC"),
			},
		},
		{
			ID:           "event-sourced/rehydrate/snapshot-then-events",
			Requirements: []string{"ES-REPLAY-003"},
			Cloudstate:   []string{"event-sourced/init-with-snapshot-and-events"},
			Script: []engine.Step{
				s.initFrom(5, "ABCDE"), s.event(6, "F"), s.event(7, "G"),
				s.process(1),
				s.reply(1, "ABCDEFG", likely("FG", ignoredSnapshot), likely("ABCDE", ignoredEvents),
					likely("FGABCDE", "the snapshot was applied after the events")),
				s.barrier(2, "ABCDEFG"),
			},
		},
		{
			ID:           "event-sourced/rehydrate/snapshot-of-no-bytes",
			Requirements: []string{"ES-REPLAY-003"},
			Script: []engine.Step{
				s.initFrom(5, ""), s.event(6, "F"),
				s.process(1), s.reply(1, "F"),
				s.barrier(2, "F"),
			},
		},
		{
			ID:           "event-sourced/rehydrate/own-events",
			Requirements: []string{"ES-REPLAY-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("B")), s.reply(1, "AB", events("A", "B")),
				s.process(2, emit("C")), s.reply(2, "ABC", events("C")),
				s.passivated(),
				s.rehydrate(), s.barrier(1, "ABC"),
			},
		},
		{
			ID:           "event-sourced/rehydrate/own-snapshot-then-events",
			Requirements: []string{"ES-REPLAY-003"},
			Cloudstate:   []string{"event-sourced/rehydration"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), emit("B")), s.reply(1, "AB", events("A", "B")),
				s.process(2, emit("C"), emit("D")), s.reply(2, "ABCD", events("C", "D")),
				s.process(3, emit("E")), s.reply(3, "ABCDE", events("E"), snapshot("ABCDE")),
				s.process(4, emit("F")), s.reply(4, "ABCDEF", events("F")),
				s.passivated(),
				s.rehydrate(),
				s.process(1), s.reply(1, "ABCDEF", likely("F", ignoredSnapshot), likely("ABCDE", ignoredEvents)),
				s.process(2, emit("G")), s.reply(2, "ABCDEFG", events("G")),
				s.passivated(),
				s.rehydrate(), s.barrier(1, "ABCDEFG"),
			},
		},
		{
			ID:           "event-sourced/rehydrate/from-the-journal-alone",
			Requirements: []string{"ES-REPLAY-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.passivated(),
				s.initFrom(5, "VWXYZ"), // as a proxy does whose store was put back
				s.process(1), s.reply(1, "VWXYZ", likely("A", "the state of an earlier activation has survived it")),
				s.barrier(2, "VWXYZ"),
			},
		},
		{
			ID:           "event-sourced/rehydrate/same-journal-same-state",
			Requirements: []string{"ES-REPLAY-003"},
			Script:       twiceTheSame(),
		},
	}
}

// twiceTheSame activates an entity twice from one journal, one after the other,
// and another entity from an equal one beside them.
func twiceTheSame() []engine.Step {
	a := stream{"a", modelService, "a"}
	b := stream{"b", modelService, "b"}
	return []engine.Step{
		a.initFrom(5, "ABCDE"), a.event(6, "F"),
		b.initFrom(5, "ABCDE"), b.event(6, "F"),
		a.process(1, emit("G")), a.reply(1, "ABCDEFG", events("G")),
		b.process(1, emit("G")), b.reply(1, "ABCDEFG", events("G")),
		a.passivated(), b.passivated(),
		a.rehydrate(), a.barrier(1, "ABCDEFG"),
		b.rehydrate(), b.barrier(1, "ABCDEFG"),
		a.reset(),
		a.rehydrate(), a.barrier(1, "ABCDEFG"),
	}
}

// replays are the cases on what the function does while it replays.
func replays() []engine.Case {
	s := model
	foreign := &eventsourcedv1.Event{Sequence: 2, Payload: foreignState()}
	garbled := &eventsourcedv1.Event{Sequence: 2, Payload: garbledState()}
	misspelt := &eventsourcedv1.Event{Sequence: 2, Payload: peer.PackMisspelt(&tckeventsourcedv1.Persisted{Value: "?"})}
	return []engine.Case{
		{
			ID:           "event-sourced/replay/sends-nothing",
			Requirements: []string{"ES-REPLAY-004"},
			Script: []engine.Step{
				s.initFrom(5, "ABCDE"), s.event(6, "F"), s.event(7, "G"),
				s.process(1), s.reply(1, "ABCDEFG"),
				s.passivated(),
			},
		},
		{
			ID:           "event-sourced/replay/emits-nothing-again",
			Requirements: []string{"ES-REPLAY-004"},
			Script: []engine.Step{
				s.init(), s.event(1, "A"), s.event(2, "B"),
				s.process(1, emit("C")), s.reply(1, "ABC", events("C")),
				s.barrier(2, "ABC"),
			},
		},
		{
			ID:           "event-sourced/replay/unknown-event",
			Requirements: []string{"ES-REPLAY-005"},
			Script: []engine.Step{
				s.init(), s.event(1, "A"), s.replay(foreign), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "event-sourced/replay/unknown-snapshot",
			Requirements: []string{"ES-REPLAY-005"},
			Script: []engine.Step{
				s.initWith(snapshotAt(5, foreignState())), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "event-sourced/replay/unreadable-event",
			Requirements: []string{"ES-REPLAY-011"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(), s.event(1, "A"), s.replay(garbled), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "event-sourced/replay/unreadable-snapshot",
			Requirements: []string{"ES-REPLAY-011"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.initWith(snapshotAt(5, garbledState())), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "event-sourced/replay/event-that-is-not-utf-8",
			Requirements: []string{"ES-REPLAY-011"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(), s.event(1, "A"), s.replay(misspelt), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "event-sourced/replay/gap",
			Requirements: []string{"ES-REPLAY-006"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.initFrom(5, "ABCDE"), s.event(7, "G"), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "event-sourced/replay/event-after-a-command",
			Requirements: []string{"ES-REPLAY-006"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(), s.barrier(1, ""),
				s.event(1, "A"), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "event-sourced/commands/another-entity-id",
			Requirements: []string{"ES-CMD-002"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(), s.barrier(1, ""),
				s.misaddressed(2), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
	}
}

// misaddressed sends a command for another entity than the stream's.
func (s stream) misaddressed(id int64) step {
	build := processRequest(id)
	line := s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		return build(entity + "-other")
	})
	line.text += " for another entity"
	return line
}
