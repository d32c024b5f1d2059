package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// ends is a script of which each run ends as the next letter says: in a pass, a
// failure or an error of the kit.
func ends(letters string) []engine.Step {
	attempt := 0
	return []engine.Step{does(func(ctx context.Context, stage *engine.Stage) error {
		attempt++
		switch letters[attempt-1] {
		case 'p':
			return checks(ctx, stage)
		case 'f':
			return misses(ctx, stage)
		default:
			return errors.New("the kit is broken")
		}
	})}
}

func TestRepeatedCase(t *testing.T) {
	t.Parallel()
	for letters, want := range map[string]struct {
		level        engine.Level
		verdict      tckv1.Verdict
		runs, failed int
		reason       string
	}{
		"p":   {engine.Must, tckv1.Verdict_VERDICT_PASS, 1, 0, ""},
		"ppp": {engine.Must, tckv1.Verdict_VERDICT_PASS, 3, 0, ""},
		"fff": {engine.Must, tckv1.Verdict_VERDICT_FAIL, 3, 3, ""},
		"pfp": {engine.Must, tckv1.Verdict_VERDICT_FLAKY, 3, 1, "it failed in 1 of 3 runs"},
		"fpp": {engine.Must, tckv1.Verdict_VERDICT_FLAKY, 3, 1, "it failed in 1 of 3 runs"},
		"ppf": {engine.Should, tckv1.Verdict_VERDICT_WARN, 3, 1, "it failed in 1 of 3 runs"},
		"pe":  {engine.Must, tckv1.Verdict_VERDICT_KIT_ERROR, 2, 1, "the kit is broken"},
		"fe":  {engine.Must, tckv1.Verdict_VERDICT_KIT_ERROR, 2, 2, "the kit is broken"},
	} {
		one := engine.Case{ID: letters, Level: want.level, Script: ends(letters)}
		got := run(t, engine.Options{Repeat: len(letters)}, one)[0]
		if got.Verdict != want.verdict || got.Runs != want.runs || got.Failed != want.failed || got.Reason != want.reason {
			t.Errorf("%s: %v, %d of %d failed, %q; want %v", letters, got.Verdict, got.Failed, got.Runs, got.Reason, want)
		}
		if mismatched := got.Expected != ""; mismatched != (want.failed > 0 && want.reason != "the kit is broken") {
			t.Errorf("%s: the evidence is %q, %q", letters, got.Expected, got.Actual)
		}
	}
}

func TestEachRunHasItsOwnEntities(t *testing.T) {
	t.Parallel()
	var names []string
	run(t, engine.Options{Repeat: 3}, engine.Case{ID: "a", Script: []engine.Step{does(func(ctx context.Context, stage *engine.Stage) error {
		names = append(names, stage.Entity("x"))
		return checks(ctx, stage)
	})}})
	slices.Sort(names)
	if len(slices.Compact(names)) != 3 {
		t.Errorf("the runs share entities: %v", names)
	}
}
