package admin

import (
	"context"
	"errors"
	"time"

	"connectrpc.com/connect"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// limit is how long one call may take.
const limit = 20 * time.Second

// coder gives each call its time, and each error the code of its kind, as callers of the
// function get it.
type coder struct{}

var _ connect.Interceptor = coder{}

// WrapUnary ends a call in time, and codes its error.
func (coder) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		response, err := next(ctx, request)
		return response, Coded(err)
	}
}

// WrapStreamingClient changes nothing: the service calls nobody.
func (coder) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// WrapStreamingHandler codes the error of a stream.
func (coder) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, stream connect.StreamingHandlerConn) error { return Coded(next(ctx, stream)) }
}

// Coded returns the error with the code of its fault's kind; one that is no fault and has
// no code is INTERNAL.
func Coded(err error) error {
	if err == nil {
		return nil
	}
	if _, coded := errors.AsType[*connect.Error](err); coded {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return connect.NewError(connect.CodeDeadlineExceeded, err)
	}
	if errors.Is(err, context.Canceled) {
		return connect.NewError(connect.CodeCanceled, err)
	}
	return connect.NewError(connect.Code(fault.KindOf(err).Code()), err)
}
