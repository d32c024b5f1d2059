package crdt

import (
	"math"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// GCounter is a number from 0 to 2^64 - 1 that grows. The zero value is 0, ready
// to use.
type GCounter struct {
	value uint64
	added uint64 // since the last commit
}

// NewGCounter returns a counter of 0.
func NewGCounter() *GCounter { return &GCounter{} }

// Value returns the count.
func (c *GCounter) Value() uint64 { return c.value }

// Add adds n. Its error is [ErrRange]; the counter is then as it was.
func (c *GCounter) Add(n uint64) error {
	if n > math.MaxUint64-c.value {
		return ErrRange
	}
	c.value += n
	c.added += n
	return nil
}

// Apply adds what the delta adds, modulo 2^64 (REP-GCOUNTER-002).
func (c *GCounter) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Gcounter)
	if !ok {
		return false, wrongType(delta, "GCounter")
	}
	c.value += received.Gcounter.GetIncrement()
	return received.Gcounter.GetIncrement() != 0, nil
}

// Changed implements [Value].
func (c *GCounter) Changed() bool { return c.added != 0 }

// Delta returns the sum of what was added (REP-GCOUNTER-001).
func (c *GCounter) Delta() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{
		Gcounter: &replicatedv1.GCounterDelta{Increment: c.added},
	}}
}

// Commit implements [Value].
func (c *GCounter) Commit() { c.added = 0 }

// Rollback implements [Value].
func (c *GCounter) Rollback() {
	c.value -= c.added
	c.added = 0
}
