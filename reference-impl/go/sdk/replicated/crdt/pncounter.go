package crdt

import (
	"math"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// PNCounter is a number from -2^63 to 2^63 - 1 that grows and shrinks. The zero
// value is 0, ready to use.
type PNCounter struct {
	value  int64
	change int64 // since the last commit
}

// NewPNCounter returns a counter of 0.
func NewPNCounter() *PNCounter { return &PNCounter{} }

// Value returns the count.
func (c *PNCounter) Value() int64 { return c.value }

// Add adds n, and takes from the counter where n is negative. Its error is
// [ErrRange]; the counter is then as it was. One command changes a counter by
// less than 2^63, for that is what a delta can say.
func (c *PNCounter) Add(n int64) error {
	if overflows(c.value, n) || overflows(c.change, n) {
		return ErrRange
	}
	c.value += n
	c.change += n
	return nil
}

func overflows(a, b int64) bool {
	return (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b)
}

// Apply adds what the delta adds, modulo 2^64 (REP-PNCOUNTER-002).
func (c *PNCounter) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Pncounter)
	if !ok {
		return false, wrongType(delta, "PNCounter")
	}
	c.value += received.Pncounter.GetChange()
	return received.Pncounter.GetChange() != 0, nil
}

// Changed implements [Value]. What was added and taken again comes to nothing.
func (c *PNCounter) Changed() bool { return c.change != 0 }

// Delta returns what was added less what was taken (REP-PNCOUNTER-001).
func (c *PNCounter) Delta() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Pncounter{
		Pncounter: &replicatedv1.PNCounterDelta{Change: c.change},
	}}
}

// Commit implements [Value].
func (c *PNCounter) Commit() { c.change = 0 }

// Rollback implements [Value].
func (c *PNCounter) Rollback() {
	c.value -= c.change
	c.change = 0
}
