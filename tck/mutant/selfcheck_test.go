package mutant

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/requirement"
)

// The whole self-check, in time that only passes when everybody waits: a slow
// machine cannot make a correct subject late. Each subject has a bubble of its own, which
// sees to it that no goroutine is left.
func TestSelfCheck(t *testing.T) {
	all := cases.Function()
	if everyMutant > 1 {
		inRealTime(t, slices.Concat(modelTrials(all)[:1], some(mutantTrials(all))))
		return
	}
	trials := slices.Concat(modelTrials(all), quickTrials(all))
	rows := inBubbles(t, trials)
	spoken := cloudstateTrials(all, rows)
	if killed := len(spoken) - 1 - len(impostors()); killed < checking(all) {
		t.Errorf("%d checks of Cloudstate's kit are failed by a mutant that speaks its dialect, of %d", killed, checking(all))
	}
	rows = append(rows, inBubbles(t, spoken)...)
	for _, row := range rows {
		if row.Of == 0 || row.Passed+len(row.Failed) != row.Of {
			t.Errorf("%s: %d passed and %d failed of %d", row.Subject, row.Passed, len(row.Failed), row.Of)
		}
	}
	for _, id := range neverFailed(Matrix{Rows: rows}) {
		t.Errorf("no mutant fails %s: it might be a case that cannot fail", id)
	}
}

// some are those of the trials that the race detector has time for.
func some(trials []trial) []trial {
	var chosen []trial
	for i, one := range trials {
		if i%everyMutant == 0 {
			chosen = append(chosen, one)
		}
	}
	return chosen
}

// quickTrials are those of all but the model.
func quickTrials(all []engine.Case) []trial {
	return slices.Concat(variantTrials(all), impostorTrials(all), mutantTrials(all))
}

// What the command runs is what the test runs, and a run that is ended ends.
func TestSelfCheckEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	matrix, err := SelfCheck(ctx)
	all := cases.Function()
	first := len(modelTrials(all)) + len(quickTrials(all))
	if want := first + len(cloudstateTrials(all, matrix.Rows[:first])); len(matrix.Rows) != want || err == nil {
		t.Errorf("%d rows, want %d; %v", len(matrix.Rows), want, err)
	}
}

// inBubbles runs the trials, each in a bubble of its own.
func inBubbles(t *testing.T, trials []trial) []Row {
	t.Helper()
	rows := make([]Row, len(trials))
	t.Run("subjects", func(t *testing.T) {
		for i, one := range trials {
			t.Run(one.subject, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { rows[i] = one.run(t.Context()) })
				if rows[i].Problem != "" {
					t.Error(rows[i].Problem)
				}
			})
		}
	})
	return rows
}

// inRealTime runs the trials one after the other, each with all the patience that a
// slow machine may need, and with a processor for each case: beside many others, an
// answer is as late as all of them take. Only what is correct never waits it out.
func inRealTime(t *testing.T, trials []trial) {
	t.Helper()
	for _, one := range trials {
		if one.patience = generous; one.killedBy == "" {
			one.patience = time.Minute
		}
		if row := one.runSo(t.Context(), runtime.GOMAXPROCS(0)); row.Problem != "" {
			t.Errorf("%s: %s", row.Subject, row.Problem)
		}
	}
}

// checking is how many cases make checks of Cloudstate's kit; those that others need are
// left out, which no mutant fails.
func checking(all []engine.Case) int {
	return len(slices.DeleteFunc(slices.Clone(all), func(c engine.Case) bool {
		return len(c.Cloudstate) == 0 || isNeeded(c, all)
	}))
}

// isNeeded reports whether another case needs the case.
func isNeeded(c engine.Case, all []engine.Case) bool {
	return slices.ContainsFunc(all, func(other engine.Case) bool { return other.Needs != nil && other.Needs.ID == c.ID })
}

// neverFailed are the ids of the cases that no mutant fails, but for those that
// others need: what fails these is no function of the model at all.
func neverFailed(matrix Matrix) []string {
	failed := map[string]bool{}
	for _, row := range matrix.Rows {
		for _, id := range row.Failed {
			failed[id] = failed[id] || row.KilledBy != ""
		}
	}
	var never []string
	all := cases.Function()
	for _, c := range all {
		if !isNeeded(c, all) && !failed[c.ID] {
			never = append(never, c.ID)
		}
	}
	return never
}

func TestImpostorsScoreNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, trial := range impostorTrials(cases.Function()) {
			if row := trial.run(t.Context()); row.Passed != 0 {
				t.Errorf("%s passed %d cases", row.Subject, row.Passed)
			}
		}
	})
}

// A requirement that no mutant breaks might have cases that cannot fail.
func TestEachMeasuredRequirementHasAMutant(t *testing.T) {
	t.Parallel()
	broken := map[string]bool{}
	for _, m := range Mutants() {
		broken[m.KilledBy] = true
	}
	bound := requirement.All().Select(requirement.Query{Role: requirement.Function})
	for _, r := range bound.Cover(cases.Function(), requirement.Planned()).Measured {
		if !broken[r.ID] {
			t.Errorf("no mutant breaks %s: %s", r.ID, r.Text)
		}
	}
	for id := range broken {
		if _, known := bound.Find(id); !known {
			t.Errorf("a mutant breaks %s, which is no requirement of a function", id)
		}
	}
}

func TestMutantsAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range Mutants() {
		if seen[m.Name] || m.Name == "" || m.Message == "" || m.Defect == nil {
			t.Errorf("mutant %q is there twice, or not whole", m.Name)
		}
		seen[m.Name] = true
	}
}

// The self-check itself can fail: a mutant that is not one, one with the wrong
// text, one outside its radius, and a kit that errs are all told.
func TestProblemsAreSeen(t *testing.T) {
	t.Parallel()
	pass := result("a/b", "X-A-001", tckv1.Verdict_VERDICT_PASS)
	fail := result("a/b", "X-A-001", tckv1.Verdict_VERDICT_FAIL)
	stray := result("c/d", "X-C-001", tckv1.Verdict_VERDICT_FAIL)
	kit := result("c/d", "X-C-001", tckv1.Verdict_VERDICT_KIT_ERROR)
	m := mutant("X-A-001", "two")
	for name, test := range map[string]struct {
		problem string
		want    string
	}{
		"killed":            {m.problem([]engine.Result{fail}), ""},
		"survivor":          {m.problem([]engine.Result{pass}), "it has survived X-A-001"},
		"wrong id":          {mutant("X-B-001", "").problem([]engine.Result{fail}), "outside its blast radius"},
		"wrong text":        {mutant("X-A-001", "three").problem([]engine.Result{fail}), `says "three", but a/b (fail): expected one, got two`},
		"outside":           {m.problem([]engine.Result{fail, stray}), "outside its blast radius"},
		"inside":            {mutant("X-A-001", "two", "c/").problem([]engine.Result{fail, stray}), ""},
		"kit error":         {m.problem([]engine.Result{fail, kit}), "kit_error"},
		"correct":           {passes([]engine.Result{pass}), ""},
		"correct, and not":  {passes([]engine.Result{fail}), "it is correct"},
		"impostor":          {passesNothing([]engine.Result{fail}), ""},
		"impostor, passing": {passesNothing([]engine.Result{pass}), "it is no user function"},
	} {
		if test.want == "" && test.problem != "" || !strings.Contains(test.problem, test.want) {
			t.Errorf("%s: problem %q, want %q", name, test.problem, test.want)
		}
	}
}

func mutant(killedBy, message string, radius ...string) Mutant {
	return Mutant{Mutant: defect.Mutant{KilledBy: killedBy, Message: message, MayAlsoFail: radius}}
}

func result(id, requirement string, verdict tckv1.Verdict) engine.Result {
	return engine.Result{
		Case:     engine.Case{ID: id, Requirements: []string{requirement}},
		Verdict:  verdict,
		Expected: "one", Actual: "two",
	}
}

// A run that was ended says so of each case, and passes none.
func TestAnEndedContextMeasuresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		row := trial{"the model", "", meeting(defect.None), patience, cases.Function(), passes}.run(ctx)
		if row.Passed != 0 || row.Problem == "" {
			t.Errorf("%d passed, problem %q", row.Passed, row.Problem)
		}
	})
}

// How long the function role takes against a function that is fast.
func BenchmarkFunctionRole(b *testing.B) {
	all := cases.Function()
	for b.Loop() {
		err := serve(defect.None, func(subject target) error {
			results := engine.Run(b.Context(), subject, all, engine.Options{Parallel: 2})
			if slices.ContainsFunc(results, func(r engine.Result) bool { return r.Verdict != tckv1.Verdict_VERDICT_PASS }) {
				b.Error("the model did not pass")
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
