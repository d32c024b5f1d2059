package eventsourced

import (
	"strings"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/peer"
)

// failures are the cases on failures that hold for every kind of entity.
func failures() []engine.Case {
	s := model
	cases := []engine.Case{
		{
			ID:           "core/failures/the-next-command-is-answered",
			Requirements: []string{"CORE-FAIL-001"},
			Cloudstate:   []string{"event-sourced/command-after-failure"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.process(2, fail("no")), s.failed(2, "no"),
				s.goesOn("A"),
			},
		},
		{
			ID:           "core/failures/the-first-command",
			Requirements: []string{"CORE-FAIL-001"},
			Cloudstate:   []string{"event-sourced/failure"},
			Script:       []engine.Step{s.init(), s.process(1, fail("no")), s.failed(1, "no"), s.goesOn("")},
		},
	}
	for _, d := range []struct{ name, description string }{
		{"plain", "expected failure"},
		{"unicode", "Grüße: αδύνατο 🚫"},
		{"punctuation", "100% \"no\"\n\tline two {0} %s \\"},
		{"long", strings.Repeat("no ", 1000)},
	} {
		cases = append(cases, engine.Case{
			ID:           "core/failures/description-" + d.name,
			Requirements: []string{"CORE-FAIL-004"},
			Script:       []engine.Step{s.init(), s.process(1, fail(d.description)), s.failed(1, d.description), s.goesOn("")},
		})
	}
	return cases
}

// forwards are the cases on forwards that hold for every kind of entity.
func forwards() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "forwarding/forwards/plain",
			Requirements: []string{"FX-FWD-001"},
			Cloudstate:   []string{"event-sourced/forward"},
			Script: []engine.Step{
				s.init(),
				s.process(1, forward("x")), s.forwarded(1, "x"),
				s.barrier(2, ""),
			},
		},
		{
			ID:           "forwarding/forwards/with-an-effect",
			Requirements: []string{"FX-FWD-001"},
			Cloudstate:   []string{"event-sourced/forward-with-effect"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("y", false), forward("x")), s.forwarded(1, "x", effects(asynchronous("y"))),
				s.barrier(2, ""),
			},
		},
	}
}

// asynchronous and synchronous are the notations of the model's side effects.
func asynchronous(id string) string { return peer.Effect(modelTarget(id), false) }
func synchronous(id string) string  { return peer.Effect(modelTarget(id), true) }

// sideEffects are the cases on side effects.
func sideEffects() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "forwarding/effects/one",
			Requirements: []string{"FX-EFF-001"},
			Cloudstate:   []string{"event-sourced/effect"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("x", false)), s.reply(1, "", effects(asynchronous("x"))),
				s.barrier(2, ""),
			},
		},
		{
			ID:           "forwarding/effects/synchronous",
			Requirements: []string{"FX-EFF-002"},
			Cloudstate:   []string{"event-sourced/synchronous-effect"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("x", true)), s.reply(1, "", effects(synchronous("x"))),
				s.process(2, effect("x", false), effect("y", true), effect("z", false)),
				s.reply(2, "", effects(asynchronous("x"), synchronous("y"), asynchronous("z"))),
				s.barrier(3, ""),
			},
		},
		{
			ID:           "forwarding/effects/three-in-order",
			Requirements: []string{"FX-EFF-001"},
			Cloudstate:   []string{"event-sourced/three-effects"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("z", false), effect("x", false), effect("y", false)),
				s.reply(1, "", effects(asynchronous("z"), asynchronous("x"), asynchronous("y"))),
				s.barrier(2, ""),
			},
		},
		{
			ID:           "forwarding/effects/with-events-and-snapshot",
			Requirements: []string{"FX-EFF-001"},
			Cloudstate:   []string{"event-sourced/effects-with-events-and-snapshot"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), effect("x", false), emit("B"), emit("C")),
				s.reply(1, "ABC", events("A", "B", "C"), effects(asynchronous("x"))),
				s.process(2, effect("y", false), emit("D"), emit("E"), effect("z", true)),
				s.reply(2, "ABCDE", events("D", "E"), snapshot("ABCDE"), effects(asynchronous("y"), synchronous("z"))),
				s.barrier(3, "ABCDE"),
			},
		},
		{
			ID:           "forwarding/effects/none-after-a-failure",
			Requirements: []string{"FX-EFF-003"},
			Cloudstate:   []string{"event-sourced/failure-drops-effects"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("x", false), fail("no")), s.failed(1, "no"),
				s.goesOn(""),
			},
		},
		{
			ID:           "forwarding/effects/none-after-a-failure-with-events",
			Requirements: []string{"FX-EFF-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("y", true), emit("A"), effect("z", false), fail("no")), s.failed(1, "no"),
				s.goesOn(""),
			},
		},
	}
}
