package replicated

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// failures are the cases on failures that hold for every kind of entity.
func failures() []engine.Case {
	s := counter
	return []engine.Case{
		{
			ID: "replicated/failures/the-next-command-is-answered", Requirements: []string{"CORE-FAIL-001"},
			Cloudstate: []string{"replicated/failure"},
			Script:     []engine.Step{five(), s.process(1, fail("no")), s.failed(1, "no"), s.goesOn(delta.gcounter(5), value.gcounter(5))},
		},
		{
			ID: "replicated/failures/description", Requirements: []string{"CORE-FAIL-004"},
			Script: []engine.Step{
				five(), s.process(1, fail("100% \"no\"\n\tGrüße: αδύνατο 🚫")), s.failed(1, "100% \"no\"\n\tGrüße: αδύνατο 🚫"),
				s.goesOn(delta.gcounter(5), value.gcounter(5)),
			},
		},
	}
}

// forwards are the cases on forwards.
func forwards() []engine.Case {
	s := counter
	return []engine.Case{
		{
			ID: "replicated/forwards/plain", Requirements: []string{"FX-FWD-001"},
			Cloudstate: []string{"replicated/forward"},
			Script:     []engine.Step{five(), s.process(1, forward("x")), s.forwarded(1, "x"), s.barrier(2, value.gcounter(5))},
		},
		{
			ID: "replicated/forwards/with-an-effect", Requirements: []string{"FX-FWD-001"},
			Cloudstate: []string{"replicated/forward-with-effect"},
			Script: []engine.Step{
				five(), s.process(1, effect("y", false), forward("x")), s.forwarded(1, "x", effects(asynchronous("y"))),
				s.barrier(2, value.gcounter(5)),
			},
		},
	}
}

// durables are the cases on effects that outlive a crash, which a replicated entity has
// none of.
func durables() []engine.Case {
	s := counter
	return []engine.Case{{
		ID: "replicated/effects/none-durable", Requirements: []string{"FX-DUR-016"},
		Script: []engine.Step{
			discovery.Announce(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS),
			five(), s.process(1, effect("x", true), effect("y", false)),
			s.reply(1, value.gcounter(5), effects(synchronous("x"), asynchronous("y"))),
			s.barrier(2, value.gcounter(5)),
		},
	}}
}

// sideEffects are the cases on side effects.
func sideEffects() []engine.Case {
	s := counter
	return []engine.Case{
		{
			ID: "replicated/effects/one", Requirements: []string{"FX-EFF-001"},
			Cloudstate: []string{"replicated/effect"},
			Script: []engine.Step{
				five(), s.process(1, effect("x", false)), s.reply(1, value.gcounter(5), effects(asynchronous("x"))),
				s.barrier(2, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/effects/synchronous", Requirements: []string{"FX-EFF-002"},
			Cloudstate: []string{"replicated/effect-synchronous"},
			Script: []engine.Step{
				five(), s.process(1, effect("x", true)), s.reply(1, value.gcounter(5), effects(synchronous("x"))),
				s.process(2, effect("x", false), effect("y", true)),
				s.reply(2, value.gcounter(5), effects(asynchronous("x"), synchronous("y"))),
				s.barrier(3, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/effects/three-in-order", Requirements: []string{"FX-EFF-001"},
			Cloudstate: []string{"replicated/effects-in-order"},
			Script: []engine.Step{
				five(), s.process(1, effect("z", false), effect("x", true), effect("y", false)),
				s.reply(1, value.gcounter(5), effects(asynchronous("z"), synchronous("x"), asynchronous("y"))),
				s.barrier(2, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/effects/with-an-update", Requirements: []string{"FX-EFF-001"},
			Cloudstate: []string{"replicated/effects-with-update"},
			Script: []engine.Step{
				five(), s.process(1, effect("x", false), change(ask.gcounter(1)), effect("y", true)),
				s.reply(1, value.gcounter(6), update(delta.gcounter(1)), effects(asynchronous("x"), synchronous("y"))),
				s.barrier(2, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/effects/none-after-a-failure", Requirements: []string{"FX-EFF-003"},
			Cloudstate: []string{"replicated/failure-drops-effects"},
			Script: []engine.Step{
				five(), s.process(1, effect("x", false), change(ask.gcounter(1)), fail("no")), s.failed(1, "no"),
				s.goesOn(delta.gcounter(5), value.gcounter(5)),
			},
		},
		{
			ID: "replicated/effects/of-each-streamed-message", Requirements: []string{"FX-EFF-001"},
			Cloudstate: []string{"replicated/streamed/effects-on-each-message"},
			Script: []engine.Step{
				five(), s.watch(1, watching(having(sideEffect("z", false), sideEffect("x", true)))), s.opened(1, value.gcounter(5)),
				s.delta(delta.gcounter(1)), s.streamed(1, value.gcounter(6), effects(asynchronous("z"), synchronous("x"))),
				s.process(2, change(ask.gcounter(1))),
				s.both(replied(2, value.gcounter(7), update(delta.gcounter(1))), streamed(1, value.gcounter(7), effects(asynchronous("z"), synchronous("x")))),
				s.barrier(3, value.gcounter(7)),
			},
		},
		{
			ID: "replicated/effects/of-messages-without-action", Requirements: []string{"FX-EFF-001"},
			Script: []engine.Step{
				five(), s.watch(1, watching(saying(true), having(sideEffect("x", false)))), s.expects(unsaid(opened(1, nil))),
				s.delta(delta.gcounter(1)), s.expects(unsaid(streamed(1, nil, effects(asynchronous("x"))))),
				s.barrier(2, value.gcounter(6)),
			},
		},
	}
}
