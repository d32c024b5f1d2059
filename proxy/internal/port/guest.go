package port

import (
	"slices"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// guest is one stream that net/http serves.
type guest struct {
	inner  *inner
	window int64    // what net/http takes of it
	queue  []upload // what it does not yet take
	size   int
	sent   bool // the client has ended its side
	served bool // net/http has ended its side
}

// upload is a piece of a guest's request.
type upload struct {
	data     []byte
	trailers []byte // a block, instead of data
	end      bool
}

// owns reports whether the stream is a guest, or was not long ago.
func (v *visits) owns(stream uint32) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.streams[stream]
	return ok || slices.Contains(v.gone, stream)
}

// open begins a guest.
func (v *visits) open(stream uint32, fields []hpack.HeaderField, end bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return nil
	}
	if !v.mixed.Swap(true) {
		v.port.working.Go(v.pump)
	}
	if v.current == nil || v.current.leaving {
		v.current = v.newInner()
	}
	if v.closing || uint32(v.current.guests) >= v.current.most {
		return v.turnAway(stream, http2.ErrCodeRefusedStream)
	}
	v.last = stream
	g := &guest{inner: v.current, window: v.current.initial, sent: end}
	g.inner.guests++
	v.streams[stream] = g
	return g.inner.write(appendBlock(nil, stream, g.inner.rewriter.block(fields), end))
}

// refuse rejects a stream whose headers are too large.
func (v *visits) refuse(stream uint32) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.turnAway(stream, http2.ErrCodeEnhanceYourCalm)
}

// turnAway resets a stream that never became a guest.
func (v *visits) turnAway(stream uint32, code http2.ErrCode) error {
	v.forget(stream)
	v.urge(appendNumber(nil, http2.FrameRSTStream, stream, uint32(code)))
	if len(v.urgent) > maxLane {
		return errBacklog
	}
	return nil
}

// trailers ends a guest's request.
func (v *visits) trailers(stream uint32, fields []hpack.HeaderField, end bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.streams[stream]
	if g == nil || g.sent {
		return nil
	}
	// A block of the client's that does not end is none of HTTP's; net/http says so.
	return v.push(stream, g, upload{trailers: slices.Clone(g.inner.rewriter.block(fields)), end: end})
}

// data goes on with a guest's request.
func (v *visits) data(stream uint32, body []byte, flow int, end bool) error {
	if v.allowed.Add(-int64(flow)) < 0 {
		return errWindow
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.streams[stream]
	if g == nil || g.sent {
		v.giveBack(flow)
		return nil
	}
	if pad := flow - len(body); pad > 0 {
		v.giveBack(pad)
		v.urge(appendNumber(nil, http2.FrameWindowUpdate, stream, uint32(pad)))
	}
	return v.push(stream, g, upload{data: slices.Clone(body), end: end})
}

// push adds a piece to a guest's request.
func (v *visits) push(stream uint32, g *guest, piece upload) error {
	g.sent = piece.end
	g.queue = append(g.queue, piece)
	g.size += len(piece.data)
	v.queued += len(piece.data)
	// The window is given back at once while little waits, as grpc-go does it: a slow
	// guest then holds up itself alone.
	v.owed += len(piece.data)
	err := v.drain(stream, g)
	v.giveBack(0)
	return err
}

// drain gives net/http what it takes of a guest's request.
func (v *visits) drain(stream uint32, g *guest) error {
	var out []byte
	for len(g.queue) > 0 {
		piece := &g.queue[0]
		if piece.trailers != nil {
			out = appendBlock(out, stream, piece.trailers, piece.end)
			g.queue = g.queue[1:]
			continue
		}
		n := int(max(min(int64(len(piece.data)), g.window, g.inner.window), 0))
		if n == 0 && len(piece.data) > 0 {
			break
		}
		whole := n == len(piece.data)
		var flags http2.Flags
		if whole && piece.end {
			flags = http2.FlagDataEndStream
		}
		out = appendFrame(out, http2.FrameData, flags, stream, piece.data[:n])
		g.window -= int64(n)
		g.inner.window -= int64(n)
		g.size -= n
		v.queued -= n
		if piece.data = piece.data[n:]; whole {
			g.queue = g.queue[1:]
		}
	}
	if len(g.queue) == 0 {
		g.queue = nil
		if g.sent && g.served {
			v.remove(stream)
		}
	}
	if out == nil {
		return nil
	}
	return g.inner.write(out)
}

// giveBack gives the client back what its data took of the window for all streams,
// unless too much waits.
func (v *visits) giveBack(n int) {
	const worthIt = 16 << 10
	if v.owed += n; v.owed < worthIt || v.queued > patient {
		return
	}
	v.allowed.Add(int64(v.owed))
	v.urge(appendNumber(nil, http2.FrameWindowUpdate, 0, uint32(v.owed)))
	v.owed = 0
}

// reset says that the client has cancelled a guest.
func (v *visits) reset(stream uint32, code http2.ErrCode) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.streams[stream]
	if g == nil {
		return nil
	}
	v.remove(stream)
	return g.inner.write(appendNumber(nil, http2.FrameRSTStream, stream, uint32(code)))
}

// allow says that the client takes so many more bytes of a guest.
func (v *visits) allow(stream, bytes uint32) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.streams[stream]
	if g == nil {
		return nil
	}
	return g.inner.write(appendNumber(nil, http2.FrameWindowUpdate, stream, bytes))
}

// remove ends a guest.
func (v *visits) remove(stream uint32) {
	g := v.streams[stream]
	delete(v.streams, stream)
	g.inner.guests--
	v.queued -= g.size
	v.giveBack(0)
	v.forget(stream)
	v.settle()
}

// forget keeps the stream's number for a while: the client may not know yet.
func (v *visits) forget(stream uint32) {
	if len(v.gone) == goneKept {
		v.gone = v.gone[1:]
	}
	v.gone = append(v.gone, stream)
}
