package value

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// forwards are the cases on forwards that hold for every kind of entity.
func forwards() []engine.Case {
	s := model
	forwarded := []string{"FX-FWD-001"}
	return []engine.Case{
		{
			ID: "value/forwards/plain", Requirements: forwarded, Cloudstate: []string{"value/forward"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("X")), s.reply(1, "X", updated("X")),
				s.process(2, forward("x")), s.forwarded(2, "x"),
				s.barrier(3, "X"), s.passivated(),
			},
		},
		{
			ID: "value/forwards/with-an-effect", Requirements: forwarded, Cloudstate: []string{"value/forward-effect"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("y", false), forward("x")), s.forwarded(1, "x", effects(asynchronous("y"))),
				s.barrier(2, ""), s.passivated(),
			},
		},
		{
			ID: "value/forwards/the-last-of-two", Requirements: forwarded,
			Script: []engine.Step{
				s.init(),
				s.process(1, forward("x"), forward("y")), s.forwarded(1, "y"),
				s.barrier(2, ""),
			},
		},
	}
}

// sideEffects are the cases on side effects.
func sideEffects() []engine.Case {
	s := model
	ordered := []string{"FX-EFF-001"}
	return []engine.Case{
		{
			ID: "value/effects/one", Requirements: ordered,
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("x", false)), s.reply(1, "", effects(asynchronous("x"))),
				s.barrier(2, ""),
			},
		},
		{
			ID: "value/effects/three-in-order", Requirements: ordered, Cloudstate: []string{"value/effects"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("z", false), effect("x", false), effect("y", false)),
				s.reply(1, "", effects(asynchronous("z"), asynchronous("x"), asynchronous("y"))),
				s.barrier(2, ""), s.passivated(),
			},
		},
		{
			ID: "value/effects/three-with-updates", Requirements: ordered, Cloudstate: []string{"value/effects-update"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A"), update("B"), effect("x", false), update("C"), effect("y", false), update("D"), update("E"), effect("z", false)),
				s.reply(1, "E", updated("E"), effects(asynchronous("x"), asynchronous("y"), asynchronous("z"))),
				s.barrier(2, "E"), s.passivated(),
			},
		},
		{
			ID: "value/effects/synchronous", Requirements: []string{"FX-EFF-002"}, Cloudstate: []string{"value/effect-synchronous"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("x", true)), s.reply(1, "", effects(synchronous("x"))),
				s.process(2, effect("x", false), effect("y", true), effect("z", false)),
				s.reply(2, "", effects(asynchronous("x"), synchronous("y"), asynchronous("z"))),
				s.barrier(3, ""), s.passivated(),
			},
		},
		{
			ID: "value/effects/none-after-a-failure", Requirements: []string{"FX-EFF-003"}, Cloudstate: []string{"value/failure-effect"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("x", false), fail("expected failure")), s.failed(1, "expected failure"),
				s.goesOn(""), s.passivated(),
			},
		},
		{
			ID: "value/effects/none-after-a-failure-with-an-update", Requirements: []string{"FX-EFF-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, effect("y", true), update("A"), effect("z", false), fail("no")), s.failed(1, "no"),
				s.goesOn(""),
			},
		},
	}
}

// cancels are the cases on the news that nobody waits any more, which a proxy gives a
// function that has announced that it takes them, on the connection on which it has.
func cancels() []engine.Case {
	s := model
	const gone, late = entityv1.CancelReason_CANCEL_REASON_CALLER_GONE, entityv1.CancelReason_CANCEL_REASON_DEADLINE
	agreed := discovery.Announce(discoveryv1.Capability_CAPABILITY_CANCEL)
	return []engine.Case{
		{
			ID: "value/cancel/answered-all-the-same", Requirements: []string{"CORE-CANCEL-002"},
			Script: []engine.Step{
				agreed, s.init(),
				s.process(1, update("A")), s.cancel(1, gone), s.reply(1, "A", updated("A")),
				s.process(2, fail("no")), s.cancel(2, late), s.failed(2, "no"),
				s.goesOn("A"), s.passivated(),
			},
		},
		{
			ID: "value/cancel/of-a-command-that-was-answered", Requirements: []string{"CORE-CANCEL-004"},
			Script: []engine.Step{
				agreed, s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.cancel(1, late), s.barrier(2, "A"),
				s.cancel(1, gone), s.cancel(2, gone), s.barrier(3, "A"), s.passivated(),
			},
		},
		{
			ID: "value/cancel/of-a-command-that-never-came", Requirements: []string{"CORE-CANCEL-004"},
			Script: []engine.Step{
				agreed, s.init(),
				s.cancel(7, gone), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.cancel(7, late), s.barrier(2, "A"), s.passivated(),
			},
		},
		{
			ID: "value/cancel/is-not-answered", Requirements: []string{"CORE-CANCEL-005"},
			Script: []engine.Step{
				agreed, s.initFrom("A"),
				s.process(1), s.reply(1, "A"),
				s.cancel(1, entityv1.CancelReason_CANCEL_REASON_UNSPECIFIED), s.barrier(2, "A"),
				s.cancel(2, gone), s.passivated(),
			},
		},
	}
}
