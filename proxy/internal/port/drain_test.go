package port_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// drain stops both servers as a proxy does, and reports when each has stopped.
func (s *stage) drain(t *testing.T) map[string]chan struct{} {
	t.Helper()
	stopped := map[string]chan struct{}{"application/grpc": make(chan struct{}), "text/plain": make(chan struct{})}
	ctx := within(t, 20*time.Second)
	s.served.Go(func() {
		s.grpc.GracefulStop()
		close(stopped["application/grpc"])
	})
	s.served.Go(func() {
		if err := s.http.Shutdown(ctx); err != nil {
			t.Errorf("HTTP: %v", err)
		}
		close(stopped["text/plain"])
	})
	return stopped
}

// upload is a request whose body is under way.
type upload struct {
	body   *io.PipeWriter
	answer chan error
}

// upload begins a guest or a call of gRPC, and has its first byte echoed.
func (m *mixer) upload(t *testing.T, contentType string) *upload {
	t.Helper()
	reader, writer := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, m.url+"/echo.Echo/Echo", reader)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("TE", "trailers")
	go func() { _, _ = io.WriteString(writer, "\x00\x00\x00\x00\x01x") }()
	response, err := m.conn.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 6)
	if _, err := io.ReadFull(response.Body, first); err != nil {
		t.Fatal(err)
	}
	u := &upload{body: writer, answer: make(chan error, 1)}
	go func() {
		_, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		u.answer <- err
	}()
	return u
}

// TestDrain stops the servers while calls of both kinds are under way on one connection:
// each of them is finished, and no new one is taken.
func TestDrain(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]string{
		"guest last": {"application/grpc", "text/plain"},
		"gRPC last":  {"text/plain", "application/grpc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			m := s.mix(t, http.HTTP2Config{}, nil)
			if err := m.grpc(nil); err != nil {
				t.Fatal(err)
			}
			calls := map[string]*upload{}
			for _, contentType := range order {
				calls[contentType] = m.upload(t, contentType)
			}
			stopped := s.drain(t)
			for m.conn.Err() == nil && m.conn.Available() > 0 { // until the client has heard of it
				if err := m.grpc(nil); err != nil {
					break
				}
			}
			if conn, err := net.DialTimeout("tcp", s.addr, time.Second); err == nil {
				conn.Close()
				t.Error("the port is still open")
			}
			for _, contentType := range order {
				select {
				case <-stopped[contentType]:
					t.Fatalf("%s: stopped with a call under way", contentType)
				default:
				}
				u := calls[contentType]
				if _, err := io.WriteString(u.body, "\x00\x00\x00\x00\x01y"); err != nil {
					t.Errorf("%s: %v", contentType, err)
				}
				u.body.Close()
				if err := <-u.answer; err != nil {
					t.Errorf("%s: %v", contentType, err)
				}
				select {
				case <-stopped[contentType]:
				case <-time.After(10 * time.Second):
					t.Fatalf("%s: does not stop", contentType)
				}
			}
			s.counts.until(t, "none is open", func() bool { return s.counts.open == 0 })
		})
	}
}

// TestCloseBreaksOff closes the port while a guest is served that grpc-go has left behind,
// and whose client does not read.
func TestCloseBreaksOff(t *testing.T) {
	t.Parallel()
	written := make(chan struct{})
	s := openHTTP(t, nil, func(server *http.Server) {
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, err := io.ReadFull(r.Body, make([]byte, 1))
			for err == nil { // it never ends of itself
				if _, err = w.Write(make([]byte, 32<<10)); err == nil {
					written <- struct{}{}
				}
			}
			close(written)
		})
	})
	w := s.wire(t).settings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	w.must(w.framer.WriteWindowUpdate(0, 1<<30))
	w.headers(1, "application/grpc", true)
	w.answer(1)
	w.headers(3, "text/plain", false)
	w.until("the guest's head", func(f http2.Frame) bool { return f.Header().StreamID == 3 })
	left := make(chan struct{})
	s.served.Go(func() {
		s.grpc.GracefulStop()
		close(left)
	})
	for range 2 { // the second time with the last stream
		bye := w.until("a goodbye", func(f http2.Frame) bool { return f.Header().Type == http2.FrameGoAway }).(*http2.GoAwayFrame)
		if bye.LastStreamID < 3 {
			t.Errorf("the last stream is said to be %d", bye.LastStreamID)
		}
	}
	w.send(3, []byte("x"), false)
	for stuck := false; !stuck; { // all that lies between them is full
		select {
		case <-written:
		case <-time.After(500 * time.Millisecond):
			stuck = true
		}
	}
	<-left
	s.http.Close()
	go func() { // until the handler has seen it
		for range written {
		}
	}()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.port.Close()
	}()
	select {
	case <-closed:
	case <-time.After(10 * time.Second): // after 20 s the kernel gives the client up
		t.Fatal("the port does not close")
	}
	s.counts.until(t, "none is open", func() bool { return s.counts.open == 0 })
}

// TestNetHTTPAlone has net/http leave a connection with guests first: the next guest is
// refused, and gRPC goes on.
func TestNetHTTPAlone(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	m := s.mix(t, http.HTTP2Config{}, nil)
	if err := m.grpc(nil); err != nil {
		t.Fatal(err)
	}
	if err := m.http(content(1000)); err != nil {
		t.Fatal(err)
	}
	if err := s.http.Shutdown(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.do("text/plain", "/", strings.NewReader("x")); err == nil {
		t.Error("a guest was served by nobody")
	}
	if err := m.grpc(content(1000)); err != nil {
		t.Error(err)
	}
}

// TestNetHTTPBreaksOff has net/http end in the middle of a guest: the client must not
// take it for one that was never begun.
func TestNetHTTPBreaksOff(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	m := s.mix(t, http.HTTP2Config{}, nil)
	if err := m.grpc(nil); err != nil {
		t.Fatal(err)
	}
	u := m.upload(t, "text/plain")
	defer u.body.Close()
	s.http.Close()
	var reset http2.StreamError
	if err := <-u.answer; !errors.As(err, &reset) || reset.Code != http2.ErrCodeInternal {
		t.Errorf("the guest ends with %v", err)
	}
	if err := m.grpc(content(1000)); err != nil {
		t.Error(err)
	}
}

// TestIdleInner has net/http close the connection with guests when it is idle: the next
// guest gets another.
func TestIdleInner(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 100)
	s := openHTTP(t, nil, func(server *http.Server) {
		server.IdleTimeout = 500 * time.Millisecond
		server.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
	})
	m := s.mix(t, http.HTTP2Config{}, nil)
	if err := m.grpc(nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.http(content(10_000)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-closed: // it waits a second after its goodbye
		case <-time.After(10 * time.Second):
			t.Fatal("net/http does not close its idle connection")
		}
	}
	s.counts.until(t, "the client's own connection stays", func() bool { return s.counts.open == 1 })
}

// TestGoodbyeCrossed has guests come while net/http says goodbye: each is answered, or
// refused so that the client tries again.
func TestGoodbyeCrossed(t *testing.T) {
	t.Parallel()
	s := openHTTP(t, nil, func(server *http.Server) { server.IdleTimeout = time.Microsecond })
	m := s.mix(t, http.HTTP2Config{}, nil)
	if err := m.grpc(nil); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		err, refused := m.http(content(10)), http2.StreamError{}
		if err != nil && (!errors.As(err, &refused) || refused.Code != http2.ErrCodeRefusedStream) {
			t.Fatal(err)
		}
	}
}
