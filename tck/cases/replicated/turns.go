package replicated

import (
	"fmt"

	"github.com/stateward/stateward/tck/engine"
)

// turns are the cases on whose turn it is.
func turns() []engine.Case {
	s := counter
	return []engine.Case{
		{
			ID: "replicated/turns/deltas-are-not-answered", Requirements: []string{"REP-TURN-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)), s.delta(delta.gcounter(1)), s.delta(delta.gcounter(2)),
				s.barrier(1, value.gcounter(8)),
				s.delta(delta.gcounter(3)), s.passivated(),
			},
		},
		{
			ID: "replicated/turns/nothing-but-answers", Requirements: []string{"REP-TURN-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(0)),
				s.process(1, change(ask.gcounter(1))), s.reply(1, value.gcounter(1), update(delta.gcounter(1))),
				s.process(2, change(ask.gcounter(2))), s.reply(2, value.gcounter(3), update(delta.gcounter(2))),
				s.delta(delta.gcounter(4)), s.passivated(),
			},
		},
		{
			ID: "replicated/turns/several-outstanding", Requirements: []string{"REP-TURN-007"},
			Script: outstanding(5),
		},
		{
			ID: "replicated/turns/sixty-four-outstanding", Requirements: []string{"REP-TURN-007"},
			Script: outstanding(63),
		},
		{
			ID: "replicated/turns/outstanding-after-a-delta", Requirements: []string{"REP-DELTA-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)), s.delta(delta.gcounter(10)),
				s.process(1), s.process(2),
				s.both(replied(1, value.gcounter(15)), replied(2, value.gcounter(15))),
				s.delta(delta.gcounter(10)), s.barrier(3, value.gcounter(25)),
			},
		},
	}
}

// outstanding sends n commands that change the value, and one that reads it, before it
// looks at an answer. Each change is a power of two, so that a value tells of which
// changes it is made.
func outstanding(n int) []engine.Step {
	s := counter
	script := []engine.Step{s.initFrom(delta.gcounter(0))}
	for i := range n {
		script = append(script, s.process(int64(i+1), change(ask.gcounter(1<<i))))
	}
	return append(script, s.process(int64(n+1)), s.answeredOnceEach(n), s.barrier(int64(n+2), value.gcounter(1<<n-1)))
}

// answeredOnceEach expects the answers to the commands of [outstanding], in whatever
// order: each has the change of its own command, and the value after the changes of the
// commands that were answered before it and its own.
func (s stream) answeredOnceEach(n int) step {
	text := fmt.Sprintf("commands 1 to %d answered once each, in any order, each with its own change, and with the changes of those answered before it", n+1)
	return step{text: s.label() + "←" + text, play: func(sc *scene) error {
		left := map[int64]bool{}
		for i := range n + 1 {
			left[int64(i+1)] = true
		}
		var sum uint64
		for len(left) > 0 {
			got, out, err := sc.answer(s, "an answer to a command that has none")
			if err != nil {
				return err
			}
			if !left[got.command] {
				return s.mismatch("an answer to a command that has none", got.String())
			}
			want := replied(got.command, value.gcounter(sum))
			if got.command <= int64(n) {
				own := uint64(1) << (got.command - 1)
				sum += own
				want = replied(got.command, value.gcounter(sum), update(delta.gcounter(own)))
			}
			if !want.met(got) {
				return sc.wrong(s, want, got)
			}
			delete(left, got.command)
			sc.met(s, got, out)
		}
		return nil
	}}
}
