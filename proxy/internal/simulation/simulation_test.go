package simulation

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

const steps = 400

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
