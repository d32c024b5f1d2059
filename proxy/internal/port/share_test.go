package port_test

import (
	"net/http"
	"testing"

	"golang.org/x/net/http2"
)

// message is one of gRPC's.
func message(n int) []byte {
	return append([]byte{0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, make([]byte, n)...)
}

// send sends data in frames, as the window allows.
func (w *wire) send(stream uint32, data []byte, end bool) {
	w.t.Helper()
	for first := true; first || len(data) > 0; first = false {
		n := min(len(data), 16<<10)
		if w.allowed < n {
			w.until("a window", func(http2.Frame) bool { return w.allowed >= n })
		}
		w.must(w.framer.WriteData(stream, end && n == len(data), data[:n]))
		w.allowed -= n
		data = data[n:]
	}
}

// TestGuestLeavesRoom has a guest whose answer nobody takes: gRPC is answered beside it.
func TestGuestLeavesRoom(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	w := s.wire(t).settings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
	w.headers(1, "application/grpc", true)
	w.answer(1)
	w.headers(3, "text/plain", false)
	w.send(3, make([]byte, 60_000), true) // which come back, of which half of 65,535 may
	w.until("some of the guest's answer", func(http2.Frame) bool { return w.got[3] > 10_000 })
	stream := uint32(5)
	for range 50 { // in which the guest has time to take more than it may
		w.headers(stream, "application/grpc", true)
		w.answer(stream)
		stream += 2
	}
	w.headers(stream, "application/grpc", false)
	w.send(stream, message(10_000), true)
	if _, status := w.answer(stream); status != "0" {
		t.Errorf("gRPC's status %q beside a guest", status)
	}
	if w.got[3] > 65_535/2 {
		t.Errorf("the guest got %d bytes of a window of 65,535", w.got[3])
	}
	w.must(w.framer.WriteWindowUpdate(0, 1<<20))
	w.answer(3)
	if w.got[3] != 60_000 {
		t.Errorf("the guest got %d bytes", w.got[3])
	}
}

// TestGuestGetsItsShare has gRPC take the whole window, and a guest that comes then: of
// what the client allows more, it gets its part.
func TestGuestGetsItsShare(t *testing.T) {
	t.Parallel()
	// More than the buffers on its way: of what is written, some waits for the window.
	const piece, pieces = 10_000, 6
	written := make(chan struct{})
	s := openHTTP(t, nil, func(server *http.Server) {
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range pieces {
				_, _ = w.Write(make([]byte, piece))
				_ = http.NewResponseController(w).Flush()
			}
			close(written)
		})
	})
	w := s.wire(t).settings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
	stream := uint32(1)
	for range 8 { // they have more to say than the window takes
		w.headers(stream, "application/grpc", false)
		w.send(stream, message(50_000), true)
		stream += 2
	}
	sum := func() (n int) {
		for _, got := range w.got {
			n += got
		}
		return n
	}
	w.until("the whole window is used", func(http2.Frame) bool { return sum() >= 65_535 })
	w.headers(stream, "text/plain", true)
	<-written
	for allowed := 65_535; w.got[stream] < piece; {
		if allowed > 65_535+20*8192 {
			t.Fatalf("the guest got %d bytes of 160 KiB more", w.got[stream])
		}
		w.must(w.framer.WriteWindowUpdate(0, 8192))
		allowed += 8192
		// What is kept for the guest may be less than a frame of it.
		w.until("what was allowed", func(http2.Frame) bool { return sum() >= allowed-8192 })
	}
}
