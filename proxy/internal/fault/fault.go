// Package fault holds the proxy's errors: what kind of thing went wrong, where,
// and the one map from that kind to the gRPC status that a caller sees.
package fault

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Kind says what went wrong. Callers ask by kind, never by text.
type Kind uint8

// The kinds. Each has exactly one gRPC code (see [Kind.Code]).
const (
	// Internal is a defect: the function broke the protocol, or the proxy did.
	Internal Kind = iota
	// Invalid is a request that no retry can mend.
	Invalid
	// Unknown is a service or method that nobody serves.
	Unknown
	// Unavailable is a function, a store or a proxy that does not answer now.
	Unavailable
	// Conflict is a write that another writer was first to make.
	Conflict
	// Exhausted is a limit that this caller ran into.
	Exhausted
	// Deadline is a time limit that passed: the caller's or the proxy's own.
	Deadline
	// Canceled is a caller that went away.
	Canceled
	// Depth is a chain of forwards and side effects that is too long.
	Depth
	// Untold is what the callers of a Cloudstate 0.2 function get of its broken
	// streams: they know one code for it, whatever broke (DIA-ANSWER-001).
	Untold
	// NotFound is an entity that was deleted for ever, or what an operator has asked for
	// and is not there.
	NotFound
	// Busy is what has to rest for an operator's wish, and does not.
	Busy
	// Range is a number that a counter cannot hold.
	Range
	// Unauthenticated is a caller who has to say who it is, and has not, or not truly.
	Unauthenticated
	// Denied is a caller who may not call the method.
	Denied
)

// Code returns the gRPC code of the kind. It is the only such map in the proxy.
func (k Kind) Code() codes.Code {
	switch k {
	case Invalid:
		return codes.InvalidArgument
	case Unknown:
		return codes.Unimplemented
	case Unavailable:
		return codes.Unavailable
	case Conflict:
		return codes.Aborted
	case Exhausted:
		return codes.ResourceExhausted
	case Deadline:
		return codes.DeadlineExceeded
	case Canceled:
		return codes.Canceled
	case Depth, Busy:
		return codes.FailedPrecondition
	case Untold:
		return codes.Unknown
	case NotFound:
		return codes.NotFound
	case Range:
		return codes.OutOfRange
	case Unauthenticated:
		return codes.Unauthenticated
	case Denied:
		return codes.PermissionDenied
	case Internal:
		return codes.Internal
	default:
		return codes.Internal
	}
}

// Error is one thing that went wrong.
type Error struct {
	// Kind is what sort of thing it is.
	Kind Kind
	// Text is for the person who reads it: what happened, and what to do.
	Text string
	// Err is the cause; nil when there is none.
	Err error
}

// New returns an error of the kind whose text is formatted as by fmt.Errorf;
// a %w in the format becomes the cause.
func New(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Text: err.Error(), Err: errors.Unwrap(err)}
}

// ErrNothing says that a command was carried out, and that the function gave nothing
// that its caller could be given.
var ErrNothing = errors.New("nothing for the caller")

// Nothing returns the error that a caller gets for whom there is nothing: it is
// ErrNothing, and of the kind Internal.
func Nothing(text string) *Error { return &Error{Kind: Internal, Text: text, Err: ErrNothing} }

// ErrTold says that the function knows already what it did wrong.
var ErrTold = errors.New("the function was told")

// Told returns the error of a stream that the function has broken, and been told so: it
// is ErrTold, and of the kind Internal.
func Told(text string) *Error { return &Error{Kind: Internal, Text: text, Err: ErrTold} }

// ErrSaid says that the text of an error is the function's own description.
var ErrSaid = errors.New("the function's own description")

// Said returns the error of a command that a function of Cloudstate 0.2 has failed by
// failing its stream: it is ErrSaid, and of the kind Untold (DIA-ANSWER-003).
func Said(description string) *Error { return &Error{Kind: Untold, Text: description, Err: ErrSaid} }

// FromContext returns why ctx is done: Deadline when its time has passed, else
// Canceled. Call it only when ctx is done.
func FromContext(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return New(Deadline, "the caller's deadline has passed")
	}
	return New(Canceled, "the caller has gone")
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// GRPCStatus lets grpc-go answer a caller with the kind's code and the text.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Kind.Code(), e.Text) }

// CodeOf returns the gRPC code with which a caller gets err: its own, or that of a
// context's end.
func CodeOf(err error) codes.Code {
	if code := status.Code(err); code != codes.Unknown {
		return code
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	default:
		return codes.Unknown
	}
}

// KindOf returns the kind of err; Internal when err is not of this package.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
