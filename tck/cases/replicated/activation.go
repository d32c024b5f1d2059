package replicated

import (
	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// activations are the cases on the opening of a stream.
func activations() []engine.Case {
	s := counter
	five := delta.gcounter(5)
	fresh := func(lines ...engine.Step) []engine.Step {
		return append(lines, s.initFrom(five), s.barrier(1, value.gcounter(5)))
	}
	return []engine.Case{
		{
			ID: "replicated/activation/command-first", Requirements: []string{"REP-INIT-005"},
			Script: fresh(s.process(1), s.broken(anyCommand)),
		},
		{
			ID: "replicated/activation/delta-first", Requirements: []string{"REP-INIT-005"},
			Script: fresh(s.delta(five), s.broken(anyCommand)),
		},
		{
			ID: "replicated/activation/delete-first", Requirements: []string{"REP-INIT-005"},
			Script: fresh(s.delete(), s.broken(anyCommand)),
		},
		{
			ID: "replicated/activation/stream-cancelled-first", Requirements: []string{"REP-INIT-005"},
			Script: fresh(s.cancel(1), s.broken(anyCommand)),
		},
		{
			ID: "replicated/activation/second-init-at-once", Requirements: []string{"REP-INIT-006"},
			Script: fresh(s.init(), s.again(nil), s.broken(anyCommand)),
		},
		{
			ID: "replicated/activation/second-init-after-a-command", Requirements: []string{"REP-INIT-006"},
			Script: fresh(s.initFrom(five), s.barrier(1, value.gcounter(5)), s.again(five), s.broken(anyCommand)),
		},
		{
			ID: "replicated/activation/unknown-service", Requirements: []string{"REP-INIT-007"},
			Script: fresh(unservedService("stateward.tck.NoSuchService")...),
		},
		{
			ID: "replicated/activation/no-service", Requirements: []string{"REP-INIT-007"},
			Script: fresh(unservedService("")...),
		},
		{
			ID: "replicated/activation/inherited-names", Requirements: []string{"REP-INIT-007"},
			Script: inheritedServices(),
		},
		{
			ID: "replicated/activation/another-type", Requirements: []string{"REP-INIT-009"}, Level: engine.Should,
			Script: fresh(s.initFrom(delta.pncounter(5)), s.broken(anyCommand)),
		},
		{
			ID: "replicated/activation/type-follows-from-the-id", Requirements: []string{"REP-TYPE-005"}, Level: engine.Should,
			Script: typeFollowsFromTheID(),
		},
	}
}

// unservedService sends init for a service that the function does not serve.
func unservedService(service string) []engine.Step {
	nobody := stream{Name: "nobody", Service: service, Type: "GCounter", Entity: "nobody"}
	return []engine.Step{nobody.init(), nobody.broken(anyCommand)}
}

// typeFollowsFromTheID asks each entity first for a change of another type than its own.
func typeFollowsFromTheID() []engine.Step {
	var lines []engine.Step
	all := samples()
	for i, t := range all {
		s := of(t.name).named(t.label)
		foreign := all[(i+1)%len(all)].changes[0].do[0]
		lines = append(lines, s.init(), s.process(1, change(foreign)), s.refused(1), s.goesOn(nil, t.empty, t.creation...))
	}
	return lines
}

// deletions are the cases on the end of an entity that go beyond those of every type.
func deletions() []engine.Case {
	s := counter
	return []engine.Case{
		{
			ID: "replicated/deletion/no-update-beside-it", Requirements: []string{"REP-DEL-001"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(2)), erase(), change(ask.gcounter(1))), s.reply(1, value.gcounter(8), deleted()),
				s.passivated(),
				s.init(), s.barrier(1, value.gcounter(0), mayCreate(delta.gcounter(0))...),
			},
		},
		{
			ID: "replicated/deletion/of-an-unset-entity", Requirements: []string{"REP-DEL-001"},
			Script: []engine.Step{
				s.init(), s.process(1, erase()), s.reply(1, value.gcounter(0), deleted()),
				s.passivated(),
			},
		},
		{
			ID: "replicated/deletion/sent-to-an-unset-entity", Requirements: []string{"REP-DEL-002"},
			Script: []engine.Step{
				s.init(), s.delete(), s.passivated(),
				s.initFrom(delta.gcounter(3)), s.barrier(1, value.gcounter(3)),
			},
		},
		{
			ID: "replicated/deletion/sent-after-changes", Requirements: []string{"REP-DEL-002"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(2))), s.reply(1, value.gcounter(7), update(delta.gcounter(2))),
				s.delta(delta.gcounter(10)), s.delete(), s.passivated(),
				s.initFrom(delta.gcounter(0)),
				s.process(1), s.reply(1, value.gcounter(0), likely(value.gcounter(17), "the value of the deleted entity has survived")),
				s.barrier(2, value.gcounter(0)),
			},
		},
	}
}

// rollbacks are the cases on commands that fail.
func rollbacks() []engine.Case {
	s := counter
	cases := []engine.Case{
		{
			ID: "replicated/failures/value-is-kept", Requirements: []string{"REP-FAIL-003"},
			Cloudstate: []string{"replicated/failure-keeps-value"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(2))), s.reply(1, value.gcounter(7), update(delta.gcounter(2))),
				s.process(2, change(ask.gcounter(10)), fail("no")), s.failed(2, "no"),
				s.goesOn(delta.gcounter(7), value.gcounter(7), likely(value.gcounter(17), "the changes of the failed command were kept")),
			},
		},
		{
			ID: "replicated/failures/nothing-is-sent-later", Requirements: []string{"REP-FAIL-003"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(10)), fail("no")), s.failed(1, "no"),
				s.goesOn(delta.gcounter(5), value.gcounter(5)),
				s.next([]*tckreplicatedv1.RequestAction{change(ask.gcounter(1))}, value.gcounter(6), update(delta.gcounter(1))),
			},
		},
		{
			ID: "replicated/failures/without-a-state-action", Requirements: []string{"REP-FAIL-004"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(10)), fail("no")), s.failedBare(1, "no"),
				s.goesOn(delta.gcounter(5), value.gcounter(5)),
			},
		},
		{
			ID: "replicated/failures/delete-then-fail", Requirements: []string{"REP-FAIL-003"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, erase(), fail("no")), s.failed(1, "no"),
				s.goesOn(delta.gcounter(5), value.gcounter(5)),
			},
		},
		{
			ID: "replicated/failures/first-command", Requirements: []string{"REP-FAIL-003"},
			Script: []engine.Step{
				s.init(), s.process(1, change(ask.gcounter(10)), fail("no")), s.failed(1, "no"),
				s.goesOn(nil, value.gcounter(0), mayCreate(delta.gcounter(0))...),
			},
		},
	}
	for _, t := range samples() {
		cases = append(cases, t.rollback())
	}
	return cases
}

// rollback is the case on a command that fails after it has changed a value of the type.
func (t sample) rollback() engine.Case {
	s := of(t.name)
	changes := do(each(t.changes[:2], func(one turn) *tckreplicatedv1.Update { return one.do[0] })...)
	return engine.Case{
		ID: "replicated/failures/rolls-back-a-" + t.label, Requirements: []string{"REP-FAIL-003"},
		Script: []engine.Step{
			s.initFrom(t.held), s.barrier(1, t.empty),
			s.process(2, append(changes, fail("no"))...), s.failed(2, "no"),
			s.goesOn(t.held, t.empty),
		},
	}
}
