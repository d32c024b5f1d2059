package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// nobody is a target for cases that never use their connection.
type nobody struct{}

func (nobody) Conn() grpc.ClientConnInterface { return nil }

func (nobody) Dial() (engine.Connection, error) { return nil, errors.New("nobody is there") }

// does is a step.
type does func(context.Context, *engine.Stage) error

func (does) Describe() string { return "a step" }

func (d does) Perform(ctx context.Context, stage *engine.Stage) error { return d(ctx, stage) }

var (
	checks = does(func(_ context.Context, stage *engine.Stage) error { stage.Checked(); return nil })
	looks  = does(func(context.Context, *engine.Stage) error { return nil })
	misses = does(func(context.Context, *engine.Stage) error {
		return &engine.MismatchError{Expected: "reply 1", Actual: "reply 2", Likely: "a slip"}
	})
	errs   = does(func(context.Context, *engine.Stage) error { return errors.New("no such step") })
	panics = does(func(context.Context, *engine.Stage) error { panic("no such luck") })
)

func run(t *testing.T, options engine.Options, cases ...engine.Case) []engine.Result {
	t.Helper()
	return engine.Run(t.Context(), nobody{}, cases, options)
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		level  engine.Level
		script []engine.Step
		want   tckv1.Verdict
		text   string
	}{
		"checked":              {engine.Must, []engine.Step{looks, checks}, tckv1.Verdict_VERDICT_PASS, ""},
		"missed":               {engine.Must, []engine.Step{checks, misses}, tckv1.Verdict_VERDICT_FAIL, "reply 1 reply 2 a slip"},
		"missed a SHOULD":      {engine.Should, []engine.Step{misses}, tckv1.Verdict_VERDICT_WARN, "reply 1 reply 2 a slip"},
		"nothing checked":      {engine.Must, []engine.Step{looks}, tckv1.Verdict_VERDICT_KIT_ERROR, "no answer of the subject was checked"},
		"no script":            {engine.Must, nil, tckv1.Verdict_VERDICT_KIT_ERROR, "no answer of the subject was checked"},
		"the kit erred":        {engine.Must, []engine.Step{checks, errs}, tckv1.Verdict_VERDICT_KIT_ERROR, "no such step"},
		"the kit panicked":     {engine.Must, []engine.Step{checks, panics}, tckv1.Verdict_VERDICT_KIT_ERROR, "no such luck"},
		"the rest is not done": {engine.Must, []engine.Step{misses, panics}, tckv1.Verdict_VERDICT_FAIL, "reply 1 reply 2 a slip"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := run(t, engine.Options{}, engine.Case{ID: name, Level: test.level, Script: test.script})[0]
			if got.Verdict != test.want {
				t.Errorf("verdict %s, want %s", got.Verdict, test.want)
			}
			if text := strings.Join([]string{got.Expected, got.Actual, got.Likely, got.Reason}, " "); !strings.Contains(text, test.text) {
				t.Errorf("it says %q, want %q", text, test.text)
			}
		})
	}
}

func TestResultsComeInTheOrderOfTheCases(t *testing.T) {
	t.Parallel()
	var cases []engine.Case
	for id := range strings.SplitSeq("abcdefghijklmnopqrstuvwxyz", "") {
		cases = append(cases, engine.Case{ID: id, Script: []engine.Step{checks}})
	}
	var order []string
	results := run(t, engine.Options{Seed: 7, Parallel: 4, Progress: func(r engine.Result) { order = append(order, r.Case.ID) }}, cases...)
	for i, r := range results {
		if r.Case.ID != cases[i].ID {
			t.Errorf("result %d is of case %s", i, r.Case.ID)
		}
	}
	slices.Sort(order)
	if got := strings.Join(order, ""); got != "abcdefghijklmnopqrstuvwxyz" {
		t.Errorf("progress told of %q", got)
	}
}

func TestTheSeedDecidesOrderAndNames(t *testing.T) {
	t.Parallel()
	played := func(seed int64) (log []string) {
		var cases []engine.Case
		for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
			cases = append(cases, engine.Case{ID: id, Script: []engine.Step{does(func(_ context.Context, stage *engine.Stage) error {
				log = append(log, stage.Entity("x"))
				return nil
			})}})
		}
		run(t, engine.Options{Seed: seed}, cases...)
		return log
	}
	if diff := cmp.Diff(played(1), played(1)); diff != "" {
		t.Error(diff)
	}
	one, two := played(1), played(2)
	for _, name := range one {
		if slices.Contains(two, name) {
			t.Errorf("%s is an entity of two runs", name)
		}
	}
	slices.Sort(one)
	if len(slices.Compact(one)) != 6 {
		t.Errorf("cases share entities: %v", one)
	}
}

func TestOneCauseIsReportedOnce(t *testing.T) {
	t.Parallel()
	ran := 0
	gate := &engine.Case{ID: "gate", Script: []engine.Step{does(func(context.Context, *engine.Stage) error {
		ran++
		return &engine.MismatchError{Expected: "an answer", Actual: "none"}
	})}}
	inner := &engine.Case{ID: "inner", Needs: gate, Script: []engine.Step{panics}}
	results := run(t, engine.Options{Parallel: 3},
		engine.Case{ID: "a", Needs: inner, Script: []engine.Step{panics}},
		engine.Case{ID: "b", Needs: gate, Script: []engine.Step{panics}},
		*gate,
		engine.Case{ID: "c", Script: []engine.Step{checks}})
	if ran != 1 {
		t.Errorf("the gate ran %d times", ran)
	}
	for i, want := range []tckv1.Verdict{
		tckv1.Verdict_VERDICT_UNMEASURED, tckv1.Verdict_VERDICT_UNMEASURED,
		tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_PASS,
	} {
		if results[i].Verdict != want {
			t.Errorf("%s: %s, want %s", results[i].Case.ID, results[i].Verdict, want)
		}
	}
	for _, r := range results[:2] {
		if want := "gate did not pass: expected an answer, got none"; r.Reason != want {
			t.Errorf("%s: reason %q, want %q", r.Case.ID, r.Reason, want)
		}
	}
}

func TestAGateThatPassesLetsItsCasesRun(t *testing.T) {
	t.Parallel()
	gate := &engine.Case{ID: "gate", Script: []engine.Step{checks}}
	results := run(t, engine.Options{}, engine.Case{ID: "a", Needs: gate, Script: []engine.Step{checks}})
	if len(results) != 1 || results[0].Verdict != tckv1.Verdict_VERDICT_PASS {
		t.Errorf("results %v", results)
	}
}

func TestWhatARunThatEndsLeavesIsUnmeasured(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := does(func(_ context.Context, stage *engine.Stage) error {
		stage.Checked()
		cancel(errors.New("the user is gone"))
		return nil
	})
	results := engine.Run(ctx, nobody{}, []engine.Case{{ID: "a", Script: []engine.Step{stop}}}, engine.Options{})
	if results[0].Verdict != tckv1.Verdict_VERDICT_UNMEASURED || !strings.Contains(results[0].Reason, "the user is gone") {
		t.Errorf("%s, %q", results[0].Verdict, results[0].Reason)
	}
}

func TestAStageKeepsItsOwnCase(t *testing.T) {
	t.Parallel()
	type memory struct{ n int }
	counts := does(func(_ context.Context, stage *engine.Stage) error {
		local := engine.Local[memory](stage)
		local.n++
		stage.Record(strings.Repeat("x", local.n))
		stage.Defer(func() { stage.Record("cleaned up") })
		stage.Checked()
		return nil
	})
	c := engine.Case{ID: "a", Script: []engine.Step{counts, counts}}
	for _, r := range run(t, engine.Options{Parallel: 2}, c, c) {
		if diff := cmp.Diff([]string{"x", "xx", "cleaned up", "cleaned up"}, r.Wire); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPatienceBoundsEachWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waits := does(func(ctx context.Context, stage *engine.Stage) error {
			ctx, cancel := stage.Waiting(ctx)
			defer cancel()
			<-ctx.Done()
			stage.Checked()
			return nil
		})
		got := run(t, engine.Options{Patience: 10 * time.Second}, engine.Case{ID: "a", Script: []engine.Step{waits, waits}})[0]
		if got.Verdict != tckv1.Verdict_VERDICT_PASS || got.Time != 20*time.Second {
			t.Errorf("%s after %s", got.Verdict, got.Time)
		}
	})
}
