package interrupt_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"

	"github.com/stateward/stateward/tck/interrupt"
)

func TestTheSecondSignalIsUrgent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal)
		ctx, stop := interrupt.Watch(t.Context(), signals)
		defer stop()
		running, cancel := context.WithCancel(ctx)
		defer cancel()
		cleaning := interrupt.Cleanup(running)

		expect := func(when string, run, clean bool) {
			t.Helper()
			synctest.Wait()
			if (running.Err() != nil) != run || (cleaning.Err() != nil) != clean {
				t.Errorf("%s: the run ended with %v, and cleaning up with %v", when, running.Err(), cleaning.Err())
			}
		}
		expect("before", false, false)
		signals <- os.Interrupt
		expect("after the first signal", true, false)
		signals <- os.Interrupt
		expect("after the second signal", true, true)
	})
}

func TestWithoutSignals(t *testing.T) {
	t.Parallel()
	ctx, stop := interrupt.Context(t.Context(), os.Interrupt)
	cleaning := interrupt.Cleanup(ctx)
	stop()
	if ctx.Err() == nil || cleaning.Err() == nil {
		t.Error("something of it goes on")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if interrupt.Cleanup(ended).Err() != nil {
		t.Error("the end of a context that nobody can interrupt ends cleaning up")
	}
}
