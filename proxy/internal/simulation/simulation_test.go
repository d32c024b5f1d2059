package simulation

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What make simulate asks for.
var (
	minutes = flag.Float64("minutes", 0, "how long TestSimulate plays new seeds")
	first   = flag.Uint64("seed", 0, "the seed with which TestSimulate begins; where no minutes are given, the one that it plays")
)

// steps is how many choices a run makes before it comes to its end.
const steps = 600

// run plays the seed in a bubble of its own.
func run(t *testing.T, seed uint64, bugs defects) (history string, err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { history, err = play(seed, steps, bugs) })
	return history, err
}

// TestSimulate plays some seeds: those that flags name, and otherwise the same few each
// time.
func TestSimulate(t *testing.T) {
	t.Parallel()
	begin, end := *first, *first+60
	switch {
	case testing.Short():
		end = begin + 20
	case *minutes > 0:
		end = ^uint64(0)
		if *first == 0 {
			begin = uint64(time.Now().Unix())
		}
	case *first > 0:
		end = begin + 1
	}
	deadline := time.Now().Add(time.Duration(*minutes * float64(time.Minute)))
	played := 0
	for seed := begin; seed < end && (*minutes == 0 || time.Now().Before(deadline)); seed++ {
		history, err := run(t, seed, defects{})
		if played++; err != nil {
			t.Fatalf("seed %d, which make simulate SEED=%d plays again, and whose history is in %s:\n%v", seed, seed, kept(t, seed, history), err)
		}
	}
	t.Logf("%d seeds from %d on", played, begin)
}

// kept writes the history where it can be read, and returns where that is.
func kept(t *testing.T, seed uint64, history string) string {
	t.Helper()
	name := filepath.Join(os.TempDir(), fmt.Sprintf("stateward-simulation-%d.txt", seed))
	if err := os.WriteFile(name, []byte(history), 0o600); err != nil {
		t.Error(err)
	}
	return name
}

// TestOneSeedOneHistory plays one seed a hundred times, and some others twice.
func TestOneSeedOneHistory(t *testing.T) {
	t.Parallel()
	times, seeds := 100, uint64(20)
	if testing.Short() {
		times, seeds = 10, 5
	}
	for seed := range seeds {
		once, err := run(t, seed, defects{})
		if err != nil {
			t.Fatal(err)
		}
		for range times - 1 {
			if again, _ := run(t, seed, defects{}); again != once {
				t.Fatalf("seed %d: %s", seed, difference(once, again))
			}
		}
		times = 2
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
	t.Parallel()
	if testing.Short() {
		t.Skip("some defects take a hundred seeds")
	}
	for name, bugs := range map[string]defects{
		"acknowledges before it is synced":         {hasty: true},
		"answers before it is durable":             {eager: true},
		"begins again what has ended":              {reviving: true},
		"drops a command that goes back":           {forgetful: &sync.Map{}},
		"does not end what is deleted":             {immortal: true},
		"forgets answers too soon":                 {oblivious: true},
		"forgets the answers of what has ended":    {amnesic: true},
		"lets events go before their time":         {careless: true},
		"keeps a value that is deleted":            {keeping: true},
		"keeps a value that has expired":           {lasting: true},
		"lets an active value outlast its end":     {overlooking: true},
		"lets a value expire that does not":        {hasting: true},
		"reads what another proxy has changed":     {trusting: true},
		"writes what another proxy has taken over": {unfenced: true},
		"puts commands back in the wrong order":    {disorderly: true},
		"sends a command again of unknown outcome": {insistent: true},
		"does not replay the last event":           {skipping: true},
		"takes half of a journal for the whole":    {gullible: true},
		"stores copies too seldom":                 {lazy: true},
		"stores no answers and no effects":         {bare: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(400) {
				if _, err := run(t, seed, bugs); err != nil {
					t.Logf("found with seed %d: %v", seed, err)
					return
				}
			}
			t.Error("the simulation did not find it")
		})
	}
}
