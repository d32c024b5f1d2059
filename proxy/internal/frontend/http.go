package frontend

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/frontend/rest"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/frontend/web"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// newHandler returns what answers whatever comes by HTTP: gRPC that shares its connection
// with other requests, gRPC-Web, Connect, and calls with JSON (HTTP-PORT-002, HTTP-WEB-001).
func (f *Frontend) newHandler() http.Handler {
	byWeb := func(by string) http.Handler {
		return web.New(web.Config{
			Serve: f.servedBy(by), Method: f.webMethod, Unprintable: f.unprintable, Refused: f.refused(by),
			MaxRequest: f.config.MaxRequest,
		})
	}
	grpcWeb, connect := byWeb(byGRPCWeb), byWeb(byConnect)
	byJSON := rest.New(rest.Config{
		Serve: f.servedBy(byHTTP), Registry: f.config.Function.Registry, Unprintable: f.unprintable, Refused: f.refused(byHTTP),
		MaxRequest: f.config.MaxRequest,
	})
	open := f.config.CORS.Handler(f.methods, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !web.Is(r):
			byJSON.ServeHTTP(w, r)
		case web.IsGRPCWeb(r):
			grpcWeb.ServeHTTP(w, r)
		default:
			connect.ServeHTTP(w, r)
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isGRPC(r) {
			f.byMixed(w, r)
		} else {
			open.ServeHTTP(w, r)
		}
	})
}

// methods returns the HTTP methods that the path of the request takes, for a preflight.
func (f *Frontend) methods(r *http.Request) []string {
	path := rest.Path(r)
	method, err := f.webMethod(path)
	var taken []string
	if err == nil {
		taken = append(taken, http.MethodPost)
	}
	if method.Safe {
		taken = append(taken, http.MethodGet)
	}
	if registry, err := f.config.Function.Registry(); err == nil {
		taken = append(taken, registry.Routes().Methods(path)...)
	}
	slices.Sort(taken)
	return slices.Compact(taken)
}

// unprintable tells the function of a response that its caller cannot get (HTTP-JSON-006,
// HTTP-BODY-003).
func (f *Frontend) unprintable(ctx context.Context, method string, err error) {
	report := entity.Report{Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: err.Error()}
	if unprintable, is := errors.AsType[*transcode.Unprintable](err); is {
		report.Requirement = unprintable.Requirement
	}
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	f.config.Reporter.Report(ctx, entity.ID{Service: service}, report)
}

// refused counts a request that became no call.
func (f *Frontend) refused(by string) func(codes.Code) {
	return func(code codes.Code) { f.config.Observer.Called(by, "", "", code, 0) }
}

// isGRPC reports whether the request is a gRPC call (HTTP-PORT-002).
func isGRPC(r *http.Request) bool {
	rest, is := strings.CutPrefix(r.Header.Get("Content-Type"), "application/grpc")
	return is && (rest == "" || rest[0] == '+' || rest[0] == ';')
}

// servedBy serves calls that have come by the way, one of HTTP: of the proxy's own
// services, or of the user's.
func (f *Frontend) servedBy(by string) way.Serve {
	return func(stream grpc.ServerStream) error {
		path, _ := grpc.MethodFromServerStream(stream) // every call has one
		if own, is := f.own[path]; is {
			return f.untilDrain(stream, own.serve)
		}
		return f.handle(by, stream)
	}
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
