package crdt

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// Dot names one change: the Number-th of the replica, from 1.
type Dot struct {
	Replica string
	Number  uint64
}

// compare orders dots by replica and number.
func (d Dot) compare(other Dot) int {
	if c := cmp.Compare(d.Replica, other.Replica); c != 0 {
		return c
	}
	return cmp.Compare(d.Number, other.Number)
}

// run is the numbers from first to last, both among them.
type run struct{ first, last uint64 }

// Context is a set of dots. The zero value is empty.
//
// Of each replica it holds the numbers as runs: in order, and with a gap between any
// two. A run that begins with 1 is what the papers call the version vector, and the
// others are their cloud.
type Context struct{ runs map[string][]run }

// Has reports whether the dot is in the context.
func (c *Context) Has(dot Dot) bool {
	runs := c.runs[dot.Replica]
	at := after(runs, dot.Number)
	return at > 0 && runs[at-1].last >= dot.Number
}

// after returns the index of the first run that begins after the number.
func after(runs []run, number uint64) int {
	at, _ := slices.BinarySearchFunc(runs, number, func(r run, n uint64) int {
		if r.first <= n {
			return -1
		}
		return 1
	})
	return at
}

// Add puts the dot into the context.
func (c *Context) Add(dot Dot) { c.add(dot.Replica, run{dot.Number, dot.Number}) }

// add puts the numbers of the run into the context.
func (c *Context) add(replica string, r run) {
	if c.runs == nil {
		c.runs = map[string][]run{}
	}
	c.runs[replica] = insert(c.runs[replica], r)
}

// insert joins the run to those that it overlaps or touches.
func insert(runs []run, r run) []run {
	from := after(runs, r.first)
	if from > 0 && runs[from-1].last >= r.first-1 {
		from--
		r.first, r.last = runs[from].first, max(r.last, runs[from].last)
	}
	to := from
	for to < len(runs) && runs[to].first-1 <= r.last {
		r.last = max(r.last, runs[to].last)
		to++
	}
	return slices.Replace(runs, from, to, r)
}

// next returns the dot for the replica's next change.
func (c *Context) next(replica string) Dot {
	runs := c.runs[replica]
	if len(runs) == 0 {
		return Dot{replica, 1}
	}
	return Dot{replica, runs[len(runs)-1].last + 1}
}

// merge adds the dots of the other context, which it does not keep.
func (c *Context) merge(other *Context) {
	for replica, runs := range other.runs {
		for _, r := range runs {
			c.add(replica, r)
		}
	}
}

// empty reports whether there is no dot.
func (c *Context) empty() bool { return len(c.runs) == 0 }

// clone returns a copy that shares nothing that is written to.
func (c *Context) clone() Context {
	copied := Context{runs: maps.Clone(c.runs)}
	for replica, runs := range copied.runs {
		copied.runs[replica] = slices.Clone(runs)
	}
	return copied
}

// sorted goes through the replicas in order.
func (c *Context) sorted() iter.Seq2[string, []run] {
	return func(yield func(string, []run) bool) {
		for _, replica := range slices.Sorted(maps.Keys(c.runs)) {
			if !yield(replica, c.runs[replica]) {
				return
			}
		}
	}
}
