package value

import (
	"github.com/stateward/stateward/tck/engine"
)

// stateActions are the cases on what a reply says became of the value.
func stateActions() []engine.Case {
	s := model
	last := []string{"VAL-CMD-004"}
	return []engine.Case{
		{
			ID: "value/states/update", Requirements: last, Cloudstate: []string{"value/update"},
			Script: []engine.Step{s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")), s.barrier(2, "A"), s.passivated()},
		},
		{
			ID: "value/states/delete", Requirements: last, Cloudstate: []string{"value/delete"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, remove()), s.reply(2, "", deleted()),
				s.barrier(3, ""), s.passivated(),
			},
		},
		{
			ID: "value/states/three-updates", Requirements: last, Cloudstate: []string{"value/updates"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A"), update("B"), update("C")), s.reply(1, "C", updated("C")),
				s.barrier(2, "C"), s.passivated(),
			},
		},
		{
			ID: "value/states/updates-then-delete", Requirements: last, Cloudstate: []string{"value/updates-delete"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A"), update("B"), remove()), s.reply(1, "", deleted()),
				s.barrier(2, ""), s.passivated(),
			},
		},
		{
			ID: "value/states/update-delete-update", Requirements: last, Cloudstate: []string{"value/update-delete-update"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A"), remove(), update("B")), s.reply(1, "B", updated("B")),
				s.barrier(2, "B"), s.passivated(),
			},
		},
		{
			ID: "value/states/delete-then-update", Requirements: last,
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, remove(), update("B")), s.reply(1, "B", updated("B")),
				s.barrier(2, "B"),
			},
		},
		{
			ID: "value/states/delete-of-nothing", Requirements: last,
			Script: []engine.Step{
				s.init(),
				s.process(1, remove()), s.reply(1, "", deleted()),
				s.process(2, remove(), remove()), s.reply(2, "", deleted()),
				s.barrier(3, ""),
			},
		},
		{
			ID: "value/states/the-same-again", Requirements: last,
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, update("B"), update("A")), s.reply(2, "A", updated("A")),
				s.barrier(3, "A"),
			},
		},
		{
			ID: "value/states/whole", Requirements: []string{"VAL-CMD-006"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, remove()), s.reply(2, "", deleted()),
				s.process(3, update("B")), s.reply(3, "B", updated("B")),
				s.barrier(4, "B"),
			},
		},
		{
			ID: "value/states/update-of-no-bytes", Requirements: []string{"VAL-CMD-010"},
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, update("")), s.reply(1, "", updated("")),
				s.barrier(2, ""), s.passivated(),
				s.reactivate(), s.barrier(1, ""),
			},
		},
		{
			ID: "value/states/none-of-a-read", Requirements: []string{"VAL-CMD-008"},
			Script: []engine.Step{
				s.init(),
				s.process(1), s.reply(1, ""),
				s.process(2, update("A")), s.reply(2, "A", updated("A")),
				s.process(3), s.reply(3, "A"),
				s.process(4, remove()), s.reply(4, "", deleted()),
				s.process(5), s.reply(5, ""), s.barrier(6, ""),
			},
		},
		{
			ID: "value/states/none-of-a-read-after-activation", Requirements: []string{"VAL-CMD-008"},
			Script: []engine.Step{s.initFrom("A"), s.process(1), s.reply(1, "A"), s.barrier(2, "A")},
		},
		{
			ID: "value/states/none-of-an-effect", Requirements: []string{"VAL-CMD-008"}, Cloudstate: []string{"value/effect"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("X")), s.reply(1, "X", updated("X")),
				s.process(2, effect("x", false)), s.reply(2, "X", effects(asynchronous("x"))),
				s.barrier(3, "X"), s.passivated(),
			},
		},
		{
			ID: "value/states/forward-with-update", Requirements: []string{"VAL-CMD-009"}, Cloudstate: []string{"value/forward-update"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A"), forward("x")), s.forwarded(1, "x", updated("A")),
				s.barrier(2, "A"), s.passivated(),
			},
		},
		{
			ID: "value/states/forward-before-the-update", Requirements: []string{"VAL-CMD-009"},
			Script: []engine.Step{
				s.init(),
				s.process(1, forward("x"), update("A")), s.forwarded(1, "x", updated("A")),
				s.barrier(2, "A"), s.passivated(),
				s.reactivate(), s.barrier(1, "A"),
			},
		},
		{
			ID: "value/states/forward-with-delete", Requirements: []string{"VAL-CMD-009"},
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, remove(), forward("x")), s.forwarded(1, "x", deleted()),
				s.barrier(2, ""),
			},
		},
		{
			ID: "value/states/never-expires", Requirements: []string{"VAL-EXPIRE-006"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, update("B"), update("C")), s.reply(2, "C", updated("C")),
				s.barrier(3, "C"),
			},
		},
	}
}

// sights are the cases on the value that a command sees.
func sights() []engine.Case {
	s := model
	sees := []string{"VAL-CMD-005"}
	return []engine.Case{
		{
			ID: "value/states/seen-by-the-next-command", Requirements: sees,
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2), s.reply(2, "A"),
				s.process(3, update("B")), s.reply(3, "B", updated("B")),
				s.process(4, remove()), s.reply(4, "", deleted()),
				s.process(5), s.reply(5, ""),
				s.process(6, update("C")), s.reply(6, "C", updated("C")),
				s.barrier(7, "C"),
			},
		},
		{
			ID: "value/states/seen-after-a-forward", Requirements: sees,
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, update("B"), forward("x")), s.forwarded(1, "x", updated("B")),
				s.process(2), s.reply(2, "B", likely("A", "the update beside a forward was lost")),
				s.barrier(3, "B"),
			},
		},
		{
			ID: "value/states/not-seen-of-a-failure", Requirements: sees,
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, update("B"), fail("no")), s.failed(2, "no"),
				s.goesOn("A", likely("B", keptValue)),
			},
		},
	}
}
