package frontend

import (
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/stateward/stateward/proxy/internal/frontend/web"
	"github.com/stateward/stateward/proxy/internal/header"
)

// Handler answers whatever comes by HTTP: gRPC that shares its connection with other
// requests, gRPC-Web, Connect, and calls with JSON (HTTP-PORT-002, HTTP-WEB-001).
func (f *Frontend) Handler() http.Handler {
	byWeb := web.New(web.Config{Serve: f.serve, Method: f.webMethod, MaxRequest: f.config.MaxRequest})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isGRPC(r):
			f.byMixed(w, r)
		case web.Is(r):
			byWeb.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// isGRPC reports whether the request is a gRPC call (HTTP-PORT-002).
func isGRPC(r *http.Request) bool {
	rest, is := strings.CutPrefix(r.Header.Get("Content-Type"), "application/grpc")
	return is && (rest == "" || rest[0] == '+' || rest[0] == ';')
}

// serve serves a call that has come by HTTP: of the proxy's own services, or of the
// user's.
func (f *Frontend) serve(stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream) // every call has one
	if own, is := f.own[path]; is {
		return f.untilDrain(stream, own.serve)
	}
	return f.handle(stream)
}

// byMixed answers gRPC that has come to net/http. Its server takes one value of base64 in a
// line, so each gets a line of its own first (META-ENTRY-003).
func (f *Frontend) byMixed(w http.ResponseWriter, r *http.Request) {
	md, err := header.FromHTTP(r.Header)
	if err != nil {
		web.Refuse(w, r, err)
		return
	}
	for key, values := range md {
		if strings.HasSuffix(key, header.Binary) {
			delete(r.Header, http.CanonicalHeaderKey(key))
			header.ToHTTP(metadata.MD{key: values}, r.Header)
		}
	}
	f.mixed.ServeHTTP(w, r)
}
