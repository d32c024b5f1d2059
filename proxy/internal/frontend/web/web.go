// Package web answers gRPC-Web and Connect: it takes their envelopes off, and hands the
// call on as a stream of gRPC.
package web

import (
	"context"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Method is what has to be known of a method before a call of it can be read.
type Method struct {
	// Shape says which sides stream.
	Shape wire.Shape
	// Safe says that it may be called by GET (HTTP-WEB-006).
	Safe bool
	// JSON reads and writes its messages as JSON.
	JSON JSON
}

// JSON makes the messages of one method out of JSON, and JSON out of them. An error has a
// gRPC status.
type JSON interface {
	Request(json []byte) ([]byte, error)
	Response(message []byte) ([]byte, error)
}

// Config is what a handler stands on. All of it is needed.
type Config struct {
	// Serve serves the calls.
	Serve way.Serve
	// Method finds the method with a gRPC path. An error has a gRPC status.
	Method func(path string) (Method, error)
	// Unprintable is told of a response that cannot be JSON, with the method's gRPC path.
	Unprintable func(ctx context.Context, method string, err error)
	// Refused is told the code of each request that became no call.
	Refused func(codes.Code)
	// MaxRequest is the largest request in bytes.
	MaxRequest int
}

// Handler answers the calls.
type Handler struct {
	config Config
	// The wire of Connect has two forms: the one of unary methods, which may be safe, and
	// that of streams, which waits for no answer where both sides stream. That of gRPC-Web
	// is the latter throughout.
	unary, safe, stream, duplex *connect.Handler
}

var _ http.Handler = (*Handler)(nil)

// New returns a handler.
func New(config Config) *Handler {
	h := &Handler{config: config}
	const name = "/" // Nobody reads it: a handler serves every method of its form.
	options := connect.WithHandlerOptions(
		connect.WithCodec(codec("proto")), connect.WithCodec(codec("json")), connect.WithCodec(codec("json; charset=utf-8")),
		connect.WithReadMaxBytes(config.MaxRequest), connect.WithInterceptors(bare{h}),
	)
	h.unary = connect.NewUnaryHandler(name, h.call, options)
	h.safe = connect.NewUnaryHandler(name, h.call, options, connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	h.stream = connect.NewServerStreamHandler(name, never[*connect.Request[way.Frame], *connect.ServerStream[way.Frame]], options)
	h.duplex = connect.NewBidiStreamHandler(name, func(context.Context, *connect.BidiStream[way.Frame, way.Frame]) error { return nil }, options)
	return h
}

// Is reports whether the request is a call by gRPC-Web or Connect (HTTP-WEB-001).
func Is(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	switch r.Method {
	case http.MethodPost:
		return isGRPCWeb(kind) || strings.HasPrefix(kind, "application/connect+") ||
			kind == "application/proto" || r.Header["Connect-Protocol-Version"] != nil
	case http.MethodGet:
		return strings.Contains(r.URL.RawQuery, "connect=v1") && r.URL.Query().Get("connect") == "v1"
	default:
		return false
	}
}

// IsGRPCWeb reports whether a call of this room is one of gRPC-Web; if not, it is one of
// Connect.
func IsGRPCWeb(r *http.Request) bool { return isGRPCWeb(r.Header.Get("Content-Type")) }

func isGRPCWeb(kind string) bool {
	rest, is := strings.CutPrefix(kind, "application/grpc-web")
	return is && (rest == "" || rest[0] == '+' || rest[0] == ';' || rest[0] == '-') // -text is refused by name
}

// inquiry is a call whose head has been read.
type inquiry struct {
	writer  http.ResponseWriter
	request *http.Request
	method  Method
	md      metadata.MD
}

// ofCall is the key of a call's inquiry in its context.
type ofCall struct{}

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, err := h.config.Method(r.URL.Path)
	var md metadata.MD
	if err == nil {
		md, err = header.FromHTTP(r.Header) // META-ENTRY-003
	}
	if err != nil {
		h.config.Refused(way.Status(err).Code())
		Refuse(w, r, err)
		return
	}
	for _, own := range []string{"connect-protocol-version", "connect-timeout-ms", "x-grpc-web", "x-user-agent"} { // HTTP-WEB-003
		delete(md, own)
	}
	ctx := context.WithValue(r.Context(), ofCall{}, &inquiry{writer: w, request: r, method: method, md: md})
	h.of(method, r).ServeHTTP(w, r.WithContext(ctx))
}

// of returns the handler of the form in which the method is called.
func (h *Handler) of(method Method, r *http.Request) *connect.Handler {
	switch {
	case isGRPCWeb(r.Header.Get("Content-Type")):
		return h.stream
	case method.Shape == wire.Unary && method.Safe:
		return h.safe
	case method.Shape == wire.Unary:
		return h.unary
	case method.Shape == wire.Streamed:
		return h.duplex
	default:
		return h.stream
	}
}

// Refuse answers a call by gRPC, gRPC-Web or Connect that is not carried out. A write that
// fails has no caller left.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	_ = connect.NewErrorWriter().Write(w, r, errorOf(err))
	way.Drain(w, r.Body)
}
