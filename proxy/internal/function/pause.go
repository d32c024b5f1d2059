package function

import (
	"context"
	"time"
)

// The pauses between attempts double from the shortest to the longest. An
// observer of a function may expect the next attempt within 2 s.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 2 * time.Second
)

// pauseAfter returns the pause after so many failures in a row. Random is in
// [0, 1) and takes off up to a half, so that many proxies do not knock at once,
// and each pause is still as long as the one before.
func pauseAfter(failures int, random float64) time.Duration {
	pause := longestPause
	if failures < 6 { // 50 ms · 2⁶ is past the longest
		pause = min(shortestPause<<failures, longestPause)
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
