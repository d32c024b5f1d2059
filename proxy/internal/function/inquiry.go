package function

import (
	"context"
	"time"

	"github.com/stateward/stateward/proxy/internal/wire"
)

// The pauses between attempts double from the shortest to the longest, which is 1 s
// (DIA-CHOICE-007).
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = time.Second
)

// inquiry is where the client is in asking a function that has yet to answer. It is
// pure.
type inquiry struct {
	dialects []wire.Dialect
	// next is the dialect in which the next attempt asks.
	next int
	// failures is how many tries in a row have brought nothing.
	failures int
}

// dialect returns that of the next attempt.
func (i *inquiry) dialect() wire.Dialect { return i.dialects[i.next] }

// unconnected notes that nobody listens, which is no attempt.
func (i *inquiry) unconnected() { i.failures++ }

// unanswered notes an attempt without an answer, for whatever reason: the next one
// asks in the other dialect, on whichever connection (DIA-CHOICE-001, DIA-CHOICE-002).
func (i *inquiry) unanswered() {
	i.failures++
	i.next = (i.next + 1) % len(i.dialects)
}

// answered notes an answer: the next attempt begins anew (DIA-CHOICE-004).
func (i *inquiry) answered() { i.failures, i.next = 0, 0 }

// unusable notes an answer of the process that goes (LIFE-DRAIN-011): the next attempt
// begins anew, after a pause that grows.
func (i *inquiry) unusable() {
	i.failures++
	i.next = 0
}

// pause returns the pause before the next try. Random is in [0, 1) and takes off up
// to a half, so that many proxies do not knock at once, and each pause is still as
// long as the one before.
func (i *inquiry) pause(random float64) time.Duration {
	pause := longestPause
	if i.failures < 5 { // 50 ms · 2⁵ is past the longest
		pause = min(shortestPause<<i.failures, longestPause)
	}
	return pause - time.Duration(random*float64(pause)/2)
}

// wait waits for the time or for the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
