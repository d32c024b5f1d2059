package value

import "github.com/stateward/stateward/tck/engine"

// keptValue explains a value that is what a failed command made of it.
const keptValue = "the change of the failed command was kept"

// rollbacks are the cases on what a failed command leaves behind: nothing.
func rollbacks() []engine.Case {
	s := model
	before := []string{"VAL-FAIL-004"}
	return []engine.Case{
		{
			ID: "value/failures/value-as-before", Requirements: before, Cloudstate: []string{"value/after-failure"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, fail("expected failure")), s.failed(2, "expected failure"),
				s.goesOn("A"),
			},
		},
		{
			ID: "value/failures/update-is-dropped", Requirements: before,
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, update("B"), fail("no")), s.failed(1, "no"),
				s.goesOn("A", likely("B", keptValue)),
			},
		},
		{
			ID: "value/failures/delete-is-dropped", Requirements: before,
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, remove(), fail("no")), s.failed(1, "no"),
				s.goesOn("A", likely("", keptValue)),
			},
		},
		{
			ID: "value/failures/first-update-is-dropped", Requirements: before,
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A"), fail("no")), s.failed(1, "no"),
				s.goesOn("", likely("A", keptValue)),
			},
		},
		{
			ID: "value/failures/update-after-a-delete-is-dropped", Requirements: before,
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, remove()), s.reply(1, "", deleted()),
				s.process(2, update("B"), fail("no")), s.failed(2, "no"),
				s.goesOn("", likely("B", keptValue), likely("A", "the delete before the failed command was lost")),
			},
		},
		{
			ID: "value/failures/failure-before-the-update", Requirements: before,
			Script: []engine.Step{
				s.init(),
				s.process(1, fail("no"), update("A")), s.failed(1, "no"),
				s.goesOn("", likely("A", keptValue)),
			},
		},
		{
			ID: "value/failures/no-state-action", Requirements: []string{"VAL-FAIL-002"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, update("B"), fail("no")), s.failedBare(1, "no"),
				s.goesOn("A", likely("B", keptValue)),
			},
		},
	}
}
