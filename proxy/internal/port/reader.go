package port

import (
	"errors"
	"net"
)

// reader reads a wire through a splitter. It is for one goroutine.
type reader struct {
	wire     net.Conn
	splitter *splitter
	ready    []byte // passed on, not yet read
	bytes    []byte // not yet split; buffer's, but for the first
	buffer   []byte
	fresh    bool    // bytes have never been split
	cut      *cutoff // why nothing is read any more
	err      error   // of the wire, to be told once
}

// roomy is how much room a read has to have to be made without a copy.
const roomy = 4 << 10

// read reads into p. An error is the cut, or the wire's.
func (r *reader) read(p []byte) (int, error) {
	for {
		switch {
		case len(r.ready) > 0:
			n := copy(p, r.ready)
			r.ready = r.ready[n:]
			return n, nil
		case r.cut != nil:
			return 0, r.cut
		case r.err != nil:
			err := r.err
			r.err = nil
			return 0, err
		case len(p) == 0:
			return 0, nil
		case len(r.bytes) == 0 && len(p) >= roomy:
			n, err := r.wire.Read(p)
			if n = r.straight(p[:n], err); n > 0 {
				return n, nil
			}
		default:
			r.through()
		}
	}
}

// empty reports whether nothing but the wire can be read.
func (r *reader) empty() bool {
	return len(r.ready) == 0 && len(r.bytes) == 0 && r.cut == nil && r.err == nil
}

// straight splits what was read into p, and how that ended. What is passed on stands at
// p's beginning; it returns how much that is, and 0 where it is ready elsewhere, or
// nothing is.
func (r *reader) straight(p []byte, err error) int {
	pass, tail := r.split(p, err)
	r.buffer = append(r.buffer[:0], tail...)
	r.bytes = r.buffer
	if r.splitter.moved {
		r.ready = pass
		return 0
	}
	return len(pass)
}

// through reads more behind what is not yet split.
func (r *reader) through() {
	var err error
	if !r.fresh {
		r.buffer = append(r.buffer[:0], r.bytes...)
		n := len(r.buffer)
		if need := n + maxFrame; cap(r.buffer) < need {
			r.buffer = append(make([]byte, 0, need), r.buffer...)
		}
		var more int
		more, err = r.wire.Read(r.buffer[n:cap(r.buffer)])
		r.bytes = r.buffer[:n+more]
	}
	r.fresh = false
	r.ready, r.bytes = r.split(r.bytes, err)
}

// split feeds the splitter, and keeps the errors.
func (r *reader) split(b []byte, wire error) (pass, tail []byte) {
	pass, tail, err := r.splitter.feed(b)
	if !errors.As(err, &r.cut) {
		r.err = wire
	}
	return pass, tail
}
