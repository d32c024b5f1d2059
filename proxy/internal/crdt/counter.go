package crdt

import (
	"iter"
	"math"
	"math/bits"
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// counter is a GCounter or a PNCounter. Of each replica it has one change, which says
// all that the replica has put in: a part goes whole, or not at all (REP-MAP-011).
type counter struct {
	of    Type
	parts marks[tally]
}

// tally is what one replica has ever added and taken.
type tally struct{ added, taken uint64 }

func (c *counter) kind() Type { return c.of }

func (c *counter) merge(other store, seen, theirs *Context) {
	c.parts = c.parts.merge(as[*counter](other).parts, seen, theirs, func(a, b tally) tally {
		return tally{max(a.added, b.added), max(a.taken, b.taken)}
	})
}

func (c *counter) dots() iter.Seq[Dot] { return each(c.parts) }

// sum is the value, modulo 2^64 (REP-GCOUNTER-003, REP-PNCOUNTER-003).
func (c *counter) sum() uint64 {
	var sum uint64
	for _, part := range c.parts.accounts() {
		sum += part.says.added - part.says.taken
	}
	return sum
}

func (c *counter) apply(e *edit, delta *replicatedv1.Delta, change store) error {
	increment, taken := delta.GetGcounter().GetIncrement(), uint64(0)
	if signed := delta.GetPncounter().GetChange(); signed >= 0 {
		increment += uint64(signed)
	} else {
		taken = -uint64(signed)
	}
	if increment == 0 && taken == 0 && !e.inMap() {
		return nil // REP-UPD-007
	}
	if c.leaves(increment, taken) {
		return outOfRange("the counter that the function holds")
	}
	part, _ := c.parts.newest(e.by.Replica)
	added, over := bits.Add64(part.added, increment, 0)
	took, under := bits.Add64(part.taken, taken, 0)
	if over+under > 0 {
		return outOfRange("what this proxy has ever put into the counter")
	}
	made := as[*counter](change)
	c.parts, made.parts = renew(e, c.parts, made.parts, e.own, tally{added, took})
	return nil
}

// leaves reports whether the value would leave its range. One of increment and taken
// is 0.
func (c *counter) leaves(increment, taken uint64) bool {
	if c.of == GCounter {
		_, over := bits.Add64(c.sum(), increment, 0)
		return over > 0
	}
	value := c.sum() // in two's complement
	return taken > value+1<<63 || increment > math.MaxInt64-value
}

func (c *counter) value(View, bool) *Value { return &Value{Type: c.of, Number: c.sum()} }

func (c *counter) settle() {}

func (c *counter) clone() store { return &counter{c.of, slices.Clone(c.parts)} }
