package replicated

import (
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/engine"
)

// updates are the cases on what the function sends.
func updates() []engine.Case {
	s := counter
	return []engine.Case{
		{
			ID: "replicated/updates/one-delta-for-a-command", Requirements: []string{"REP-UPD-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(1)), effect("x", false), change(ask.gcounter(2)), change(ask.gcounter(3))),
				s.reply(1, value.gcounter(11), update(delta.gcounter(6)), effects(asynchronous("x"))),
				s.process(2, change(ask.gcounter(4))), s.reply(2, value.gcounter(15), update(delta.gcounter(4))),
				s.barrier(3, value.gcounter(15)),
			},
		},
		{
			ID: "replicated/updates/none-of-a-reader", Requirements: []string{"REP-UPD-002"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)), s.barrier(1, value.gcounter(5)),
				s.process(2, change(ask.gcounter(1))), s.reply(2, value.gcounter(6), update(delta.gcounter(1))),
				s.barrier(3, value.gcounter(6)),
				s.delta(delta.gcounter(1)), s.barrier(4, value.gcounter(7)),
			},
		},
		{
			ID: "replicated/updates/of-another-type", Requirements: []string{"REP-TYPE-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(1)), change(ask.pncounter(1))), s.refused(1),
				s.goesOn(delta.gcounter(5), value.gcounter(5)),
			},
		},
		{
			ID: "replicated/updates/beside-a-forward", Requirements: []string{"REP-UPD-004"},
			Cloudstate: []string{"replicated/forward-with-update"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(1)), forward("x"), change(ask.gcounter(2))), s.forwarded(1, "x", update(delta.gcounter(3))),
				s.barrier(2, value.gcounter(8)),
			},
		},
	}
}

// The write consistencies.
const (
	local    = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
	majority = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY
	all      = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL
)

// consistency are the cases on the write consistency of state actions.
func consistency() []engine.Case {
	s := counter
	two := delta.gcounter(2)
	return []engine.Case{
		{
			ID: "replicated/write-consistency/of-updates", Requirements: []string{"REP-WRITE-001"},
			Cloudstate: []string{"replicated/write-consistency"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(0)),
				s.process(1, change(waiting(ask.gcounter(2), majority))), s.reply(1, value.gcounter(2), update(two, majority)),
				s.process(2, change(waiting(ask.gcounter(2), all))), s.reply(2, value.gcounter(4), update(two, all)),
				s.process(3, change(waiting(ask.gcounter(2), local))), s.reply(3, value.gcounter(6), update(two, local)),
				s.barrier(4, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/write-consistency/of-the-last-update", Requirements: []string{"REP-WRITE-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(0)),
				s.process(1, change(waiting(ask.gcounter(1), all)), change(waiting(ask.gcounter(1), majority))),
				s.reply(1, value.gcounter(2), update(two, majority)),
				s.process(2, change(ask.gcounter(2))), s.reply(2, value.gcounter(4), update(two)),
				s.barrier(3, value.gcounter(4)),
			},
		},
		{
			ID: "replicated/write-consistency/of-a-delete", Requirements: []string{"REP-WRITE-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(0)),
				s.process(1, change(waiting(ask.gcounter(1), majority)), erase()), s.reply(1, value.gcounter(1), deleted(majority)),
				s.passivated(),
			},
		},
		{
			ID: "replicated/write-consistency/of-a-cancellation", Requirements: []string{"REP-WRITE-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(0)),
				s.watch(1, watching(atCancel(waiting(ask.gcounter(2), majority)))), s.opened(1, value.gcounter(0)),
				s.cancel(1), s.cancelResponse(1, update(two, majority)),
				s.barrier(2, value.gcounter(2)),
			},
		},
		{
			ID: "replicated/write-consistency/of-a-streamed-command", Requirements: []string{"REP-WRITE-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(0)),
				s.watch(1, watching(atFirst(waiting(ask.gcounter(2), all)))),
				s.opened(1, value.gcounter(2), update(two, all)),
				s.cancel(1), s.cancelResponse(1),
				s.barrier(2, value.gcounter(2)),
			},
		},
	}
}
