package runtime_test

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store/faultstore"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// CORE-PASS-002, CORE-PASS-003, ES-REPLAY-002: after its idle time, counted from
// the last answer, the entity's stream is half-closed; its next command finds the
// state in the store.
func TestPassivation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		w.target.Passivation = 100 * time.Millisecond
		wantAnswer(t, w.call("7", "Add", "tea "), "tea ")
		time.Sleep(99 * time.Millisecond) // Fake time: the bubble's clock.
		wantAnswer(t, w.call("7", "Add", "jam "), "tea jam ")
		time.Sleep(99 * time.Millisecond)
		wantAnswer(t, w.call("7", "Get", ""), "tea jam ")
		if n := w.function.Opened(); n != 1 {
			t.Fatalf("%d streams after 99 ms and 99 ms more, want the first", n)
		}
		begin := time.Now()
		w.function.Wait() // until its one stream has ended
		if took := time.Since(begin); took != 100*time.Millisecond {
			t.Errorf("passivated after %v", took)
		}
		wantAnswer(t, w.call("7", "Add", "rum"), "tea jam rum")
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams, want a second one", n)
		}
		if got := w.reported(); got != nil {
			t.Errorf("reported %v", got)
		}
	})
}

// ES-CMD-004: an entity whose last events are on their way into the store is not
// passivated, however long its idle time has passed.
func TestNoPassivationWhileStoring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := faultstore.NewHold()
		journal := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Call: 1, Hold: hold})
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
		w.target.Passivation = time.Millisecond
		added := w.submit(t.Context(), "7", "Add", "tea")
		<-hold.Reached()
		next := w.submit(t.Context(), "7", "Get", "")
		time.Sleep(time.Second) // Fake time: the bubble's clock.
		synctest.Wait()
		hold.Release()
		wantAnswer(t, answer(<-added), "tea")
		wantAnswer(t, answer(<-next), "tea")
		if n := w.function.Opened(); n != 1 {
			t.Errorf("%d streams, want the first: it was half-closed while its events were stored", n)
		}
	})
}

// CORE-LIMIT-018: an entity that says nothing of its idle time has 30 s.
func TestPassivationByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		wantAnswer(t, w.call("7", "Add", "tea"), "tea")
		begin := time.Now()
		w.function.Wait() // until its one stream has ended
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("passivated after %v", took)
		}
	})
}

// CORE-PASS-001: a command that races with passivation is never lost: it is answered by
// the old activation or by the next.
func TestPassivationRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		w.target.Passivation = time.Millisecond
		const rounds = 500
		for n := range rounds {
			wantAnswer(t, w.call("7", "Add", "x"), strings.Repeat("x", n+1))
			if t.Failed() {
				return
			}
			time.Sleep(time.Millisecond) // The command and the idle time end together.
		}
		if n := w.function.Opened(); n < 2 {
			t.Errorf("%d streams: the entity was never passivated", n)
		}
	})
}

// The same with many callers of a few entities, at every moment of a passivation.
func TestPassivationCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		w.target.Passivation = time.Millisecond
		var callers sync.WaitGroup
		const each, crowd, entities = 100, 16, 4
		for n := range crowd {
			callers.Go(func() {
				for m := range each {
					w.call(strconv.Itoa(n%entities), "Add", "x")
					time.Sleep(time.Duration((n+m)%3) * time.Millisecond)
				}
			})
		}
		callers.Wait()
		for n := range entities {
			wantAnswer(t, w.call(strconv.Itoa(n), "Get", ""), strings.Repeat("x", each*crowd/entities))
		}
		if n := w.function.Opened(); n <= entities {
			t.Errorf("%d streams: no entity was ever passivated", n)
		}
	})
}

// CORE-PASS-004, CORE-STREAM-001, CORE-STREAM-011, CORE-LIMIT-017: a command that comes while the
// function lingers on the half-closed stream waits until that stream is over, which
// the proxy sees to after its time of grace.
func TestFunctionLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{}
		var lingered atomic.Bool
		w := start(t, func(s *runtimetest.Stream) error {
			err := model.Serve(s)
			if lingered.CompareAndSwap(false, true) {
				<-s.Context().Done()
			}
			return err
		}, nil)
		w.target.Passivation = time.Second
		wantAnswer(t, w.call("7", "Add", "tea"), "tea")
		time.Sleep(2 * time.Second) // The stream has been half-closed for a second.
		begin := time.Now()
		wantAnswer(t, w.call("7", "Get", ""), "tea")
		if took := time.Since(begin); took != 4*time.Second {
			t.Errorf("answered after %v, want the 4 s that were left of the grace", took)
		}
		wantReports(t, w, "CORE-STREAM-003")
	})
}
