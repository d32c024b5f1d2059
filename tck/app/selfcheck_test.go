package app

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/mutant"
)

// The check itself is package mutant's to test; here it is what is made of it.
func TestSelfCheckPrintsTheMatrix(t *testing.T) {
	t.Parallel()
	matrix := mutant.Matrix{Rows: []mutant.Row{
		{Subject: "the model", Passed: 5, Of: 5},
		{Subject: "echoes", Of: 5, Failed: []string{"a", "b", "c", "d", "e"}},
		{Subject: "replies-twice", KilledBy: "CORE-CMD-002", Passed: 1, Of: 5, Failed: []string{"a", "b", "c", "d"}},
		{Subject: "is-nameless", KilledBy: "DISC-INFO-002", Passed: 4, Of: 5, Failed: []string{"e"}},
	}}
	want := `the model        5 of   5 passed
echoes           0 of   5 passed
replies-twice    1 of   5 passed  killed by CORE-CMD-002      a, b, c and 1 more
is-nameless      4 of   5 passed  killed by DISC-INFO-002     e

The kit is as it has to be: the model passes whole, 2 mutants are killed, and nothing else passes.
`
	var out bytes.Buffer
	err := selfCheck(t.Context(), streams{out: &out}, func(context.Context) (mutant.Matrix, error) { return matrix, nil })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestSelfCheckFindsTheKitWrong(t *testing.T) {
	t.Parallel()
	matrix := mutant.Matrix{Rows: []mutant.Row{
		{Subject: "survivor", KilledBy: "A-1", Passed: 5, Of: 5, Problem: "it has survived A-1"},
	}}
	var out bytes.Buffer
	err := selfCheck(t.Context(), streams{out: &out}, func(context.Context) (mutant.Matrix, error) {
		return matrix, errors.New("survivor: it has survived A-1")
	})
	if ended, ok := errors.AsType[*exit](err); !ok || ended.code != ExitKit {
		t.Errorf("got %v", err)
	}
	want := "survivor    5 of   5 passed  killed by A-1\n    ✗ it has survived A-1\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
