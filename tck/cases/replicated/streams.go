package replicated

import (
	"strconv"

	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// five opens a stream for a counter of 5.
func five() engine.Step { return counter.initFrom(delta.gcounter(5)) }

// streams are the cases on what one stream means for another, and on its end.
func streams() []engine.Case {
	s := counter
	a, b := s.named("a"), s.named("b")
	two := stream{Name: "two", Service: twoService, Type: a.Type, Entity: a.Entity}
	configured := stream{Name: "configured", Service: configuredService, Type: a.Type, Entity: a.Entity}
	cases := []engine.Case{
		{
			ID: "replicated/streams/two-entities", Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.initFrom(delta.gcounter(0)), b.initFrom(delta.gcounter(0)),
				a.process(1, change(ask.gcounter(1))), a.reply(1, value.gcounter(1), update(delta.gcounter(1))),
				b.process(1), b.reply(1, value.gcounter(0), likely(value.gcounter(1), "two entities of one service share their value")),
				b.process(2, change(ask.gcounter(2))), b.reply(2, value.gcounter(2), update(delta.gcounter(2))),
				b.delta(delta.gcounter(10)), b.barrier(3, value.gcounter(12)),
				a.barrier(2, value.gcounter(1)),
			},
		},
		{
			ID: "replicated/streams/one-id-at-three-services", Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.initFrom(delta.gcounter(5)), a.barrier(1, value.gcounter(5)),
				two.init(), two.call(1), two.called(1),
				configured.init(), configured.call(1), configured.called(1),
				a.barrier(2, value.gcounter(5)),
				two.call(2), two.called(2),
				a.passivated(),
				two.call(3), two.called(3),
			},
		},
		{
			ID: "replicated/streams/a-failure-concerns-one-entity", Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.initFrom(delta.gcounter(1)), b.initFrom(delta.gcounter(2)),
				a.process(1, fail("no")), a.failed(1, "no"),
				b.barrier(1, value.gcounter(2)),
				a.goesOn(delta.gcounter(1), value.gcounter(1)),
			},
		},
		{
			ID: "replicated/streams/a-broken-stream-concerns-one-entity", Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.initFrom(delta.gcounter(1)), b.initFrom(delta.gcounter(2)), b.barrier(1, value.gcounter(2)),
				a.raw(nil), a.broken(anyCommand),
				b.barrier(2, value.gcounter(2)),
			},
		},
		{
			ID: "replicated/streams/hundreds-at-once", Requirements: []string{"CORE-STREAM-002"},
			Script: crowded(),
		},
		{
			ID: "replicated/streams/half-close-during-a-command", Requirements: []string{"CORE-STREAM-003"},
			Script: []engine.Step{
				five(), s.process(1, change(ask.gcounter(1))), s.halfClose(), s.endedAfter(1),
				five(), s.barrier(1, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/streams/half-close-with-an-open-call", Requirements: []string{"CORE-STREAM-003"},
			Script: []engine.Step{
				five(), s.watch(1, watching()), s.opened(1, value.gcounter(5)), s.passivated(),
				five(), s.delta(delta.gcounter(1)), s.barrier(1, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/streams/half-close-before-init", Requirements: []string{"CORE-STREAM-003"},
			Script: []engine.Step{s.halfClose(), s.ended(), five(), s.barrier(1, value.gcounter(5))},
		},
		{
			ID: "replicated/streams/reset-during-a-command", Requirements: []string{"CORE-STREAM-005"},
			Script: []engine.Step{
				five(), s.process(1, change(ask.gcounter(1))), s.reset(),
				five(), s.barrier(1, value.gcounter(5)), s.barrier(2, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/streams/reset-when-idle", Requirements: []string{"CORE-STREAM-005"},
			Script: []engine.Step{
				five(), s.process(1, change(ask.gcounter(1))), s.reply(1, value.gcounter(6), update(delta.gcounter(1))), s.reset(),
				five(), s.process(1), s.reply(1, value.gcounter(5), likely(value.gcounter(6), "the value of the stream that was reset has survived")),
				s.barrier(2, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/streams/reset-with-an-open-call", Requirements: []string{"CORE-STREAM-005"},
			Script: []engine.Step{
				five(), s.watch(1, watching()), s.opened(1, value.gcounter(5)), s.reset(),
				five(), s.delta(delta.gcounter(1)), s.barrier(1, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/failures/stream-level-failure-ends-the-stream", Requirements: []string{"CORE-FAIL-002"},
			Script: []engine.Step{five(), s.barrier(1, value.gcounter(5)), s.raw(nil), s.broken(anyCommand), five(), s.barrier(1, value.gcounter(5))},
		},
	}
	for _, c := range []struct {
		name string
		raw  []byte
	}{{"unset", nil}, {"unknown", unknown()}} {
		cases = append(cases, engine.Case{
			ID: "replicated/streams/" + c.name + "-message", Requirements: []string{"CORE-STREAM-004"},
			Script: []engine.Step{
				five(), s.raw(c.raw), s.broken(0),
				five(), s.barrier(1, value.gcounter(5)), s.raw(c.raw), s.broken(0),
			},
		})
	}
	return cases
}

// crowded opens more streams than a function has that gives each a thread of a small pool.
func crowded() []engine.Step {
	return script.Crowd(discovery.Announce(), func(number int) script.Member {
		s, own := counter.named(strconv.Itoa(number)), uint64(number)
		return script.Member{
			Opens:    s.initFrom(delta.gcounter(100)),
			Asks:     s.process(1, change(ask.gcounter(own))),
			Answered: s.reply(1, value.gcounter(100+own), update(delta.gcounter(own))),
		}
	})
}
