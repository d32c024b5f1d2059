package function

import (
	"context"
	"errors"
	"testing"

	"github.com/stateward/stateward/proxy/internal/multiplex"
)

// What waits to be written when a stream has ended is not written, and nobody waits for
// its acknowledgement.
func TestNothingIsNextOnAStreamThatIsOver(t *testing.T) {
	t.Parallel()
	m := &multiplexed{machine: multiplex.New(), live: map[*handle]struct{}{}, cancel: func() {}}
	h := &handle{stream: m, ctx: context.Background()}
	h.changed.L = &m.mu
	h.frames = m.machine.Open(h)
	m.machine.Send(h.frames, []byte("init"))
	if _, more := m.next(); !more {
		t.Fatal("init is not sent")
	}
	m.machine.Reset(h.frames)
	m.over = errors.New("the connection is lost")
	if _, more := m.next(); more || h.overdue != nil {
		t.Errorf("more = %v, and the reset is timed: %v", more, h.overdue != nil)
	}
}
