package runtime

import (
	"context"
	"time"
)

// watchdog resets a stream when a wait for the function takes too long. It
// bites from outside, because the instance may itself be blocked in a Send that
// the function does not read. Not for use by several goroutines.
type watchdog struct {
	timer *time.Timer
	armed bool
	// bitten is true once the stream has been reset for being slow.
	bitten bool
}

// watch returns a watchdog that is armed: it calls cancel in limit from now.
func watch(limit time.Duration, cancel context.CancelFunc) *watchdog {
	return &watchdog{timer: time.AfterFunc(limit, cancel), armed: true}
}

// arm begins a wait that may take as long as limit.
func (w *watchdog) arm(limit time.Duration) {
	w.armed = true
	w.timer.Reset(limit)
}

// disarm ends the wait. It is safe to end one twice.
func (w *watchdog) disarm() {
	if w.armed && !w.timer.Stop() {
		w.bitten = true
	}
	w.armed = false
}
