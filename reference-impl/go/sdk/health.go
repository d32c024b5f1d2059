package sdk

import (
	"strings"
	"sync"
)

// maxReason is the most that a reason may hold, in bytes (LIFE-HEALTH-006).
const maxReason = 1024

// Health is what a function says of itself: whether commands may be sent to it. A
// database that it needs is gone, a model is still being loaded. It is the function that
// is well or not, not one entity: an entity that cannot answer fails its commands.
//
// Its methods may be called from any goroutine. Make one with [NewHealth].
type Health struct {
	mu      sync.Mutex
	reason  string
	serving bool
	changed chan struct{} // closed at the next change
}

// NewHealth returns the health of a function that is well.
func NewHealth() *Health { return &Health{serving: true, changed: make(chan struct{})} }

// Serving says that commands may be sent.
func (h *Health) Serving() { h.set(true, "") }

// NotServing says that commands would fail, and why, for people. Commands that are at
// hand are answered all the same. A reason is cut after 1024 bytes (LIFE-HEALTH-006).
func (h *Health) NotServing(reason string) {
	if len(reason) > maxReason {
		reason = reason[:maxReason]
	}
	h.set(false, strings.ToValidUTF8(reason, ""))
}

func (h *Health) set(serving bool, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.serving == serving && h.reason == reason {
		return
	}
	h.serving, h.reason = serving, reason
	close(h.changed)
	h.changed = make(chan struct{})
}

// now returns how the function is, and a channel that is closed once that has changed.
func (h *Health) now() (serving bool, reason string, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.serving, h.reason, h.changed
}
