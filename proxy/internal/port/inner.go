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
	taken   bool   // net/http has its end
	leaving bool   // and takes no new guests
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
	_ = in.conn.Close() // a pipe
}

// send gives net/http its end, and then what is written to it, until either is closed.
func (in *inner) send(theirs net.Conn) {
	if !in.visits.port.http.deliver(theirs) {
		_ = theirs.Close() // a pipe; receive sees the end of it
		return
	}
	in.visits.mu.Lock()
	in.taken = true
	in.visits.mu.Unlock()
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
	_ = in.conn.Close() // a pipe
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
