package runtime

import (
	"context"
	"sync/atomic"
	"time"
)

// watchdog resets a stream when a wait for the function takes too long. It
// bites from outside, because the goroutine that serves the entity may itself be
// blocked in a Send that the function does not read. Not for use by several
// goroutines, but for bitten.
type watchdog struct {
	timer *time.Timer
	armed bool
	bite  atomic.Bool
}

// guard returns a watchdog that is armed: it calls cancel in limit from now.
func guard(limit time.Duration, cancel context.CancelFunc) *watchdog {
	w := &watchdog{armed: true}
	w.timer = time.AfterFunc(limit, func() {
		w.bite.Store(true)
		cancel()
	})
	return w
}

// arm begins a wait that may take as long as limit.
func (w *watchdog) arm(limit time.Duration) {
	w.armed = true
	w.timer.Reset(limit)
}

// disarm ends the wait. It is safe to end one twice.
func (w *watchdog) disarm() {
	if w.armed && !w.timer.Stop() {
		w.bite.Store(true) // It is about to.
	}
	w.armed = false
}

// bitten reports whether the stream has been reset for being slow.
func (w *watchdog) bitten() bool { return w.bite.Load() }
