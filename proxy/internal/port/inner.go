package port

import (
	"bufio"
	"crypto/tls"
	"io"
	"math"
	"net"
	"slices"

	"golang.org/x/net/http2"
)

// inner is a connection in memory, on which net/http serves guests of one host. The port
// is its client: it keeps to what net/http allows, and asks for no push and no table. Its
// fields are under the lock of its visits, but for those of the goroutines.
type inner struct {
	visits   *visits
	conn     net.Conn // the port's end
	rewriter *rewriter
	out      []byte        // to net/http
	wake     chan struct{} // something is in out; holds one token
	over     chan struct{} // closed when net/http has ended

	guests  int
	most    uint32 // how many net/http takes
	initial int64  // its window for a new one
	window  int64  // and for all of them
	owed    int    // of the port's own window
	leaving bool   // it takes no new ones
}

// visitor is net/http's end of an inner connection: it comes from where the host's does.
type visitor struct {
	net.Conn
	host *identity
}

// LocalAddr returns the address of the port.
func (v *visitor) LocalAddr() net.Addr { return v.host.LocalAddr() }

// RemoteAddr returns the address of the client.
func (v *visitor) RemoteAddr() net.Addr { return v.host.RemoteAddr() }

// connectionState returns what the handshake has found.
func (v *visitor) connectionState() *tls.ConnectionState { return v.host.connectionState() }

// newInner opens a connection for the next guests. It is called with the lock.
func (v *visits) newInner() *inner {
	ours, theirs := net.Pipe()
	in := &inner{
		visits: v, conn: ours, rewriter: newRewriter(), wake: make(chan struct{}, 1), over: make(chan struct{}),
		most: math.MaxUint32, initial: startWindow, window: startWindow,
	}
	settings := []http2.Setting{
		{ID: http2.SettingHeaderTableSize, Val: 0},
		{ID: http2.SettingEnablePush, Val: 0},
		{ID: http2.SettingInitialWindowSize, Val: v.initial},
	}
	if v.maxList > 0 {
		settings = append(settings, http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: v.maxList})
	}
	in.out = appendSettings([]byte(http2.ClientPreface), settings...)
	in.poke()
	v.inners[in] = struct{}{}
	v.port.working.Go(func() { in.send(&visitor{Conn: theirs, host: v.host}) })
	v.port.working.Go(in.receive)
	return in
}

// write queues something for net/http.
func (in *inner) write(frames []byte) error {
	if len(in.out)+len(frames) > maxInner {
		return errBacklog
	}
	in.out = append(in.out, frames...)
	in.poke()
	return nil
}

// poke wakes send.
func (in *inner) poke() {
	select {
	case in.wake <- struct{}{}:
	default: // the token is there already
	}
}

// close ends the connection, and with it send and receive.
func (in *inner) close() {
	in.conn.Close() //nolint:errcheck,gosec // a pipe
}

// send gives net/http its end, and then what is written to it, until either is closed.
func (in *inner) send(theirs net.Conn) {
	if !in.visits.port.http.deliver(theirs) {
		theirs.Close() //nolint:errcheck,gosec // a pipe; receive sees the end of it
		return
	}
	var out []byte
	for {
		select {
		case <-in.over:
			return
		case <-in.wake:
		}
		in.visits.mu.Lock()
		out, in.out = in.out, out[:0]
		in.visits.mu.Unlock()
		if _, err := in.conn.Write(out); err != nil {
			return // receive sees it too
		}
	}
}

// written notes that a unit of a guest's has gone to the client: net/http may write as
// much again.
func (in *inner) written(data int64) {
	const worthIt = 16 << 10
	if in.owed += int(data); in.owed >= worthIt {
		in.out = appendNumber(in.out, http2.FrameWindowUpdate, 0, uint32(in.owed))
		in.owed = 0
		in.poke()
	}
}

// receive reads what net/http writes, until its end.
func (in *inner) receive() {
	v := in.visits
	reader := bufio.NewReaderSize(in.conn, maxFrame+frameHead)
	for {
		block, err := readUnit(reader)
		if err != nil {
			break
		}
		f, _ := parseFrame(block)
		v.mu.Lock()
		in.handle(&f, block)
		v.mu.Unlock()
		if reader.Buffered() < frameHead && v.flush() != nil {
			break
		}
		if v.wait(&v.guests) != nil {
			break
		}
	}
	v.mu.Lock()
	in.end()
	v.mu.Unlock()
	in.conn.Close() //nolint:errcheck,gosec // a pipe
	close(in.over)
}

// readUnit reads one frame, or the frames of a header block. It is the caller's.
func readUnit(r *bufio.Reader) ([]byte, error) {
	var unit []byte
	for {
		head, err := r.Peek(frameHead)
		if err != nil {
			return nil, err
		}
		f, _ := parseFrame(head)
		at := len(unit)
		unit = slices.Grow(unit, frameHead+f.length)[:at+frameHead+f.length]
		if _, err := io.ReadFull(r, unit[at:]); err != nil {
			return nil, err
		}
		if f.kind != http2.FrameHeaders && f.kind != http2.FrameContinuation || f.flags.Has(http2.FlagHeadersEndHeaders) {
			return unit, nil
		}
	}
}

// handle acts on a frame of net/http's.
func (in *inner) handle(f *frame, bytes []byte) {
	v := in.visits
	switch f.kind {
	case http2.FrameSettings:
		if !f.isAck() {
			in.settle(f)
		}
	case http2.FramePing:
		if !f.isAck() {
			in.out = appendFrame(in.out, http2.FramePing, http2.FlagPingAck, 0, f.payload())
			in.poke()
		}
	case http2.FrameGoAway:
		in.leave()
	case http2.FrameWindowUpdate:
		in.widen(f.stream, f.number(), bytes)
	case http2.FrameHeaders:
		in.answer(f, bytes)
	case http2.FrameData, http2.FrameRSTStream:
		if v.streams[f.stream] == nil {
			in.written(int64(in.counted(f))) // the client has cancelled it
			return
		}
		v.guests.add(unit{bytes: bytes, data: int64(in.counted(f)), from: in})
		in.ended(f)
	default:
	}
}

// counted is what a frame counts against windows.
func (in *inner) counted(f *frame) int {
	if f.kind == http2.FrameData {
		return f.length
	}
	return 0
}

// settle takes what net/http has set.
func (in *inner) settle(f *frame) {
	v := in.visits
	f.settings(func(id http2.SettingID, value uint32) {
		switch id {
		case http2.SettingMaxConcurrentStreams:
			in.most = value
		case http2.SettingInitialWindowSize:
			change := int64(value) - in.initial
			in.initial = int64(value)
			for _, g := range v.streams {
				if g.inner == in {
					g.window += change
				}
			}
		default:
		}
	})
	in.out = appendFrame(in.out, http2.FrameSettings, http2.FlagSettingsAck, 0, nil)
	in.poke()
	in.drain()
}

// widen takes what net/http allows of one guest, or of all.
func (in *inner) widen(stream, n uint32, bytes []byte) {
	v := in.visits
	if stream == 0 {
		in.window += int64(n)
		in.drain()
		return
	}
	g := v.streams[stream]
	if g == nil {
		return
	}
	g.window += int64(n)
	// The client has what net/http has more or less of the same window, and what is
	// between them waits here.
	v.urge(bytes)
	_ = v.drain(stream, g) // cannot be too much: it was allowed
	v.giveBack(0)
}

// drain gives net/http what it now takes of all guests.
func (in *inner) drain() {
	v := in.visits
	for stream, g := range v.streams {
		if g.inner == in && len(g.queue) > 0 {
			_ = v.drain(stream, g) // as in widen
		}
	}
	v.giveBack(0)
}

// answer passes a guest's header block on, so that it changes no table.
func (in *inner) answer(f *frame, bytes []byte) {
	v := in.visits
	if v.streams[f.stream] == nil {
		return
	}
	_, block, err := wholeBlock(bytes, f)
	if err != nil {
		return // it is net/http's, and right
	}
	block = append(v.table.begin(), withoutResize(block)...)
	v.guests.add(unit{bytes: appendBlock(nil, f.stream, block, f.ends()), from: in})
	in.ended(f)
}

// ended notes the end of net/http's side of a guest.
func (in *inner) ended(f *frame) {
	v := in.visits
	g := v.streams[f.stream]
	switch {
	case f.kind == http2.FrameRSTStream:
		v.remove(f.stream)
	case f.ends():
		if g.served = true; g.sent && len(g.queue) == 0 {
			v.remove(f.stream)
		}
	default:
	}
}

// leave takes no new guests.
func (in *inner) leave() {
	in.leaving = true
	if in.visits.current == in {
		in.visits.current = nil
	}
}

// end ends what net/http has not ended.
func (in *inner) end() {
	v := in.visits
	in.leave()
	delete(v.inners, in)
	for stream, g := range v.streams {
		if g.inner == in {
			v.guests.add(unit{bytes: appendNumber(nil, http2.FrameRSTStream, stream, uint32(http2.ErrCodeInternal)), from: in})
			v.remove(stream)
		}
	}
	v.poke()
}
