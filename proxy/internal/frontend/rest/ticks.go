package rest

import "time"

// quiet is after how long without a response a stream of events has a comment
// (HTTP-STREAM-008).
const quiet = 15 * time.Second

// ticks call for a comment each time a stream has been quiet. A nil one never does.
type ticks struct{ timer *time.Timer }

// tick begins to count. What it calls decides itself whether it comes too late, and begins
// anew by again.
func tick(comment func()) *ticks { return &ticks{timer: time.AfterFunc(quiet, comment)} }

// again begins to count anew.
func (t *ticks) again() {
	if t != nil {
		t.timer.Reset(quiet)
	}
}

// stop ends the counting.
func (t *ticks) stop() {
	if t != nil {
		t.timer.Stop()
	}
}
