package replicated

import (
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// sample is all that the cases which every type has need to know of one type.
type sample struct {
	// name leads the ids of entities of the type, label those of its cases.
	name, label string
	// local are the requirements on what a function sends of the type, remote those on
	// what it receives.
	local, remote []string
	// empty is the value of an entity that is unset; a first command that leaves it so
	// is answered with what creation says.
	empty    *tckreplicatedv1.State
	creation []part
	// held is the empty value as the proxy shows it.
	held *replicatedv1.Delta
	// full is a value, shown is its delta.
	full  *tckreplicatedv1.State
	shown *replicatedv1.Delta
	// changes are made one after another by commands, to the empty value; mixed too,
	// and some of these come from elsewhere.
	changes, mixed []turn
}

// turn is one change of a value: by a command, or from elsewhere.
type turn struct {
	// do is what the command asks for, and sent the update in the reply; nil where
	// there is none. What else is to be said of the reply is in says.
	do   []*tckreplicatedv1.Update
	sent *replicatedv1.Delta
	says []part
	// from, when not nil, is what comes from elsewhere instead.
	from *replicatedv1.Delta
	// after is the value after the turn.
	after *tckreplicatedv1.State
}

func asked(updates ...*tckreplicatedv1.Update) []*tckreplicatedv1.Update { return updates }
func says(parts ...part) []part                                          { return parts }

// mayCreate is what a first command may say that leaves the value empty.
func mayCreate(empty *replicatedv1.Delta) []part { return []part{or(empty)} }

// samples are the types that every function has.
func samples() []sample {
	return []sample{
		gcounterSample(), pncounterSample(), gsetSample(), orsetSample(),
		lwwregisterSample(), flagSample(), ormapSample(), voteSample(),
	}
}

// types are the cases that every type has.
func types() []engine.Case {
	var cases []engine.Case
	for _, t := range samples() {
		for _, c := range t.cases() {
			c.Cloudstate = []string{c.ID}
			cases = append(cases, c)
		}
		cases = append(cases, t.initialEmptyDelta())
	}
	return cases
}

// cases are those of one type.
func (t sample) cases() []engine.Case {
	s := of(t.name)
	id := "replicated/" + t.label + "/"
	return []engine.Case{
		{
			ID: id + "empty-state", Requirements: []string{"REP-UPD-002"},
			Script: []engine.Step{s.init(), s.barrier(1, t.empty, t.creation...), s.barrier(2, t.empty)},
		},
		{
			ID: id + "state-changes", Requirements: slices.Concat([]string{"REP-UPD-001", "REP-TYPE-001"}, t.local),
			Script: slices.Concat([]engine.Step{s.initFrom(t.held)}, s.turns(t.changes)),
		},
		{
			ID: id + "initial-delta", Requirements: []string{"REP-INIT-008"},
			Script: []engine.Step{
				s.initFrom(t.shown), s.process(1), s.reply(1, t.full, likely(t.empty, "the delta in init was ignored")),
				s.barrier(2, t.full),
			},
		},
		{
			ID: id + "empty-init-then-delta", Requirements: []string{"REP-DELTA-002"},
			Script: []engine.Step{
				s.init(), s.delta(t.shown),
				s.process(1), s.reply(1, t.full, likely(t.empty, "the delta was ignored")),
				s.barrier(2, t.full),
			},
		},
		{
			ID: id + "local-and-remote-changes", Requirements: slices.Concat([]string{"REP-DELTA-001", "REP-DELTA-003"}, t.remote),
			Script: slices.Concat([]engine.Step{s.initFrom(t.held)}, s.turns(t.mixed)),
		},
		{
			ID: id + "rehydration", Requirements: []string{"REP-INIT-008"},
			Script: slices.Concat([]engine.Step{s.initFrom(t.held)}, s.turns(t.changes[:2]), []engine.Step{
				s.passivated(),
				s.initFrom(t.shown), s.process(1),
				s.reply(1, t.full, likely(t.changes[1].after, "the value of an earlier activation has survived it")),
				s.barrier(2, t.full),
			}),
		},
		{
			ID: id + "delete-by-the-entity", Requirements: []string{"REP-DEL-001", "REP-DEL-002"},
			Script: []engine.Step{
				s.initFrom(t.shown), s.process(1, erase()), s.reply(1, t.full, deleted()),
				s.passivated(),
				s.init(), s.barrier(1, t.empty, t.creation...), s.barrier(2, t.empty),
			},
		},
		{
			ID: id + "delete-sent", Requirements: []string{"REP-DEL-002"},
			Script: []engine.Step{
				s.initFrom(t.shown), s.barrier(1, t.full),
				s.delete(), s.passivated(),
				s.init(), s.barrier(1, t.empty, t.creation...), s.barrier(2, t.empty),
			},
		},
	}
}

// initialEmptyDelta is the case on an init that gives the type and nothing more.
func (t sample) initialEmptyDelta() engine.Case {
	s := of(t.name)
	return engine.Case{
		ID: "replicated/" + t.label + "/initial-empty-delta", Requirements: []string{"REP-INIT-008"},
		Script: slices.Concat([]engine.Step{s.initFrom(t.held), s.barrier(1, t.empty)}, s.turnsFrom(2, t.changes[:1])),
	}
}

// turns are the lines that play the turns, with commands from 1.
func (s stream) turns(all []turn) []engine.Step { return s.turnsFrom(1, all) }

func (s stream) turnsFrom(id int64, all []turn) []engine.Step {
	var lines []engine.Step
	for _, t := range all {
		if t.from != nil {
			lines = append(lines, s.delta(t.from))
			continue
		}
		parts := t.says
		if t.sent != nil {
			parts = append([]part{update(t.sent)}, parts...)
		}
		lines = append(lines, s.process(id, do(t.do...)...), s.reply(id, t.after, parts...))
		id++
	}
	return append(lines, s.barrier(id, all[len(all)-1].after))
}
