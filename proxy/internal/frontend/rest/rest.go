// Package rest answers calls by HTTP and JSON: it makes of each a stream of gRPC with one
// request, and of the stream's answer what a caller by HTTP gets.
package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// Limits of one request in bytes.
const (
	maxBody    = 4 << 20  // HTTP-LIMIT-001
	maxTarget  = 64 << 10 // HTTP-LIMIT-002
	maxHeaders = 64 << 10 // HTTP-LIMIT-003
)

// Config is what a handler stands on. All of it is needed.
type Config struct {
	// Serve serves the calls.
	Serve way.Serve
	// Registry describes what the function serves now. An error has a gRPC status.
	Registry func() (*descriptor.Registry, error)
	// Unprintable is told of a response that its caller cannot get, with the method's gRPC
	// path.
	Unprintable func(ctx context.Context, method string, err error)
	// Refused is told the code of each request that became no call.
	Refused func(codes.Code)
	// MaxRequest is the largest request in bytes, metadata included.
	MaxRequest int
}

// Handler answers the calls.
type Handler struct{ config Config }

var _ http.Handler = (*Handler)(nil)

// New returns a handler.
func New(config Config) *Handler { return &Handler{config: config} }

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, cancel, err := h.open(w, r)
	if err != nil {
		h.config.Refused(way.Status(err).Code())
		fail(w, err, nil)
		way.Drain(w, r.Body)
		return
	}
	defer cancel()
	err = h.config.Serve(call)
	way.CloseBoth(w, &call.in, &call.out)
	call.end(err)
}

// open reads the head of the request. The call that it returns has a deadline where its
// caller has one.
func (h *Handler) open(w http.ResponseWriter, r *http.Request) (*call, context.CancelFunc, error) {
	if err := fits(r); err != nil {
		return nil, nil, err
	}
	registry, err := h.config.Registry()
	if err != nil {
		return nil, nil, err
	}
	binding, captures, err := transcode.Find(registry.Routes(), r.Method, Path(r))
	if err != nil {
		return nil, nil, err
	}
	md, err := header.FromHTTP(r.Header) // HTTP-META-001
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel, err := withTimeout(r.Context(), r.Header["Grpc-Timeout"])
	if err != nil {
		return nil, nil, err
	}
	return &call{
		Call:     way.NewCall(ctx, r, "/"+binding.Method.Service+"/"+binding.Method.Name, md),
		handler:  h,
		writer:   w,
		request:  r,
		registry: registry,
		binding:  binding,
		captures: captures,
		form:     formOf(binding, r.Header["Accept"]),
		room:     h.config.MaxRequest - header.SizeOf(md),
	}, cancel, nil
}

// fits refuses a head that is too large.
func fits(r *http.Request) error {
	if size := len(r.RequestURI); size > maxTarget {
		return transcode.Refuse(http.StatusRequestURITooLong, "path and query have %d bytes, and may have %d", size, maxTarget)
	}
	size := 0
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maxHeaders {
		return transcode.Refuse(http.StatusRequestHeaderFieldsTooLarge, "the headers have %d bytes, and may have %d", size, maxHeaders)
	}
	return nil
}

// Path returns the path of the request as it came: encoded, and neither cleaned nor
// redirected (HTTP-PATH-001).
func Path(r *http.Request) string {
	if !strings.HasPrefix(r.RequestURI, "/") { // with a host before it, or none at all
		return r.URL.EscapedPath()
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// fail answers with an error, in whose details types of the function may stand; registry
// is nil where there is no function (HTTP-ERROR-001). A write that fails has no caller left.
func fail(w http.ResponseWriter, err error, registry *descriptor.Registry) {
	if registry != nil && registry.Dialect().Cloudstate {
		if text, said := words(err); said {
			_ = write(w, http.StatusInternalServerError, "text/plain; charset=utf-8", []byte(text)) // DIA-HTTP-003
			return
		}
	}
	failure := failureOf(err, registry)
	if failure.RetryAfter != "" {
		w.Header().Set("Retry-After", failure.RetryAfter)
	}
	if failure.Allow != nil {
		w.Header().Set("Allow", strings.Join(failure.Allow, ", "))
	}
	_ = write(w, failure.Status, transcode.JSON, failure.Body)
}

// failureOf returns the answer to a call that has failed.
func failureOf(err error, registry *descriptor.Registry) transcode.Failure {
	if _, refused := errors.AsType[*transcode.Refusal](err); !refused {
		err = way.Status(err).Err()
	}
	if registry == nil {
		return transcode.Fail(err, nil)
	}
	return transcode.Fail(err, registry.Files())
}
