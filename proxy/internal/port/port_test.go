package port_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"

	"github.com/stateward/stateward/proxy/internal/port"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counts are what an observer was told.
type counts struct {
	mu      sync.Mutex
	open    int
	refused map[string]int
	cut     map[string]int
	changed chan struct{} // closed and renewed at each change
}

func newCounts() *counts {
	return &counts{refused: map[string]int{}, cut: map[string]int{}, changed: make(chan struct{})}
}

func (c *counts) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *counts) Connections(n int)     { c.change(func() { c.open += n }) }
func (c *counts) Refused(reason string) { c.change(func() { c.refused[reason]++ }) }
func (c *counts) CutOff(reason string)  { c.change(func() { c.cut[reason]++ }) }

// until waits until the condition holds.
func (c *counts) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		c.mu.Lock()
		ok, changed := holds(), c.changed
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%s: never so; open %d, refused %v, cut off %v", what, c.open, c.refused, c.cut)
		}
	}
}

// raw passes bytes through gRPC.
type raw struct{}

func (raw) Name() string { return "raw" }

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = raw{}

// stage is a port with both servers behind it. Each echoes, and says who it is.
type stage struct {
	port   *port.Port
	counts *counts
	addr   string
	grpc   *grpc.Server
	http   *http.Server
	served sync.WaitGroup
}

// open opens a stage; it is closed at the end of the test.
func open(tb testing.TB, configure func(*port.Config), options ...grpc.ServerOption) *stage {
	tb.Helper()
	return openHTTP(tb, configure, func(*http.Server) {}, options...)
}

// openHTTP is open, with a configuration of net/http.
func openHTTP(tb testing.TB, configure func(*port.Config), configureHTTP func(*http.Server), options ...grpc.ServerOption) *stage {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &stage{counts: newCounts(), addr: listener.Addr().String()}
	config := port.Defaults()
	config.Observer, config.Log = s.counts, slog.New(slog.DiscardHandler)
	if configure != nil {
		configure(&config)
	}
	if s.port, err = port.New(listener, config); err != nil {
		tb.Fatal(err)
	}
	s.grpc = grpc.NewServer(append([]grpc.ServerOption{
		grpc.Creds(port.Credentials()), grpc.ForceServerCodecV2(raw{}), grpc.UnknownServiceHandler(echoGRPC),
		grpc.MaxConcurrentStreams(10_000), grpc.MaxHeaderListSize(64 << 10), grpc.MaxRecvMsgSize(64 << 20),
	}, options...)...)
	s.http = &http.Server{
		Handler: port.Identify(http.HandlerFunc(echoHTTP)), Protocols: new(http.Protocols), ConnContext: port.Context,
		ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 256 << 10, ErrorLog: slog.NewLogLogger(config.Log.Handler(), slog.LevelWarn),
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	configureHTTP(s.http)
	s.served.Go(func() { _ = s.grpc.Serve(s.port.GRPC()) })
	s.served.Go(func() { _ = s.http.Serve(s.port.HTTP()) })
	tb.Cleanup(s.close)
	return s
}

// close breaks off everything.
func (s *stage) close() {
	s.grpc.Stop()
	s.http.Close()
	s.port.Close()
	s.served.Wait()
}

// echoGRPC sends back what it gets, message by message.
func echoGRPC(_ any, stream grpc.ServerStream) error {
	for {
		var message []byte
		if err := stream.RecvMsg(&message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(&message); err != nil {
			return err
		}
	}
}

// echoHTTP sends back what it gets, as it comes, or says who asks.
func echoHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Trailer", "X-Length")
	if r.URL.Path == "/who" {
		name := "nobody"
		if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
			name = r.TLS.VerifiedChains[0][0].Subject.CommonName
		}
		fmt.Fprintf(w, "%s %s %t", name, r.Proto, r.TLS != nil)
		return
	}
	_ = http.NewResponseController(w).EnableFullDuplex()
	w.WriteHeader(http.StatusOK)
	if r.Header.Get("X-Endless") != "" {
		w.(http.Flusher).Flush()
		_, err := io.ReadFull(r.Body, make([]byte, 1))
		for err == nil {
			_, err = w.Write(make([]byte, 32<<10))
		}
		return
	}
	n := int64(0)
	buffer := make([]byte, 32<<10)
	for {
		m, err := r.Body.Read(buffer)
		n += int64(m)
		_, _ = w.Write(buffer[:m])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		if err != nil {
			break
		}
	}
	w.Header().Set("X-Length", strconv.FormatInt(n, 10))
}

// dial returns a client of gRPC.
func (s *stage) dial(tb testing.TB, config *tls.Config) *grpc.ClientConn {
	tb.Helper()
	creds := insecure.NewCredentials()
	if config != nil {
		creds = credentials.NewTLS(config)
	}
	client, err := grpc.NewClient("passthrough:///"+s.addr, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{}), grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { client.Close() })
	return client
}

// call calls gRPC's echo once.
func call(ctx context.Context, client *grpc.ClientConn, in []byte) ([]byte, error) {
	var out []byte
	err := client.Invoke(ctx, "/echo.Echo/Echo", &in, &out)
	return out, err
}

// within is a context for a test.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// client returns a client of HTTP/1 or HTTP/2 alone.
func client(t *testing.T, h2 bool, config *tls.Config) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: config}
	if h2 {
		transport.Protocols.SetUnencryptedHTTP2(true)
		transport.Protocols.SetHTTP2(true)
	} else {
		transport.Protocols.SetHTTP1(true)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// post posts a body to the echo.
func post(c *http.Client, url, body string) (string, error) {
	response, err := c.Post(url, "text/plain", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err == nil && response.Trailer.Get("X-Length") != strconv.Itoa(len(body)) {
		err = fmt.Errorf("trailer %q", response.Trailer)
	}
	return string(got), err
}

func TestEachToItsServer(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	large := strings.Repeat("large ", 100_000)
	grpcClient := s.dial(t, nil)
	for _, body := range []string{"small", large} {
		if got, err := call(within(t, 10*time.Second), grpcClient, []byte(body)); err != nil || string(got) != body {
			t.Errorf("gRPC: %d bytes of %d, %v", len(got), len(body), err)
		}
		for _, h2 := range []bool{false, true} {
			if got, err := post(client(t, h2, nil), "http://"+s.addr, body); err != nil || got != body {
				t.Errorf("HTTP/2 %t: %d bytes of %d, %v", h2, len(got), len(body), err)
			}
		}
	}
}
