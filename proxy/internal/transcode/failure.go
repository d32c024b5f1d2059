package transcode

import (
	"errors"
	"net/http"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
)

// Failure is the answer to a call by HTTP that has failed.
type Failure struct {
	// Status is that of HTTP.
	Status int
	// RetryAfter is the value of the header Retry-After, in whole seconds; empty where
	// there is none (HTTP-ERROR-006).
	RetryAfter string
	// Allow are the methods of the header Allow; nil where there is none.
	Allow []string
	// Body is a google.rpc.Status as JSON (HTTP-ERROR-001).
	Body []byte
}

// Fail returns the answer to a call that has failed with the error: a [*Refusal], or
// one that has a gRPC status. The files are those of the function, for the types of
// its details; nil where there is no function.
func Fail(err error, files *protoregistry.Files) Failure {
	s := status.Convert(err)
	answer := Failure{Status: Status(s.Code()), RetryAfter: retryAfter(s.Proto().GetDetails()), Body: printStatus(s, files)}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		answer.Status, answer.Allow = refusal.Status, refusal.Allow
	}
	return answer
}

// clientClosedRequest is the status of HTTP for a caller that has gone away.
const clientClosedRequest = 499

// Status returns the status of HTTP that a call with the code gets (HTTP-STATUS-001).
func Status(code codes.Code) int {
	switch code {
	case codes.OK:
		return http.StatusOK
	case codes.Canceled:
		return clientClosedRequest
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.NotFound:
		return http.StatusNotFound
	case codes.AlreadyExists, codes.Aborted:
		return http.StatusConflict
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	default: // UNKNOWN, INTERNAL, DATA_LOSS
		return http.StatusInternalServerError
	}
}

// Code returns what a status of HTTP most likely means, to whoever has no better
// answer: the body of an error says it itself.
func Code(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusOK:
		return codes.OK
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return codes.Unimplemented
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return codes.DeadlineExceeded
	case http.StatusConflict:
		return codes.Aborted
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusTooManyRequests, http.StatusRequestHeaderFieldsTooLarge:
		return codes.ResourceExhausted
	case clientClosedRequest:
		return codes.Canceled
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return codes.Unavailable
	default:
		return codes.Unknown
	}
}

// retryAfter returns the delay of the first RetryInfo, in whole seconds, rounded up.
func retryAfter(details []*anypb.Any) string {
	for _, detail := range details {
		info := new(errdetails.RetryInfo)
		if !detail.MessageIs(info) {
			continue
		}
		if proto.Unmarshal(detail.GetValue(), info) != nil {
			return ""
		}
		seconds := info.GetRetryDelay().GetSeconds()
		if info.GetRetryDelay().GetNanos() > 0 {
			seconds++
		}
		if seconds <= 0 {
			return ""
		}
		return strconv.FormatInt(seconds, 10)
	}
	return ""
}
