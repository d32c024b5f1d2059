package port

import (
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// guests takes the streams that have come to a connection of gRPC and are not gRPC's,
// and hears what concerns all streams. Slices are the splitter's again after the call.
// An error is a *cutoff, and ends the connection.
type guests interface {
	// open begins a stream, and refuse rejects one.
	open(stream uint32, fields []hpack.HeaderField, end bool) error
	refuse(stream uint32) error
	// owns reports whether the stream is one of them, or was not long ago.
	owns(stream uint32) bool
	// data and trailers go on with a stream. Flow is what the data counts against the
	// window, padding included.
	data(stream uint32, body []byte, flow int, end bool) error
	trailers(stream uint32, fields []hpack.HeaderField, end bool) error
	// reset says that the client has cancelled a stream, allow that it takes so many
	// more bytes of it.
	reset(stream uint32, code http2.ErrCode) error
	allow(stream, bytes uint32) error
	// settings reads what the client has set.
	settings(f *frame) error
	// hosted says that so much data is gRPC's.
	hosted(bytes int)
	// granted says that the client takes so many more bytes of all streams, and returns
	// how many of these are gRPC's.
	granted(bytes uint32) uint32
}

// splitter reads what the client of one HTTP/2 connection sends: it passes on what its
// server is to get, and hands the rest to guests. It is pure but for what guests does,
// and for one goroutine.
type splitter struct {
	guard   guard
	preface int    // bytes of the client's preface that are still to come
	acks    int    // SETTINGS that the port has sent itself, and the client has not answered
	last    uint32 // the last stream that was opened

	// Of a connection that grpc-go serves:
	guests   guests    // nil where it is net/http
	headers  *headers  // as long as guests
	rewriter *rewriter // from the first guest on: blocks lack what was in those of guests

	frame frame  // the one that is read
	left  int    // of the payload of a DATA frame that is passed on as it comes
	out   []byte // what is passed on, where that is not what has come
	moved bool   // out is used
}

// feed reads b, and returns what to pass on, and the end of b that has to come again
// with what follows it. Both are b's or the splitter's, until the next call. An error is
// a *cutoff; what was passed on before it is right.
func (s *splitter) feed(b []byte) (pass, tail []byte, err error) {
	s.out, s.moved = s.out[:0], false
	at := 0
	for at < len(b) && err == nil {
		var n int
		switch {
		case s.preface > 0:
			n = min(s.preface, len(b)-at)
			s.preface -= n
			s.keep(b[at : at+n])
		case s.left > 0:
			n = min(s.left, len(b)-at)
			s.left -= n
			s.keep(b[at : at+n])
		default:
			n, err = s.next(b, at)
			if n == 0 {
				return s.passed(b, at), b[at:], err
			}
		}
		at += n
	}
	return s.passed(b, at), nil, err
}

// passed is what of b[:at] is passed on.
func (s *splitter) passed(b []byte, at int) []byte {
	if s.moved {
		return s.out
	}
	return b[:at]
}

// keep passes bytes on.
func (s *splitter) keep(bytes []byte) {
	if s.moved {
		s.out = append(s.out, bytes...)
	}
}

// move makes room for something else than b has after at.
func (s *splitter) move(b []byte, at int) {
	if !s.moved {
		s.out, s.moved = append(s.out, b[:at]...), true
	}
}

// next reads the frame at b[at:], or the whole header block, and returns how many bytes
// that were; 0 where they are not all there.
func (s *splitter) next(b []byte, at int) (int, error) {
	read, ok := parseFrame(b[at:])
	if !ok {
		return 0, nil
	}
	s.frame = read
	f := &s.frame
	guest := s.rewriter != nil && f.stream != 0 && s.guests.owns(f.stream)
	if f.kind == http2.FrameData && !guest {
		if err := s.guard.observe(f); err != nil {
			return 0, err
		}
		if s.guests != nil {
			s.guests.hosted(f.length)
		}
		s.left = f.length
		s.keep(f.bytes[:frameHead])
		return frameHead, nil
	}
	if f.length > maxBlock {
		return 0, errFrame
	}
	if !f.complete() {
		return 0, nil
	}
	if f.kind == http2.FrameHeaders {
		return s.nextBlock(b, at, f, guest)
	}
	if err := s.guard.observe(f); err != nil {
		return 0, err
	}
	switch {
	case f.kind == http2.FrameSettings && f.isAck() && s.acks > 0:
		s.acks--
		s.move(b, at)
	case s.guests == nil:
		s.keep(f.bytes)
	case guest:
		s.move(b, at)
		return len(f.bytes), s.visit(f)
	case f.kind == http2.FrameWindowUpdate && f.stream == 0:
		s.grant(b, at, f)
	case f.kind == http2.FrameSettings && !f.isAck():
		s.keep(f.bytes)
		return len(f.bytes), s.guests.settings(f)
	default:
		s.keep(f.bytes)
	}
	return len(f.bytes), nil
}

// visit hands a guest's frame over, which is no HEADERS.
func (s *splitter) visit(f *frame) error {
	switch f.kind {
	case http2.FrameData:
		body, ok := f.body()
		if !ok {
			return errOrder
		}
		return s.guests.data(f.stream, body, f.length, f.ends())
	case http2.FrameRSTStream:
		return s.guests.reset(f.stream, http2.ErrCode(f.number()))
	case http2.FrameWindowUpdate:
		return s.guests.allow(f.stream, f.number())
	default: // PRIORITY, and what nobody knows
		return nil
	}
}

// grant passes on what of a window is gRPC's.
func (s *splitter) grant(b []byte, at int, f *frame) {
	n := f.number()
	given := s.guests.granted(n)
	if given == n {
		s.keep(f.bytes)
		return
	}
	s.move(b, at)
	if given > 0 {
		s.out = appendNumber(s.out, http2.FrameWindowUpdate, 0, given)
	}
}

// nextBlock reads the header block that begins with f at b[at:].
func (s *splitter) nextBlock(b []byte, at int, f *frame, guest bool) (int, error) {
	n, block, err := wholeBlock(b[at:], f)
	if n == 0 || err != nil {
		return 0, err
	}
	if err := s.guard.observe(f); err != nil {
		return 0, err
	}
	if s.guests == nil {
		s.keep(b[at : at+n])
		return n, nil
	}
	if err := s.headers.read(block); err != nil {
		return 0, err
	}
	opens := f.stream > s.last && f.stream%2 == 1
	if opens {
		s.last = f.stream
	}
	switch {
	case guest:
		s.move(b, at)
		err = s.guests.trailers(f.stream, s.headers.fields, f.ends())
	case s.headers.tooLarge() && s.rewriter != nil:
		s.move(b, at)
		err = s.guests.refuse(f.stream)
	case opens && !s.headers.tooLarge() && !s.headers.isGRPC():
		if s.rewriter == nil {
			s.rewriter = newRewriter()
		}
		s.move(b, at)
		err = s.guests.open(f.stream, s.headers.fields, f.ends())
	case s.rewriter != nil:
		s.move(b, at)
		s.out = appendBlock(s.out, f.stream, s.rewriter.block(s.headers.fields), f.ends())
	default:
		s.keep(b[at : at+n])
	}
	return n, err
}

// wholeBlock returns how many bytes of b the header block takes that begins with f, and
// the block itself; 0 where it is not all there.
func wholeBlock(b []byte, f *frame) (int, []byte, error) {
	block, ok := f.body()
	if !ok {
		return 0, nil, errOrder
	}
	n, frames, last := len(f.bytes), 1, *f
	for !last.flags.Has(http2.FlagHeadersEndHeaders) {
		if frames++; frames > maxFrames || n > maxBlock {
			return 0, nil, errHeaders
		}
		next, ok := parseFrame(b[n:])
		if !ok {
			return 0, nil, nil
		}
		if next.kind != http2.FrameContinuation || next.stream != f.stream {
			return 0, nil, errOrder
		}
		if n+next.length > maxBlock {
			return 0, nil, errHeaders
		}
		if !next.complete() {
			return 0, nil, nil
		}
		if frames == 2 {
			block = append([]byte(nil), block...) // it is b's, and b goes on
		}
		n, block, last = n+len(next.bytes), append(block, next.payload()...), next
	}
	return n, block, nil
}
