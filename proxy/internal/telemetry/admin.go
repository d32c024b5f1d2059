package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// Pages returns those for probes and for Prometheus:
//
//	/healthz  200 while the process lives
//	/readyz   200 "ready", or 503 and each reason why not, one for each line
//	/metrics  the metrics, as Prometheus reads them
//
// Reasons returns why the proxy is not ready; none when it is. It may be called from
// any goroutine. Whoever has other pages adds them before they are served.
func Pages(reasons func(context.Context) []string, metrics http.Handler) *http.ServeMux {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "alive") })
	pages.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if why := reasons(r.Context()); len(why) > 0 {
			answer(w, http.StatusServiceUnavailable, why...)
			return
		}
		answer(w, http.StatusOK, "ready")
	})
	pages.Handle("GET /metrics", metrics)
	return pages
}

// Admin serves the pages for operators.
type Admin struct {
	server *http.Server
	ended  chan struct{} // closed when Serve has returned
}

// Serve serves the pages on the listener, which it owns, until Close. They have 30
// seconds for each answer; one that lasts longer sets its own deadlines.
func Serve(listener net.Listener, pages http.Handler, log *slog.Logger) *Admin {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // for gRPC
	a := &Admin{
		server: &http.Server{
			Handler:           pages,
			Protocols:         protocols,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       time.Minute,
			MaxHeaderBytes:    64 << 10,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
		ended: make(chan struct{}),
	}
	go func() {
		defer close(a.ended)
		if err := a.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the admin port has failed", "error", err)
		}
	}()
	return a
}

// Close lets the open requests finish until ctx ends, and closes the port.
func (a *Admin) Close(ctx context.Context) error {
	err := a.server.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("closing the admin port: %w", errors.Join(err, a.server.Close()))
	}
	<-a.ended
	return err
}

// answer writes the lines as plain text. What a reader who has gone away does
// not get is nobody's loss.
func answer(w http.ResponseWriter, code int, lines ...string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	for _, line := range lines {
		_, _ = io.WriteString(w, strings.ReplaceAll(line, "\n", " ")+"\n")
	}
}
