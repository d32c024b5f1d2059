package eventsourced

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/engine"
)

// requests are the cases on snapshots that the proxy asks for.
func requests() []engine.Case {
	s := model
	capability := discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST
	return []engine.Case{
		{
			ID:           "event-sourced/asked/answered-once",
			Requirements: []string{"ES-ASK-003"},
			Script: after(capability,
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.ask(), s.told("A"), s.barrier(2, "A"),
				s.ask(), s.told("A"), s.passivated()),
		},
		{
			ID:           "event-sourced/asked/own-events",
			Requirements: []string{"ES-ASK-005"},
			Script: after(capability,
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")), s.ask(), s.told("A"),
				s.process(2, emit("B"), emit("C")), s.reply(2, "ABC", events("B", "C")), s.ask(), s.told("ABC"),
				s.barrier(3, "ABC")),
		},
		{
			ID:           "event-sourced/asked/replayed-events",
			Requirements: []string{"ES-ASK-005"},
			Script: after(capability,
				s.initFrom(5, "ABCDE"), s.event(6, "F"), s.process(1), s.reply(1, "ABCDEF"),
				s.ask(), s.told("ABCDEF"), s.barrier(2, "ABCDEF")),
		},
		{
			ID:           "event-sourced/asked/without-events",
			Requirements: []string{"ES-ASK-005"},
			Script: after(capability,
				s.init(), s.process(1), s.reply(1, ""), s.ask(), s.told(""), s.barrier(2, "")),
		},
	}
}

// told expects the response to a snapshot request.
func (s stream) told(state string) step {
	return s.answers(0, asked(persistedNotation(persisted(state))), nil)
}
