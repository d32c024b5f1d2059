package eventsourced

import "github.com/stateward/stateward/tck/engine"

// streams are the cases on what one stream means for another, and on its end.
func streams() []engine.Case {
	s := model
	a := stream{"a", modelService, "a"}
	b := stream{"b", modelService, "b"}
	two := stream{"two", twoService, "a"}
	configured := stream{"configured", configuredService, "a"}
	return []engine.Case{
		{
			ID:           "core/streams/two-entities",
			Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.init(), b.init(),
				a.process(1, emit("A")), a.reply(1, "A", events("A")),
				b.process(1), b.reply(1, "", likely("A", "two entities of one service share their state")),
				b.process(2, emit("B")), b.reply(2, "B", events("B")),
				a.process(2, emit("C")), a.reply(2, "AC", events("C")),
				b.barrier(3, "B"), a.barrier(3, "AC"),
			},
		},
		{
			ID:           "core/streams/one-id-at-two-services",
			Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.init(), a.process(1, emit("A")), a.reply(1, "A", events("A")),
				two.init(), two.call(1), two.called(1),
				configured.init(), configured.call(1), configured.called(1),
				a.barrier(2, "A"),
				two.call(2), two.called(2),
				a.passivated(),
				two.call(3), two.called(3),
			},
		},
		{
			ID:           "core/streams/a-failure-concerns-one-entity",
			Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.init(), b.init(),
				a.process(1, emit("A")), a.reply(1, "A", events("A")),
				b.process(1, emit("B")), b.reply(1, "B", events("B")),
				a.process(2, fail("no")), a.failed(2, "no"),
				b.barrier(2, "B"),
				a.goesOn("A"),
			},
		},
		{
			ID:           "core/streams/a-broken-stream-concerns-one-entity",
			Requirements: []string{"CORE-STREAM-002"},
			Script: []engine.Step{
				a.init(), b.init(),
				b.process(1, emit("B")), b.reply(1, "B", events("B")),
				a.raw(nil), a.broken(anyCommand),
				b.barrier(2, "B"),
				b.process(3, emit("C")), b.reply(3, "BC", events("C")),
			},
		},
		{
			ID:           "core/streams/hundreds-at-once",
			Requirements: []string{"CORE-STREAM-002"},
			Script:       crowded(),
		},
		{
			ID:           "core/streams/half-close-before-init",
			Requirements: []string{"CORE-STREAM-003"},
			Script:       []engine.Step{s.halfClose(), s.ended(), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "core/streams/half-close-after-init",
			Requirements: []string{"CORE-STREAM-003"},
			Script:       []engine.Step{s.init(), s.halfClose(), s.ended()},
		},
		{
			ID:           "core/streams/half-close-after-replay",
			Requirements: []string{"CORE-STREAM-003"},
			Script:       []engine.Step{s.initFrom(5, "ABCDE"), s.event(6, "F"), s.halfClose(), s.ended()},
		},
		{
			ID:           "core/streams/half-close-after-commands",
			Requirements: []string{"CORE-STREAM-003"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.process(2), s.reply(2, "A"),
				s.halfClose(), s.ended(),
			},
		},
		{
			ID:           "core/streams/half-close-during-a-command",
			Requirements: []string{"CORE-STREAM-003"},
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
	return []engine.Case{
		{
			ID:           "core/streams/reset-when-idle",
			Requirements: []string{"CORE-STREAM-005"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.reset(),
				s.rehydrate(), s.barrier(1, "A"),
			},
		},
		{
			ID:           "core/streams/reset-during-a-command",
			Requirements: []string{"CORE-STREAM-005"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reset(),
				s.init(), s.process(1), s.reply(1, "", likely("A", "the state of the stream that was reset has survived")),
				s.barrier(2, ""),
			},
		},
		{
			ID:           "core/streams/reset-during-replay",
			Requirements: []string{"CORE-STREAM-005"},
			Script: []engine.Step{
				s.init(), s.event(1, "A"), s.event(2, "B"), s.reset(),
				s.rehydrate(), s.barrier(1, "AB"),
			},
		},
	}
}

// unsetMessages are the cases on messages in which no case is set.
func unsetMessages() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "core/streams/unset-message-first",
			Requirements: []string{"CORE-STREAM-004"},
			Script:       []engine.Step{s.raw(nil), s.broken(0), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "core/streams/unset-message-after-init",
			Requirements: []string{"CORE-STREAM-004"},
			Script:       []engine.Step{s.init(), s.raw(nil), s.broken(0), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "core/streams/unset-message-after-a-command",
			Requirements: []string{"CORE-STREAM-004"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.raw(nil), s.broken(0),
				s.rehydrate(), s.barrier(1, "A"),
			},
		},
		{
			ID:           "core/streams/unknown-message",
			Requirements: []string{"CORE-STREAM-004"},
			Script:       []engine.Step{s.init(), s.raw(unknown()), s.broken(0), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "core/failures/stream-level-failure-ends-the-stream",
			Requirements: []string{"CORE-FAIL-002"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.raw(nil), s.broken(anyCommand),
				s.rehydrate(), s.barrier(1, "A"),
			},
		},
	}
}
