package eventsourced

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/engine"
)

// longest is how long events may be kept: a hundred years (ES-DEL-005).
const longest = 3_153_600_000_000

// deletions are the cases on commands that delete their entity.
func deletions() []engine.Case {
	s := model
	capability := discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE
	return []engine.Case{
		{
			ID:           "event-sourced/delete/with-events",
			Requirements: []string{"ES-DEL-001"},
			Script: after(capability,
				s.init(), s.process(1, emit("A"), remove(1000)), s.reply(1, "A", events("A"), deleted(1000)), s.passivated()),
		},
		{
			ID:           "event-sourced/delete/without-events",
			Requirements: []string{"ES-DEL-001"},
			Script:       after(capability, s.init(), s.process(1, remove(0)), s.reply(1, "", deleted(0)), s.passivated()),
		},
		{
			ID:           "event-sourced/delete/with-a-forward",
			Requirements: []string{"ES-DEL-001"},
			Script: after(capability,
				s.init(), s.process(1, forward("x"), remove(1)), s.forwarded(1, "x", deleted(1)), s.passivated()),
		},
		{
			ID:           "event-sourced/delete/not-by-a-failed-command",
			Requirements: []string{"ES-DEL-002"},
			Script: after(capability,
				s.init(), s.process(1, remove(1000), fail("no")), s.failed(1, "no"), s.goesOn("")),
		},
		{
			ID:           "event-sourced/delete/not-by-another-command",
			Requirements: []string{"ES-DEL-002"},
			Script: after(capability,
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")), s.barrier(2, "A")),
		},
		{
			ID:           "event-sourced/delete/longest-retention",
			Requirements: []string{"ES-DEL-005"},
			Script:       after(capability, s.init(), s.process(1, remove(longest)), s.reply(1, "", deleted(longest)), s.passivated()),
		},
		{
			ID:           "event-sourced/delete/retention-too-long",
			Requirements: []string{"ES-DEL-005"},
			Script:       after(capability, s.init(), s.process(1, remove(longest+1)), s.refused(1), s.goesOn("")),
		},
		{
			ID:           "event-sourced/delete/retention-below-zero",
			Requirements: []string{"ES-DEL-005"},
			Script:       after(capability, s.init(), s.process(1, remove(-1)), s.refused(1), s.goesOn("")),
		},
		{
			ID:           "event-sourced/delete/no-snapshot",
			Requirements: []string{"ES-DEL-010"},
			Level:        engine.Should,
			Script: after(capability,
				s.initFrom(5, "ABCDE"), s.event(6, "F"), s.event(7, "G"), s.event(8, "H"), s.event(9, "I"),
				s.process(1, emit("J"), remove(0)), s.reply(1, "ABCDEFGHIJ", events("J"), deleted(0)), s.passivated()),
		},
	}
}

// deleted says that the answer deletes the entity.
func deleted(retention int64) part {
	return func(e *expectation) { e.want.deleted = retained(retention) }
}
