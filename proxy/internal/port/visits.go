package port

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Bounds in bytes.
const (
	// maxLane is how much of one server waits to be written before it is held up.
	maxLane = 256 << 10
	// maxBatch is how much is written at once, about.
	maxBatch = 64 << 10
	// patient is how much of guests' uploads may wait for net/http before they hold up
	// all streams of the connection.
	patient = 256 << 10
	// maxInner is how much may wait to be read by net/http.
	maxInner = 4 << 20
	// goneKept is how many streams that are over are remembered.
	goneKept = 64
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

// visits are the guests of one host, and whoever writes to its client. Two locks, of
// which writing is taken first: it is held while the wire is written, and mu never is.
type visits struct {
	port *Port
	host *identity

	writing sync.Mutex
	tracker tracker // of what grpc-go has written straight
	partial []byte  // of its last frame, once there are guests
	batch   []byte

	mixed   atomic.Bool  // there has been a guest
	frames  atomic.Int64 // of content that were written
	allowed atomic.Int64 // what the client may send, on all streams

	mu       sync.Mutex
	room     sync.Cond // a lane has become shorter, or all is over
	purse    purse
	urgent   []byte // overtakes both lanes
	hosts    lane
	guests   lane
	streams  map[uint32]*guest
	gone     []uint32
	last     uint32 // the last guest
	current  *inner // takes new guests
	inners   map[*inner]struct{}
	queued   int // of uploads
	owed     int // of the window for uploads that is to be given back
	initial  uint32
	maxList  uint32
	table    resizing
	goodbye  bool // grpc-go has said it, without complaint
	closing  bool // and has gone
	finished chan struct{}
	kick     chan struct{} // something may be written; holds one token
	over     chan struct{} // closed with err
	err      error
}

// newVisits returns visits without guests.
func newVisits(p *Port, served *identity) *visits {
	v := &visits{
		port: p, host: served, initial: startWindow, table: resizing{limit: tableSize},
		streams: map[uint32]*guest{}, inners: map[*inner]struct{}{},
		finished: make(chan struct{}), kick: make(chan struct{}, 1), over: make(chan struct{}),
	}
	v.room.L = &v.mu
	v.purse.real.Store(startWindow)
	v.allowed.Store(startWindow)
	v.tracker.began, v.tracker.ended = v.began, v.ended
	return v
}

// content returns how many frames of content were written since the last call.
func (v *visits) content() int { return int(v.frames.Swap(0)) }

// hosted says that so much data is gRPC's.
func (v *visits) hosted(n int) { v.allowed.Add(-int64(n)) }

// granted says that the client takes so many more bytes, and returns how many are gRPC's.
func (v *visits) granted(n uint32) uint32 {
	if !v.mixed.Load() {
		v.purse.real.Add(int64(n))
		return n
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	defer v.poke()
	return uint32(v.purse.grant(int64(n), len(v.guests.units) > 0))
}

// settings reads what the client has set.
func (v *visits) settings(f *frame) (err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.initial
	f.settings(func(id http2.SettingID, value uint32) {
		switch id {
		case http2.SettingInitialWindowSize:
			if v.initial = value; value > 1<<31-1 {
				err = errWindow
			}
		case http2.SettingMaxHeaderListSize:
			v.maxList = value
		case http2.SettingHeaderTableSize:
			v.table.ask(value)
		default:
		}
	})
	if v.initial != before {
		for in := range v.inners {
			in.write(appendSettings(nil, http2.Setting{ID: http2.SettingInitialWindowSize, Val: v.initial}))
		}
	}
	return err
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

// urge writes something before everything else.
func (v *visits) urge(frame []byte) {
	v.urgent = append(v.urgent, frame...)
	v.poke()
}

// poke wakes the pump.
func (v *visits) poke() {
	select {
	case v.kick <- struct{}{}:
	default: // the token is there already
	}
}

// fail ends everything, and reports whether it was not over before.
func (v *visits) fail(err error) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return false
	}
	v.err = err
	for in := range v.inners {
		in.close()
	}
	v.room.Broadcast()
	close(v.over)
	return true
}

// outstay reports whether the guests stay when grpc-go leaves.
func (v *visits) outstay() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closing = true
	v.settle()
	select {
	case <-v.finished:
		return false
	default:
		return v.goodbye && v.err == nil
	}
}

// settle notes when nothing is left of a connection that grpc-go has closed.
func (v *visits) settle() {
	if !v.closing || len(v.streams)+len(v.urgent)+len(v.hosts.units)+len(v.guests.units) > 0 {
		return
	}
	select {
	case <-v.finished:
	default:
		close(v.finished)
	}
}

// left returns when nothing is left, or after so much time.
func (v *visits) left(most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-v.finished:
	case <-v.over:
	case <-timer.C:
	}
}

// farewell tells the client why it is cut off, if nothing else is being written.
func (v *visits) farewell(why *cutoff) {
	if !v.writing.TryLock() {
		return
	}
	defer v.writing.Unlock()
	if v.tracker.between() {
		sayGoAway(v.host.Conn, why)
	}
}
