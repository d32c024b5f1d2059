package replicated

import (
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/engine"
)

// receptions are the cases on what the function is sent.
func receptions() []engine.Case {
	s := counter
	five := delta.gcounter(5)
	return []engine.Case{
		{
			ID: "replicated/deltas/no-echo", Requirements: []string{"REP-DELTA-003"},
			Script: []engine.Step{
				s.initFrom(five), s.delta(delta.gcounter(3)),
				s.process(1, change(ask.gcounter(1))),
				s.reply(1, value.gcounter(9), update(delta.gcounter(1)), likelier(delta.gcounter(4), echoed)),
				s.delta(delta.gcounter(7)), s.barrier(2, value.gcounter(16)),
			},
		},
		{
			ID: "replicated/deltas/in-the-order-of-the-stream", Requirements: []string{"REP-DELTA-001"},
			Script: []engine.Step{
				of("LWWRegister").initFrom(delta.lwwregister("a")),
				of("LWWRegister").delta(delta.lwwregister("b")), of("LWWRegister").delta(delta.lwwregister("c")),
				of("LWWRegister").barrier(1, value.lwwregister("c")),
			},
		},
		{
			ID: "replicated/deltas/value-in-parts", Requirements: []string{"REP-DELTA-001"},
			Script: []engine.Step{
				of("GSet").initFrom(delta.gset("a")), of("GSet").delta(delta.gset("b")), of("GSet").delta(delta.gset("c")),
				of("GSet").barrier(1, value.gset("a", "b", "c")),
			},
		},
		{
			ID: "replicated/deltas/unset", Requirements: []string{"REP-DELTA-004"},
			Script: []engine.Step{
				s.initFrom(five), s.delta(&replicatedv1.Delta{}), s.broken(anyCommand),
				s.initFrom(five), s.barrier(1, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/deltas/unset-while-the-entity-is", Requirements: []string{"REP-DELTA-004"},
			Script: []engine.Step{
				s.init(), s.delta(&replicatedv1.Delta{}), s.broken(anyCommand),
				s.initFrom(five), s.barrier(1, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/deltas/another-type", Requirements: []string{"REP-DELTA-004"},
			Script: []engine.Step{
				s.initFrom(five), s.barrier(1, value.gcounter(5)),
				s.delta(delta.pncounter(1)), s.broken(anyCommand),
				s.initFrom(five), s.barrier(1, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/commands/another-entity-id", Requirements: []string{"REP-CMD-001"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom(five), s.barrier(1, value.gcounter(5)),
				s.misaddressed(processRequest(2)), s.broken(anyCommand),
				s.initFrom(five), s.barrier(1, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/commands/another-entity-id-cancelled", Requirements: []string{"REP-CMD-001"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching()), s.opened(1, value.gcounter(5)),
				s.misaddressed(func(entity string) *request { return cancellation(entity, 1) }), s.broken(anyCommand),
				s.initFrom(five), s.barrier(1, value.gcounter(5)),
			},
		},
	}
}
