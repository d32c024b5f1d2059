package simulation

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

const steps = 600

// run plays the seed in a bubble of its own.
func run(t *testing.T, seed uint64, bugs defects) (history string, err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { history, err = play(seed, steps, bugs) })
	return history, err
}

func TestSeeds(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			history, err := run(t, seed, defects{})
			if err != nil {
				t.Errorf("%v", err)
				if testing.Verbose() {
					t.Log(history)
				}
			}
		})
	}
}

func TestOneSeedOneHistory(t *testing.T) {
	for seed := range uint64(3) {
		first, _ := run(t, seed, defects{})
		for range 10 {
			again, _ := run(t, seed, defects{})
			if again != first {
				t.Fatalf("seed %d: %s", seed, difference(first, again))
			}
		}
	}
}

// difference returns the first lines in which two histories differ.
func difference(one, other string) string {
	a, b := strings.Split(one, "\n"), strings.Split(other, "\n")
	for n := range min(len(a), len(b)) {
		if a[n] != b[n] {
			return fmt.Sprintf("line %d is\n%s\nand\n%s\nbehind\n%s", n, a[n], b[n], strings.Join(a[max(n-6, 0):n], "\n"))
		}
	}
	return fmt.Sprintf("%d lines, and %d", len(a), len(b))
}

// TestFindsDefects lets each defect that the simulation knows of show itself.
func TestFindsDefects(t *testing.T) {
	for name, bugs := range map[string]defects{
		"acknowledges before it is synced":         {hasty: true},
		"answers before it is durable":             {eager: true},
		"drops a command that goes back":           {forgetful: &sync.Map{}},
		"puts commands back in the wrong order":    {disorderly: true},
		"sends a command again of unknown outcome": {insistent: true},
		"does not replay the last event":           {skipping: true},
		"stores copies too seldom":                 {lazy: true},
		"stores no answers and no effects":         {bare: true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(100) {
				if _, err := run(t, seed, bugs); err != nil {
					t.Logf("found with seed %d: %v", seed, err)
					return
				}
			}
			t.Error("the simulation did not find it")
		})
	}
}
