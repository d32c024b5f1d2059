package entity

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Failure is the domain's refusal of one command. It is no fault of the proxy or
// of the function: its code and its text are the domain's own, and reach the
// caller as they are (CORE-FAIL-003).
type Failure struct { //nolint:errname // the protocol's own word for it
	// Code is what the caller gets: never OK.
	Code codes.Code
	// Description is for the caller, exactly as the domain gave it.
	Description string
}

// NewFailure returns the refusal that the function sent. A code that is none of
// 1 to 16 becomes UNKNOWN.
func NewFailure(failure *entityv1.Failure) *Failure {
	code := codes.Unknown
	if c := failure.GetCode(); c >= int32(codes.Canceled) && c <= int32(codes.Unauthenticated) {
		code = codes.Code(c)
	}
	return &Failure{Code: code, Description: failure.GetDescription()}
}

// Error returns the description.
func (f *Failure) Error() string { return f.Description }

// GRPCStatus lets grpc-go answer a caller with the domain's code and description.
func (f *Failure) GRPCStatus() *status.Status { return status.New(f.Code, f.Description) }
