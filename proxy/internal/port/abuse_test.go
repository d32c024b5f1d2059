package port_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/stateward/stateward/proxy/internal/port"
)

// TestDefaults has the numbers of HTTP-LIMIT-008, HTTP-LIMIT-009 and HTTP-LIMIT-010.
func TestDefaults(t *testing.T) {
	t.Parallel()
	c := port.Defaults()
	if c.HandshakeTimeout != 10*time.Second || c.HeadTimeout != 10*time.Second || c.MaxResets != 2000 || c.MaxConnections != 10_000 {
		t.Errorf("the defaults are %+v", c)
	}
}

// TestSlow has clients that begin and do not go on (HTTP-LIMIT-008).
func TestSlow(t *testing.T) {
	t.Parallel()
	server, _ := certificates(t)
	for name, c := range map[string]struct {
		tls  bool
		says string
	}{
		"nothing":                {},
		"no SETTINGS":            {says: http2.ClientPreface},
		"a part of the SETTINGS": {says: http2.ClientPreface + "\x00\x00\x06\x04"},
		"a part of HEADERS":      {says: http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + "\x00\x00\x06\x01"},
		"an endless block":       {says: http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + "\x00\x00\x00\x01\x00\x00\x00\x00\x01"},
		"nothing, by TLS":        {tls: true},
		"a part of a handshake":  {tls: true, says: "\x16\x03\x01\x02\x00\x01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, func(config *port.Config) {
				config.HandshakeTimeout, config.HeadTimeout = 100*time.Millisecond, 100*time.Millisecond
				config.Patience = 20 * time.Millisecond
				if c.tls {
					config.TLS = server
				}
			})
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.WriteString(conn, c.says)
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is not ended")
			}
			s.counts.until(t, "one is cut off, and none is open", func() bool { return s.counts.cut["slow"] == 1 && s.counts.open == 0 })
		})
	}
}

// TestSlowHTTP1 has a client whose first byte might begin the preface: net/http tells it
// that it is too slow, or answers it.
func TestSlowHTTP1(t *testing.T) {
	t.Parallel()
	for first, c := range map[string]struct {
		rest string        // comes once net/http has the connection
		head time.Duration // of net/http, in which it has to
	}{
		"P":                      {"OST /who HTTP/1.0\r\n\r\n", time.Minute},
		http2.ClientPreface[:2]:  {"", 300 * time.Millisecond},
		http2.ClientPreface[:15]: {http2.ClientPreface[15:] + "\x00\x00\x00\x04\x00\x00\x00\x00\x00", time.Minute},
	} {
		taken := make(chan struct{}, 1)
		s := openHTTP(t, func(c *port.Config) { c.Patience = 20 * time.Millisecond }, func(server *http.Server) {
			server.ReadHeaderTimeout = c.head
			server.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					taken <- struct{}{}
				}
			}
		})
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, first)
		<-taken
		_, _ = io.WriteString(conn, c.rest)
		if c.rest == "" { // it ends, after whatever net/http says
			if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Errorf("%q is not closed: %v", first, err)
			}
		} else if _, err := io.ReadFull(conn, make([]byte, 9)); err != nil {
			t.Errorf("%q: no answer: %v", first, err)
		}
		conn.Close()
		s.counts.until(t, "it has gone", func() bool { return s.counts.open == 0 })
	}
}

// TestHandshakeThatFails has a client that speaks no TLS.
func TestHandshakeThatFails(t *testing.T) {
	t.Parallel()
	server, _ := certificates(t)
	s := open(t, func(c *port.Config) { c.TLS = server })
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n")
	s.counts.until(t, "one is cut off", func() bool { return s.counts.cut["handshake"] == 1 && s.counts.open == 0 })
}

// firsts are the kinds of connection: grpc-go's, net/http's, and one with a guest.
func firsts() map[string]func(*wire) uint32 {
	return map[string]func(*wire) uint32{
		"gRPC": func(w *wire) uint32 { w.headers(1, "application/grpc", true); w.answer(1); return 3 },
		"HTTP": func(w *wire) uint32 { w.headers(1, "text/plain", true); w.answer(1); return 3 },
		"mixed": func(w *wire) uint32 {
			w.headers(1, "application/grpc", true)
			w.answer(1)
			w.headers(3, "text/plain", true)
			w.answer(3)
			return 5
		},
	}
}

// TestFlood has clients that send much which costs, and asks for nothing (HTTP-LIMIT-009).
func TestFlood(t *testing.T) {
	t.Parallel()
	raw := func(w *wire, frame string) { w.framer.WriteRawFrame(http2.FrameType(0xbe), 0, 0, []byte(frame)) }
	for name, c := range map[string]struct {
		reason string
		code   http2.ErrCode
		flood  func(w *wire, stream uint32) // ends at the first error, or never
	}{
		"resets of gRPC": {"resets", http2.ErrCodeEnhanceYourCalm, func(w *wire, stream uint32) {
			for ; w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: w.encode("application/grpc"), EndHeaders: true}) == nil; stream += 2 {
				w.framer.WriteRSTStream(stream, http2.ErrCodeCancel)
			}
		}},
		"resets of HTTP": {"resets", http2.ErrCodeEnhanceYourCalm, func(w *wire, stream uint32) {
			for ; w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: w.encode("text/plain"), EndHeaders: true}) == nil; stream += 2 {
				w.framer.WriteRSTStream(stream, http2.ErrCodeCancel)
			}
		}},
		"SETTINGS": {"flood", http2.ErrCodeEnhanceYourCalm, func(w *wire, _ uint32) {
			for w.framer.WriteSettings() == nil {
			}
		}},
		"PRIORITY": {"flood", http2.ErrCodeEnhanceYourCalm, func(w *wire, _ uint32) {
			for w.framer.WritePriority(1, http2.PriorityParam{StreamDep: 3}) == nil {
			}
		}},
		"unknown frames": {"flood", http2.ErrCodeEnhanceYourCalm, func(w *wire, _ uint32) {
			for range 20_000 {
				raw(w, "x")
			}
		}},
		"empty DATA": {"flood", http2.ErrCodeEnhanceYourCalm, func(w *wire, stream uint32) {
			w.headers(stream, "application/grpc", false)
			for w.framer.WriteData(stream, false, nil) == nil {
			}
		}},
		"empty CONTINUATIONs": {"headers", http2.ErrCodeEnhanceYourCalm, func(w *wire, stream uint32) {
			w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream})
			for w.framer.WriteContinuation(stream, false, nil) == nil {
			}
		}},
		"a large block": {"headers", http2.ErrCodeEnhanceYourCalm, func(w *wire, stream uint32) {
			w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream})
			for w.framer.WriteContinuation(stream, false, make([]byte, 16<<10)) == nil {
			}
		}},
		"a large frame": {"protocol", http2.ErrCodeFrameSize, func(w *wire, _ uint32) {
			w.framer.WriteRawFrame(http2.FrameType(0xbe), 0, 0, make([]byte, 300<<10))
		}},
		"a block in pieces": {"protocol", http2.ErrCodeProtocol, func(w *wire, stream uint32) {
			w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream})
			w.framer.WritePing(false, [8]byte{})
		}},
	} {
		for first, begin := range firsts() {
			t.Run(name+", "+first, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				s := open(t, func(c *port.Config) {
					c.MaxResets = 200
					c.Clock = func() time.Time { return began } // how many come in 10 s is up to the machine
				})
				w := s.wire(t).settings()
				w.framer.AllowIllegalWrites = true
				stream := begin(w)
				done := make(chan struct{})
				go func() {
					defer close(done)
					c.flood(w, stream)
				}()
				code := w.goodbye()
				w.conn.Close()
				<-done
				s.counts.until(t, "it is cut off", func() bool { return s.counts.cut[c.reason] == 1 && s.counts.open == 0 })
				// A peer that is still sending may lose what it was told.
				if code != c.code && code != 1000 {
					t.Errorf("the client is told %v, want %v", code, c.code)
				}
			})
		}
	}
}

// TestBomb has a small block that says a large list: it is refused alone.
func TestBomb(t *testing.T) {
	t.Parallel()
	for first, begin := range firsts() {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			w := s.wire(t).settings()
			stream := begin(w)
			w.headers(stream, "application/grpc", true, "x", string(bytes.Repeat([]byte("x"), 3000)))
			w.answer(stream)
			block := bytes.Clone(w.encode("application/grpc"))
			block = append(block, bytes.Repeat([]byte{0x80 | 62}, 300)...) // the newest in the table
			w.must(w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream + 2, BlockFragment: block, EndStream: true, EndHeaders: true}))
			if code, _ := w.answer(stream + 2); code == "200" {
				t.Error("a list of 900 kB was taken")
			}
			w.headers(stream+4, "application/grpc", true)
			if code, _ := w.answer(stream + 4); code != "200" {
				t.Errorf("the next call got %s", code)
			}
		})
	}
}

// TestPings has a client that pings after each answer, as one that measures its bandwidth
// does: it is left alone (HTTP-LIMIT-009).
func TestPings(t *testing.T) {
	t.Parallel()
	s := open(t, nil, grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Nanosecond, PermitWithoutStream: true}))
	w := s.wire(t).settings()
	w.headers(1, "application/grpc", false)
	const answers = 1000
	for range 15 {
		w.send(1, bytes.Repeat(message(0), answers), false) // each gets an answer of its own
		for n := 0; n < answers; {
			f := w.until("an answer", func(f http2.Frame) bool { return f.Header().Type == http2.FrameData })
			n += int(f.Header().Length) / 5
			w.must(w.framer.WritePing(false, [8]byte{}))
		}
		w.must(w.framer.WriteWindowUpdate(0, 5*answers))
		w.must(w.framer.WriteWindowUpdate(1, 5*answers))
	}
}

// TestGuestBeyondItsWindow has an upload that does not wait for the window.
func TestGuestBeyondItsWindow(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	w := s.wire(t).settings()
	w.headers(1, "application/grpc", true)
	w.answer(1)
	w.headers(3, "text/plain", false)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for w.framer.WriteData(3, false, make([]byte, 16<<10)) == nil {
		}
	}()
	w.goodbye()
	w.conn.Close()
	<-done
	s.counts.until(t, "it is cut off", func() bool { return s.counts.cut["protocol"] == 1 && s.counts.open == 0 })
}

// TestFull has more connections than there may be (HTTP-LIMIT-010), and from one address.
func TestFull(t *testing.T) {
	t.Parallel()
	for reason, configure := range map[string]func(*port.Config){
		port.RefusedFull:    func(c *port.Config) { c.MaxConnections = 2 },
		port.RefusedAddress: func(c *port.Config) { c.MaxPerAddress = 2 },
	} {
		s := open(t, configure)
		first, second := s.dial(t, nil), client(t, false, nil)
		if _, err := call(within(t, 10*time.Second), first, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := post(second, "http://"+s.addr, "x"); err != nil {
			t.Fatal(err)
		}
		third, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = third.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := third.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the third is not closed: %v", reason, err)
		}
		third.Close()
		s.counts.until(t, "one is refused", func() bool { return s.counts.refused[reason] == 1 && s.counts.open == 2 })
		first.Close()
		s.counts.until(t, "one has gone", func() bool { return s.counts.open == 1 })
		if _, err := post(client(t, true, nil), "http://"+s.addr, "x"); err != nil {
			t.Errorf("%s: there is room again, and %v", reason, err)
		}
	}
}
