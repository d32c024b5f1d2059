package value

import (
	"strconv"

	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// streams are the cases on what one stream means for another.
func streams() []engine.Case {
	a, b := stream{"a", modelService, "a"}, stream{"b", modelService, "b"}
	two := stream{"two", twoService, "a"}
	configured := stream{"configured", configuredService, "a"}
	apart := []string{"CORE-STREAM-002"}
	return []engine.Case{
		{
			ID: "value/streams/two-entities", Requirements: apart,
			Script: []engine.Step{
				a.init(), b.init(),
				a.process(1, update("A")), a.reply(1, "A", updated("A")),
				b.process(1), b.reply(1, "", likely("A", "two entities of one service share their value")),
				b.process(2, update("B")), b.reply(2, "B", updated("B")),
				a.barrier(2, "A"), b.barrier(3, "B"),
			},
		},
		{
			ID: "value/streams/one-id-at-two-services", Requirements: apart,
			Script: []engine.Step{
				a.init(), a.process(1, update("A")), a.reply(1, "A", updated("A")),
				two.init(), two.call(1), two.called(1),
				configured.init(), configured.call(1), configured.called(1),
				a.barrier(2, "A"),
				two.call(2), two.called(2),
				a.passivated(),
				two.call(3), two.called(3),
			},
		},
		{
			ID: "value/streams/a-failure-concerns-one-entity", Requirements: apart,
			Script: []engine.Step{
				a.init(), b.init(),
				a.process(1, update("A")), a.reply(1, "A", updated("A")),
				b.process(1, update("B")), b.reply(1, "B", updated("B")),
				a.process(2, fail("no")), a.failed(2, "no"),
				b.barrier(2, "B"), a.goesOn("A"),
			},
		},
		{
			ID: "value/streams/a-broken-stream-concerns-one-entity", Requirements: apart,
			Script: []engine.Step{
				a.init(), b.init(),
				b.process(1, update("B")), b.reply(1, "B", updated("B")),
				a.raw(nil), a.broken(anyCommand),
				b.barrier(2, "B"),
				b.process(3, update("C")), b.reply(3, "C", updated("C")),
			},
		},
		{ID: "value/streams/hundreds-at-once", Requirements: apart, Script: crowded()},
	}
}

// crowded opens more streams than a function has that gives each a thread of a small pool.
func crowded() []engine.Step {
	return script.Crowd(discovery.Announce(), func(number int) script.Member {
		name := strconv.Itoa(number)
		s := stream{name, modelService, name}
		return script.Member{Opens: s.init(), Asks: s.process(1, update(name)), Answered: s.reply(1, name, updated(name))}
	})
}

// endings are the cases on the half-close.
func endings() []engine.Case {
	s := model
	end := []string{"CORE-STREAM-003"}
	return []engine.Case{
		{
			ID: "value/streams/half-close-before-init", Requirements: end,
			Script: []engine.Step{s.halfClose(), s.ended(), s.init(), s.barrier(1, "")},
		},
		{
			ID: "value/streams/half-close-after-init", Requirements: end,
			Script: []engine.Step{s.initFrom("A"), s.halfClose(), s.ended()},
		},
		{
			ID: "value/streams/half-close-after-commands", Requirements: end,
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2), s.reply(2, "A"),
				s.halfClose(), s.ended(),
			},
		},
		{
			ID: "value/streams/half-close-after-a-delete", Requirements: end,
			Script: []engine.Step{
				s.initFrom("A"), s.process(1, remove()), s.reply(1, "", deleted()),
				s.halfClose(), s.ended(),
			},
		},
		{
			ID: "value/streams/half-close-during-a-command", Requirements: end,
			Script: []engine.Step{
				s.init(), s.process(1), s.halfClose(), s.endedAfter(1),
				s.init(), s.barrier(1, ""),
			},
		},
	}
}

// resets are the cases on streams that the proxy breaks off.
func resets() []engine.Case {
	s := model
	reset := []string{"CORE-STREAM-005"}
	return []engine.Case{
		{
			ID: "value/streams/reset-when-idle", Requirements: reset,
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.reset(),
				s.reactivate(), s.barrier(1, "A"),
			},
		},
		{
			ID: "value/streams/reset-during-a-command", Requirements: reset,
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reset(),
				s.init(), s.process(1), s.reply(1, "", likely("A", survivedValue)),
				s.barrier(2, ""),
			},
		},
	}
}

// unsetMessages are the cases on messages in which no case is set.
func unsetMessages() []engine.Case {
	s := model
	unset := []string{"CORE-STREAM-004"}
	return []engine.Case{
		{
			ID: "value/streams/unset-message-first", Requirements: unset,
			Script: []engine.Step{s.raw(nil), s.broken(0), s.init(), s.barrier(1, "")},
		},
		{
			ID: "value/streams/unset-message-after-init", Requirements: unset,
			Script: []engine.Step{s.init(), s.raw(nil), s.broken(0), s.init(), s.barrier(1, "")},
		},
		{
			ID: "value/streams/unset-message-after-a-command", Requirements: unset,
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.raw(nil), s.broken(0),
				s.reactivate(), s.barrier(1, "A"),
			},
		},
		{
			ID: "value/streams/unknown-message", Requirements: unset,
			Script: []engine.Step{s.init(), s.raw(unknown()), s.broken(0), s.init(), s.barrier(1, "")},
		},
		{
			ID: "value/failures/stream-level-failure-ends-the-stream", Requirements: []string{"CORE-FAIL-002"},
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.raw(nil), s.broken(anyCommand),
				s.reactivate(), s.barrier(1, "A"),
			},
		},
	}
}
