package frontend

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/frontend/web"
	"github.com/stateward/stateward/proxy/internal/port"
)

const (
	// headTimeout is how long a head may take from its first byte (HTTP-LIMIT-006).
	headTimeout = 10 * time.Second
	// idleTimeout is how long a connection without a call is kept for the next one.
	idleTimeout = 3 * time.Minute
	// maxHead is the largest head that is read: a head over the limit of HTTP-LIMIT-003,
	// which is smaller, can be answered as that says.
	maxHead = 256 << 10
)

// newHTTP returns the server of what does not come by gRPC's own transport.
func (f *Frontend) newHTTP() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // TLS, where there is any, has been spoken by then
	return &http.Server{
		Handler:           port.Identify(http.HandlerFunc(f.counted)),
		Protocols:         protocols,
		ReadHeaderTimeout: headTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHead,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: int(f.config.Port.MaxStreams), SendPingTimeout: idleTimeout},
		ErrorLog:          slog.NewLogLogger(f.config.Log.Handler(), slog.LevelDebug),
		ConnContext:       connected,
		ConnState:         follow,
	}
}

// counted answers a request, unless the frontend has ended.
func (f *Frontend) counted(w http.ResponseWriter, r *http.Request) {
	handed(r.Context())
	if !f.requests.enter() {
		w.Header().Set("Connection", "close")
		web.Refuse(w, r, fault.New(fault.Unavailable, "the proxy is stopping"))
		return
	}
	defer f.requests.leave()
	f.handler.ServeHTTP(w, r)
}

// Serve serves on the listener, which the frontend then owns, until Drain or Close. Call
// it once, and not beside them.
func (f *Frontend) Serve(listener net.Listener) error {
	opened, err := port.New(listener, f.config.Port)
	if err != nil {
		return err
	}
	f.port = opened
	f.serving.Go(func() { f.served(f.server.Serve(opened.GRPC())) })
	f.serving.Go(func() {
		if err := f.http.Serve(headed{opened.HTTP()}); !errors.Is(err, http.ErrServerClosed) {
			f.served(err)
		}
	})
	return nil
}

// served says that a server has ended before it was told to.
func (f *Frontend) served(err error) {
	if err != nil {
		f.config.Log.Error("the service port has failed", "error", err)
	}
}

// Drain says NOT_SERVING, closes the port and tells callers to go elsewhere. What
// they have sent until they hear of it is served like every call under way. At
// the end of ctx Drain breaks off what is left, and returns the reason. Call it once.
func (f *Frontend) Drain(ctx context.Context) error {
	f.health.Shutdown()
	close(f.draining)
	finished := make(chan struct{})
	go func() { // Joined below: stop ends both.
		defer close(finished)
		var servers sync.WaitGroup
		servers.Go(f.server.GracefulStop)
		servers.Go(func() { _ = f.http.Shutdown(ctx) }) // ctx's end is seen below
		servers.Wait()
	}()
	var err error
	select {
	case <-finished:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	f.Close()
	<-finished
	return err
}

// Close breaks off whatever is under way.
func (f *Frontend) Close() {
	f.server.Stop()
	_ = f.http.Close() // the port's own error, which is closed below
	<-f.requests.close()
	f.mixed.Stop()
	if f.port != nil {
		if err := f.port.Close(); err != nil {
			f.config.Log.Debug("the service port did not close", "error", err)
		}
	}
	f.serving.Wait()
}

// count counts requests, until it is closed.
type count struct {
	mu     sync.Mutex
	now    int
	closed chan struct{} // nil while it is open; closed once there are none
}

// enter counts a request in, unless the count is closed.
func (c *count) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed != nil {
		return false
	}
	c.now++
	return true
}

// leave counts it out.
func (c *count) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
	if c.now == 0 && c.closed != nil {
		close(c.closed)
	}
}

// close takes no more, and returns what is closed once there are none.
func (c *count) close() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == nil {
		c.closed = make(chan struct{})
		if c.now == 0 {
			close(c.closed)
		}
	}
	return c.closed
}
