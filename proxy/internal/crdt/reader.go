package crdt

import (
	"encoding/binary"
	"fmt"
	"math"
)

// reader takes an encoding apart. After the first error it reads zeros.
type reader struct {
	in    []byte
	err   error
	names []string
	seen  *Context
	depth int
}

func (r *reader) failf(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
	}
	r.in = nil
}

func (r *reader) byte() byte {
	if len(r.in) == 0 {
		r.failf("it ends too soon")
		return 0
	}
	b := r.in[0]
	r.in = r.in[1:]
	return b
}

func (r *reader) bit() bool {
	b := r.byte()
	if b > 1 {
		r.failf("%d in the place of a bit", b)
	}
	return b == 1
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.in)
	if size <= 0 {
		r.failf("a number that does not end")
		return 0
	}
	r.in = r.in[size:]
	return n
}

func (r *reader) signed() int64 {
	n, size := binary.Varint(r.in)
	if size <= 0 {
		r.failf("a number that does not end")
		return 0
	}
	r.in = r.in[size:]
	return n
}

// count reads how many things follow, each of which takes a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > uint64(len(r.in)) {
		r.failf("%d things in %d bytes", n, len(r.in))
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := string(r.in[:n])
	r.in = r.in[n:]
	return s
}

func (r *reader) table() {
	n := r.count()
	for range n {
		name := r.text()
		if last := len(r.names) - 1; last >= 0 && r.names[last] >= name {
			r.failf("the names are not in order")
		}
		r.names = append(r.names, name)
	}
}

func (r *reader) name() string {
	at := r.number()
	if at >= uint64(len(r.names)) {
		r.failf("name %d of %d", at, len(r.names))
		return ""
	}
	return r.names[at]
}

func (r *reader) payload() Payload { return Payload{Type: r.name(), Bytes: r.text()} }

func (r *reader) context(c *Context) {
	n := r.count()
	last := ""
	for at := range n {
		replica := r.name()
		if at > 0 && replica <= last {
			r.failf("the replicas are not in order")
		}
		last = replica
		runs := r.runs()
		if r.err != nil {
			return
		}
		if c.runs == nil {
			c.runs = make(map[string][]run, n)
		}
		c.runs[replica] = runs
	}
}

// runs reads runs that have a gap between any two: the first begins 1 behind 0 at
// least, and each other 2 behind the last.
func (r *reader) runs() []run {
	var runs []run
	n := r.count()
	if n == 0 {
		r.failf("a replica without changes")
	}
	var end uint64
	for at := range n {
		gap, length := r.number(), r.number()
		first := end + gap
		if gap == 0 || at > 0 && gap == 1 || gap > math.MaxUint64-end || length > math.MaxUint64-first {
			r.failf("runs that are not in order")
			return nil
		}
		end = first + length
		runs = append(runs, run{first, end})
	}
	return runs
}

// dot reads a dot, which is one of the context.
func (r *reader) dot() Dot {
	dot := Dot{Replica: r.name(), Number: r.number()}
	if r.err == nil && !r.seen.Has(dot) {
		r.failf("a change that the context does not have")
	}
	return dot
}

func readMarks[V any](r *reader, says func() V) marks[V] {
	var m marks[V]
	n := r.count()
	for range n {
		dot := r.dot()
		if last := len(m) - 1; last >= 0 && m[last].dot.compare(dot) >= 0 {
			r.failf("changes that are not in order")
		}
		said := says()
		if r.err != nil {
			return nil
		}
		m = append(m, mark[V]{dot, said})
	}
	return m
}

func (r *reader) nothing() none { return none{} }
