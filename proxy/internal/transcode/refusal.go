// Package transcode turns a call by HTTP and JSON into a message of protobuf, and
// its answer back.
package transcode

import (
	"errors"
	"fmt"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/route"
)

// Refusal is a request by HTTP that the proxy refuses before the function is sent
// anything of it (HTTP-PORT-003).
type Refusal struct { //nolint:errname // the word of the chapter about HTTP
	// Status is that of HTTP.
	Status int
	// Text says what is wrong and names where, for a person.
	Text string
	// Allow are the HTTP methods that the path takes; of status 405 alone.
	Allow []string
}

// Refuse returns a refusal with the status of HTTP, whose text is formatted as by
// fmt.Sprintf.
func Refuse(httpStatus int, format string, args ...any) *Refusal {
	return &Refusal{Status: httpStatus, Text: fmt.Sprintf(format, args...)}
}

// Error returns the text.
func (r *Refusal) Error() string { return r.Text }

// GRPCStatus returns the status with the code that the body of the refusal has
// (HTTP-STATUS-002).
func (r *Refusal) GRPCStatus() *status.Status { return status.New(codeOf(r.Status), r.Text) }

// codeOf returns the code of a refusal of the proxy's own.
func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return codes.InvalidArgument
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return codes.Unimplemented
	case http.StatusRequestTimeout:
		return codes.DeadlineExceeded
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
		return codes.ResourceExhausted
	default:
		return codes.Internal
	}
}

// Find returns the binding whose route the request takes, and the text of each of its
// variables. The path is as it came: encoded, and without the query. An error is a
// [*Refusal]: no route matches the path (HTTP-PATH-010), the path cannot be decoded
// (HTTP-PATH-008), or the method streams its requests (HTTP-RULE-012).
func Find(routes *descriptor.Routes, method, path string) (*descriptor.Binding, []string, error) {
	binding, captures, err := routes.Match(method, path)
	if others, ok := errors.AsType[*route.MethodError](err); ok {
		refusal := Refuse(http.StatusMethodNotAllowed, "%v", err)
		refusal.Allow = others.Allow
		return nil, nil, refusal
	}
	switch {
	case errors.Is(err, route.ErrNone):
		return nil, nil, Refuse(http.StatusNotFound, "%v", err)
	case err != nil:
		return nil, nil, Refuse(http.StatusBadRequest, "%v", err)
	case binding.Method.Shape.Requests():
		return nil, nil, Refuse(http.StatusNotImplemented,
			"the method %s of %s streams its requests, which no call by HTTP can: call it by gRPC", binding.Method.Name, binding.Method.Service)
	}
	return binding, captures, nil
}
