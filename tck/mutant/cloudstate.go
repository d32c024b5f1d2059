package mutant

import (
	"slices"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// spoken ends the name of a subject that is asked in the dialect of Cloudstate 0.2.
const spoken = ", in the dialect of Cloudstate 0.2"

// cloudstateTrials are those in the dialect of Cloudstate 0.2: the model that speaks it
// alone, the impostors, and for each case that makes checks of Cloudstate's kit a mutant
// that fails it. The rows are those of version 1.
func cloudstateTrials(all []engine.Case, rows []Row) []trial {
	asked := cases.Cloudstate(all)
	trials := []trial{{"the model" + spoken, "", meetingIn(dialect.Cloudstate, defect.None), generous, asked, passes}}
	for _, i := range impostors() {
		trials = append(trials, trial{i.name + spoken, "", asking(dialect.Cloudstate, i.meet), tight, independent(asked), passesNothing})
	}
	return append(trials, checkTrials(all, rows)...)
}

// checkTrials has, for each case that makes checks of Cloudstate's kit, a mutant that does
// not pass it in version 1: it has to fail it in this dialect. There is none for a case
// that others need.
func checkTrials(all []engine.Case, rows []Row) []trial {
	var trials []trial
	for _, c := range all {
		if len(c.Cloudstate) == 0 {
			continue
		}
		if m, found := killer(c, rows); found {
			asked := cases.Cloudstate([]engine.Case{c})
			trials = append(trials, trial{
				m.Name + spoken, asked[0].Requirements[0], meetingIn(dialect.Cloudstate, m.Defect), patience, asked, fails,
			})
		}
	}
	return trials
}

// killer returns a mutant that does not pass the case, as the rows of version 1 say: one
// that is there for a requirement of the case, or else the one of its kind that fails the
// fewest cases, which has the most to do with this one.
func killer(c engine.Case, rows []Row) (Mutant, bool) {
	var other Mutant
	fewest := 0
	for _, m := range Mutants() {
		at := slices.IndexFunc(rows, func(r Row) bool { return r.Subject == m.Name && slices.Contains(r.Failed, c.ID) })
		switch {
		case at < 0:
		case slices.Contains(c.Requirements, m.KilledBy):
			return m, true
		case m.Kind != "" && (fewest == 0 || len(rows[at].Failed) < fewest):
			other, fewest = m, len(rows[at].Failed)
		}
	}
	return other, fewest > 0
}

// fails is the problem of a subject that has to fail the one case that it is asked.
func fails(results []engine.Result) string {
	if results[0].Verdict != tckv1.Verdict_VERDICT_FAIL {
		return "in version 1 it does not pass, and here it did: " + told(results[0])
	}
	return ""
}

// meetingIn meets the model with the defect, which speaks this dialect alone.
func meetingIn(in dialect.Dialect, d defect.Defect) func(use func(target) error) error {
	return func(use func(target) error) error { return serveIn(in, d, use) }
}

// asking meets the same subject, and asks it in the dialect.
func asking(in dialect.Dialect, meet func(use func(target) error) error) func(use func(target) error) error {
	return func(use func(target) error) error {
		return meet(func(t target) error {
			t.in = in
			return use(t)
		})
	}
}
