package mutant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/mutant/multiplex"
)

// How the kit runs in a self-check. On a machine that does other work besides, a
// correct subject in this process is up to 0.4 s late; the times leave room for
// that. In a test they pass at once (see testing/synctest).
const (
	// patience is waited out by the mutants that say nothing, and by no other
	// subject.
	patience = 2 * time.Second
	// generous is the patience with what is correct, which never waits it out.
	generous = 10 * time.Second
	// tight is the patience with the slow model, whose every answer takes slow.
	tight = 800 * time.Millisecond
	slow  = tight * 8 / 10
	// parallel is how many cases run at once, and leisurely, where each of them waits for
	// most of its time: for the slow model, and for what is no function. abreast is how
	// many subjects are met at once.
	parallel  = 48
	leisurely = 256
	abreast   = 16
)

// Matrix says what the kit made of each subject.
type Matrix struct {
	// Rows has the model, then the slow model, then each variant, then each
	// impostor, then each mutant; and then what speaks the dialect of Cloudstate 0.2.
	Rows []Row
}

// Row is one subject.
type Row struct {
	// Subject is its name.
	Subject string
	// KilledBy is the requirement that a mutant breaks; empty for the others.
	KilledBy string
	// Passed is how many cases passed, of how many.
	Passed, Of int
	// Failed are the ids of the cases that did not pass, in their order.
	Failed []string
	// Problem says what the kit got wrong; empty when nothing.
	Problem string
}

// trial is one subject, and what the kit has to say of it.
type trial struct {
	subject  string
	killedBy string
	meet     func(use func(target) error) error
	patience time.Duration
	cases    []engine.Case
	// problem judges the results; empty when they are as they have to be.
	problem func([]engine.Result) string
}

// SelfCheck runs the cases for a user function against the model, the slow
// model, the variants, the impostors and the mutants. The error names everything that the kit
// got wrong; the matrix is whole in any case.
func SelfCheck(ctx context.Context) (Matrix, error) {
	all := cases.Function()
	model := modelTrials(all)
	// The slow model and the impostors spend their time waiting, beside each other; what
	// keeps the processors busy comes after them, for the slow one has little time to lose.
	first := model[0].run(ctx)
	idle := run(ctx, append(model[1:], impostorTrials(all)...))
	variants, mutants := variantTrials(all), mutantTrials(all)
	busy := run(ctx, slices.Concat(variants, mutants))
	rows := slices.Concat([]Row{first}, idle[:1], busy[:len(variants)], idle[1:], busy[len(variants):])
	rows = append(rows, run(ctx, cloudstateTrials(all, rows))...)
	return Matrix{Rows: rows}, problems(rows)
}

// run runs some trials at once, and returns a row for each, in their order.
func run(ctx context.Context, trials []trial) []Row {
	rows := make([]Row, len(trials))
	queue := make(chan int)
	var workers sync.WaitGroup
	for range abreast {
		workers.Go(func() {
			for i := range queue {
				rows[i] = trials[i].run(ctx)
			}
		})
	}
	for i := range trials {
		queue <- i
	}
	close(queue)
	workers.Wait()
	return rows
}

// modelTrials are those of the model, and of the slow one, with which time is tight.
func modelTrials(all []engine.Case) []trial {
	return []trial{
		{"the model", "", meeting(defect.None), generous, all, passes},
		{"the model, slow", "", meeting(slowly), tight, all, passes},
	}
}

func variantTrials(all []engine.Case) []trial {
	var trials []trial
	for _, v := range variants() {
		asked := all
		if v.kind != "" {
			asked = of(v.kind, all)
		}
		trials = append(trials, trial{"the model, which " + v.Name, "", meeting(v.Make), generous, asked, passes})
	}
	return trials
}

// impostorTrials has each impostor twice: asked as any subject is, and asked
// everything, whatever became of the cases that the others need.
func impostorTrials(all []engine.Case) []trial {
	var trials []trial
	for _, i := range impostors() {
		trials = append(trials,
			trial{i.name, "", i.meet, patience, all, passesNothing},
			trial{i.name + ", asked everything", "", i.meet, tight, independent(all), passesNothing})
	}
	return trials
}

func mutantTrials(all []engine.Case) []trial {
	var trials []trial
	for _, m := range Mutants() {
		trials = append(trials, trial{m.Name, m.KilledBy, meeting(m.Defect), patience, of(m.Kind, all), m.problem})
	}
	return trials
}

// of returns what a defect of one kind's model is asked: the cases on entities of the
// kind, and those of profile core that need none. A defect of the function as a whole
// shows in the cases that need no entity, and in those that decide whether others run.
func of(kind string, all []engine.Case) []engine.Case {
	gates := map[string]bool{}
	for _, c := range all {
		if c.Needs != nil {
			gates[c.Needs.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(c engine.Case) bool {
		if kind == "" {
			return c.Model != "" && !gates[c.ID] && !strings.Contains(c.ID, "/discovery/")
		}
		return spoiledBy(c) != kind && (c.Model != "" || c.Profile != "core")
	})
}

// spoiledBy is the kind whose model a case depends on; empty for none. A multiplexed stream
// has a model of its own, and its entities are never bent.
func spoiledBy(c engine.Case) string {
	if c.Profile == multiplex.Profile {
		return c.Profile
	}
	return c.Model
}

func meeting(d defect.Defect) func(use func(target) error) error {
	return func(use func(target) error) error { return serve(d, use) }
}

func problems(rows []Row) error {
	var errs []error
	for _, row := range rows {
		if row.Problem != "" {
			errs = append(errs, fmt.Errorf("%s: %s", row.Subject, row.Problem))
		}
	}
	return errors.Join(errs...)
}

// slowly is the defect of a model that is right, and slow.
func slowly() defect.Instance { return defect.Instance{Delay: slow} }

// independent returns the cases without what they need, so that each runs
// whatever became of the others.
func independent(all []engine.Case) []engine.Case {
	free := slices.Clone(all)
	for i := range free {
		free[i].Needs = nil
	}
	return free
}

// atOnce is how many of its cases run at once.
func (t trial) atOnce() int {
	if t.patience == tight {
		return leisurely
	}
	return parallel
}

// run runs the trial's cases against its subject.
func (t trial) run(ctx context.Context) Row { return t.runSo(ctx, t.atOnce()) }

// runSo is run with so many cases at once.
func (t trial) runSo(ctx context.Context, atOnce int) Row {
	row := Row{Subject: t.subject, KilledBy: t.killedBy, Of: len(t.cases)}
	err := t.meet(func(subject target) error {
		results := engine.Run(ctx, subject, t.cases, engine.Options{Patience: t.patience, Seed: 1, Parallel: atOnce})
		for _, r := range results {
			if r.Verdict == tckv1.Verdict_VERDICT_PASS {
				row.Passed++
			} else {
				row.Failed = append(row.Failed, r.Case.ID)
			}
		}
		row.Problem = t.problem(results)
		return nil
	})
	if err != nil {
		row.Problem = "it could not be served: " + err.Error()
	}
	return row
}

// passes is the problem of a subject that has to pass every case.
func passes(results []engine.Result) string {
	for _, r := range results {
		if r.Verdict != tckv1.Verdict_VERDICT_PASS {
			return "it is correct, and did not pass " + told(r)
		}
	}
	return ""
}

// passesNothing is the problem of a subject that may not pass any case.
func passesNothing(results []engine.Result) string {
	for _, r := range results {
		switch r.Verdict {
		case tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_WARN, tckv1.Verdict_VERDICT_UNMEASURED:
		default:
			return "it is no user function: " + told(r)
		}
	}
	return ""
}

// problem is what is wrong with the results of the mutant: it has to be killed
// by its requirement, with its message, and within its blast radius.
func (m Mutant) problem(results []engine.Result) string {
	killed := false
	var heard []string
	for _, r := range results {
		cites := slices.Contains(r.Case.Requirements, m.KilledBy)
		switch r.Verdict {
		case tckv1.Verdict_VERDICT_PASS:
			continue
		case tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_WARN:
		default:
			return told(r)
		}
		if cites {
			killed = killed || strings.Contains(told(r), m.Message)
			heard = append(heard, told(r))
		} else if !m.spoils(r.Case.ID) {
			return "outside its blast radius, it did not pass " + told(r)
		}
	}
	switch {
	case killed:
		return ""
	case len(heard) > 0:
		return fmt.Sprintf("no case of %s says %q, but %s", m.KilledBy, m.Message, strings.Join(heard, "; "))
	default:
		return "it has survived " + m.KilledBy
	}
}

func (m Mutant) spoils(id string) bool {
	return slices.ContainsFunc(m.MayAlsoFail, func(prefix string) bool { return strings.HasPrefix(id, prefix) })
}

// told is a result in one line.
func told(r engine.Result) string {
	verdict := strings.ToLower(strings.TrimPrefix(r.Verdict.String(), "VERDICT_"))
	text := fmt.Sprintf("%s (%s)", r.Case.ID, verdict)
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	if r.Expected != "" {
		text += fmt.Sprintf(": expected %s, got %s", r.Expected, r.Actual)
	}
	if r.Likely != "" {
		text += "; likely " + r.Likely
	}
	return text
}
