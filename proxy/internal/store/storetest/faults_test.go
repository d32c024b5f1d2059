package storetest

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// fault is a mutant, and the test that finds it.
type fault struct {
	mutant mutant
	want   string
}

// TestSuiteFindsFaults says of each fault at least one test that finds it, and of each
// test a fault that it finds.
func TestSuiteFindsFaults(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, faults := range []func() map[string]fault{
		journalFaults, valueFaults, besideFaults, replicaFaults, leaseFaults, logFaults, sweepFaults, ownerFaults,
		catalogueFaults,
	} {
		for name, test := range faults() {
			found[test.want] = true
			t.Run(test.want+" "+name, func(t *testing.T) {
				t.Parallel()
				if !test.mutant.fails(t, test.want) {
					t.Errorf("a store that %s passes %s", name, test.want)
				}
			})
		}
	}
	for _, test := range trials() {
		if !found[test.name] {
			t.Errorf("no fault is found by %s", test.name)
		}
	}
}

// fails reports whether the mutant fails the named test.
func (m *mutant) fails(t *testing.T, name string) bool {
	t.Helper()
	clock := newClock()
	m.Store = memory.NewOn(clock.time)
	for _, test := range trials() {
		if test.name != name {
			continue
		}
		r := &recorder{TB: t}
		done := make(chan struct{})
		go func() { // of its own, for Fatalf ends it
			defer close(done)
			test.run(newTrial(r, m, clock))
		}()
		<-done
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.failed
	}
	t.Fatalf("no test is named %s", name)
	return false
}

// recorder is a test whose failure is wanted.
type recorder struct {
	testing.TB

	mu     sync.Mutex
	failed bool
}

func (r *recorder) fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) Error(...any)          { r.fail() }
func (r *recorder) Errorf(string, ...any) { r.fail() }
func (r *recorder) Fatal(...any)          { r.fail(); runtime.Goexit() }
func (r *recorder) Fatalf(string, ...any) { r.fail(); runtime.Goexit() }
