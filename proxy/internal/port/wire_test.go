package port_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/stateward/stateward/proxy/internal/port"
)

// wire is a client that sends frames by hand, and acknowledges nothing by itself.
type wire struct {
	t      testing.TB
	conn   net.Conn
	framer *http2.Framer
	block  bytes.Buffer
	table  *hpack.Encoder

	allowed int            // what the server takes, on all streams
	got     map[uint32]int // bytes of DATA, by stream
}

// wire opens a connection and says the preface.
func (s *stage) wire(t *testing.T) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	w := &wire{t: t, conn: conn, framer: http2.NewFramer(conn, conn), allowed: 65535, got: map[uint32]int{}}
	w.table = hpack.NewEncoder(&w.block)
	w.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	return w
}

// settings says the client's first SETTINGS.
func (w *wire) settings(settings ...http2.Setting) *wire {
	w.t.Helper()
	w.must(w.framer.WriteSettings(settings...))
	return w
}

// must fails the test on an error.
func (w *wire) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// headers opens a stream.
func (w *wire) headers(stream uint32, contentType string, end bool, more ...string) {
	w.t.Helper()
	w.must(w.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: w.encode(contentType, more...), EndStream: end, EndHeaders: true,
	}))
}

// encode makes a header block.
func (w *wire) encode(contentType string, more ...string) []byte {
	w.block.Reset()
	fields := append([]string{
		":method", "POST", ":scheme", "http", ":path", "/echo.Echo/Echo", ":authority", "here",
		"content-type", contentType, "te", "trailers",
	}, more...)
	for i := 0; i < len(fields); i += 2 {
		w.must(w.table.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return w.block.Bytes()
}

// until reads frames until one fits, and answers SETTINGS and PING of the server's.
func (w *wire) until(what string, fits func(http2.Frame) bool) http2.Frame {
	w.t.Helper()
	for {
		f, err := w.framer.ReadFrame()
		if err != nil {
			w.t.Fatalf("%s: %v; so far %v", what, err, w.got)
		}
		switch f := f.(type) {
		case *http2.DataFrame:
			w.got[f.StreamID] += int(f.Length)
		case *http2.WindowUpdateFrame:
			if f.StreamID == 0 {
				w.allowed += int(f.Increment)
			}
		default:
		}
		if fits(f) {
			return f
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				w.must(w.framer.WriteSettingsAck())
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				w.must(w.framer.WritePing(true, f.Data))
			}
		case *http2.GoAwayFrame:
			w.t.Fatalf("%s: the server says goodbye: %v %s", what, f.ErrCode, f.DebugData())
		default:
		}
	}
}

// answer reads until the end of a stream, and returns its status and its end.
func (w *wire) answer(stream uint32) (status, grpcStatus string) {
	w.t.Helper()
	w.until("the end of stream "+strconv.Itoa(int(stream)), func(f http2.Frame) bool {
		if f.Header().StreamID != stream {
			return false
		}
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			if s := f.PseudoValue("status"); s != "" {
				status = s
			}
			for _, field := range f.RegularFields() {
				if field.Name == "grpc-status" {
					grpcStatus = field.Value
				}
			}
			return f.StreamEnded()
		case *http2.DataFrame:
			return f.StreamEnded()
		case *http2.RSTStreamFrame:
			status = f.ErrCode.String()
			return true
		default:
			return false
		}
	})
	return status, grpcStatus
}

// goodbye reads until the connection ends, and returns the code of the GOAWAY before.
func (w *wire) goodbye() http2.ErrCode {
	w.t.Helper()
	code := http2.ErrCode(1000)
	for {
		f, err := w.framer.ReadFrame()
		if bye, ok := f.(*http2.GoAwayFrame); ok {
			code = bye.ErrCode
		}
		if errors.As(err, new(http2.StreamError)) {
			continue
		}
		if err != nil {
			if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
				w.t.Fatal("the connection does not end: ", err)
			}
			return code
		}
	}
}

// isSettings is the server's SETTINGS.
func isSettings(f http2.Frame) bool {
	s, ok := f.(*http2.SettingsFrame)
	return ok && !s.IsAck()
}

// TestSettingsFirst has clients that say nothing before they know the server's SETTINGS
// (HTTP-PORT-005).
func TestSettingsFirst(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *port.Config) { c.HeadTimeout, c.Patience = time.Minute, time.Minute })
	for contentType, status := range map[string]string{"application/grpc+proto": "0", "text/plain": "", "application/grpc-web": ""} {
		w := s.wire(t).settings()
		first := w.until("the first SETTINGS", isSettings).(*http2.SettingsFrame)
		if most, ok := first.Value(http2.SettingMaxConcurrentStreams); !ok || most != 10_000 {
			t.Errorf("MAX_CONCURRENT_STREAMS is %d, %t", most, ok)
		}
		w.must(w.framer.WriteSettingsAck())
		w.headers(1, contentType, true)
		if code, grpcStatus := w.answer(1); code != "200" || grpcStatus != status {
			t.Errorf("%s: status %s, gRPC's %q", contentType, code, grpcStatus)
		}
		// An answer too many would have ended the connection.
		w.headers(3, contentType, true)
		if code, _ := w.answer(3); code != "200" {
			t.Errorf("%s: status %s", contentType, code)
		}
	}
}

// TestPatience has clients that connect and call nothing.
func TestPatience(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *port.Config) { c.Patience = 50 * time.Millisecond })
	for name, before := range map[string]func(*wire){
		"waits for its answer": func(w *wire) {
			w.until("the answer to its SETTINGS", func(f http2.Frame) bool { return f.Header().Type == http2.FrameSettings && !isSettings(f) })
		},
		"pings": func(w *wire) {
			w.must(w.framer.WritePing(false, [8]byte{1}))
			w.until("the answer to its PING", func(f http2.Frame) bool {
				ping, ok := f.(*http2.PingFrame)
				return ok && ping.IsAck() && ping.Data == [8]byte{1}
			})
		},
	} {
		for contentType, want := range map[string]string{"application/grpc": "0", "text/html": ""} {
			w := s.wire(t).settings()
			before(w)
			w.headers(1, contentType, true)
			if code, status := w.answer(1); code != "200" || status != want {
				t.Errorf("%s, %s: status %s, gRPC's %q", name, contentType, code, status)
			}
		}
	}
}

// TestSmallerTable has a client that forgets what it was told: each block has to say so
// that refers to nothing older.
func TestSmallerTable(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	w := s.wire(t).settings()
	w.headers(1, "application/grpc", true)
	w.answer(1)
	w.must(w.framer.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0}))
	w.until("the answer to its SETTINGS", func(f http2.Frame) bool { return f.Header().Type == http2.FrameSettings && !isSettings(f) })
	w.framer.ReadMetaHeaders = nil
	w.headers(3, "text/plain", true)
	first := w.until("the guest's answer", func(f http2.Frame) bool { return f.Header().Type == http2.FrameHeaders }).(*http2.HeadersFrame)
	if block := first.HeaderBlockFragment(); len(block) == 0 || block[0] != 0x20 {
		t.Errorf("the block begins with %x, not with the size of the table", block[:1])
	}
}

// TestTrailersAndLateFrames has frames on guests that are over, which are nobody's mistake.
func TestTrailersAndLateFrames(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	w := s.wire(t).settings()
	w.headers(1, "application/grpc", true)
	w.answer(1)
	w.headers(3, "text/plain", false, "trailer", "x-after")
	w.must(w.framer.WriteDataPadded(3, false, []byte("padded"), make([]byte, 100)))
	w.block.Reset()
	w.must(w.table.WriteField(hpack.HeaderField{Name: "x-after", Value: "all"}))
	w.must(w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: w.block.Bytes(), EndHeaders: true, EndStream: true}))
	if code, _ := w.answer(3); code != "200" {
		t.Errorf("status %s", code)
	}
	w.must(w.framer.WriteRSTStream(3, http2.ErrCodeCancel))
	w.must(w.framer.WriteWindowUpdate(3, 1))
	w.must(w.framer.WriteData(3, false, []byte("late")))
	w.headers(5, "text/plain", false)
	w.must(w.framer.WriteRSTStream(5, http2.ErrCodeCancel))
	for _, stream := range []uint32{7, 9} {
		w.headers(stream, "application/grpc", true)
		if _, status := w.answer(stream); status != "0" {
			t.Errorf("gRPC's status %s", status)
		}
		// To grpc-go it would be a stream that goes back.
		w.headers(5, "text/plain", true) // trailers of a stream that is reset
	}
}
