package runtime_test

import (
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// A connection that takes no further stream lets an idle entity go at once: a
// function that stops in order need not wait for the idle time.
func TestRetireIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		wantAnswer(t, w.call("7", "Add", "a"), "a")
		w.function.Retire()
		w.function.Wait() // in no time, by the bubble's clock
		wantAnswer(t, w.call("7", "Add", "b"), "ab")
		wantReports(t, w)
	})
}

// A command that is out is answered on the old stream, and those that wait are
// sent on the next, for what it serves may be another thing (DISC-CALL-006).
func TestRetireBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{Answer: slow}.Serve, nil)
		first := w.submit(t.Context(), "7", "Add", "a")
		synctest.Wait() // until it is out
		second := w.submit(t.Context(), "7", "Add", "b")
		w.function.Retire()
		wantAnswer(t, answer(<-first), "a")
		wantAnswer(t, answer(<-second), "ab")
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams, want 2", n)
		}
		wantReports(t, w)
	})
}

// While there is no next connection, those that wait fail.
func TestRetireForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{Answer: slow}.Serve, nil)
		first := w.submit(t.Context(), "7", "Add", "a")
		synctest.Wait()
		second := w.submit(t.Context(), "7", "Add", "b")
		w.function.Go(fault.New(fault.Unavailable, "the connection was lost"))
		w.function.Retire()
		wantAnswer(t, answer(<-first), "a")
		wantCode(t, <-second, codes.Unavailable)
	})
}
