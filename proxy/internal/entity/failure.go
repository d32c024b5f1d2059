package entity

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// What a status may hold, in bytes: more than that could fail the call of a caller
// whose HTTP/2 takes only so many headers.
const (
	// MaxDescription is the longest description of a failure (CORE-LIMIT-014).
	MaxDescription = 1024
	// MaxStatus is the largest status, encoded, with the details of a failure
	// (CORE-LIMIT-015).
	MaxStatus = 4096
)

// Failure is the domain's refusal of one command. It is no fault of the proxy or
// of the function: its code and its text are the domain's own, and reach the
// caller as they are (CORE-FAIL-003).
type Failure struct { //nolint:errname // the protocol's own word for it
	// Code is what the caller gets: never OK.
	Code codes.Code
	// Description is for the caller, as the domain gave it.
	Description string
	// Details are for programs, in the domain's order, and tell them at last when
	// they may call again.
	Details []*anypb.Any
	// Retryable says that the same call may succeed later, RetryAfter when at the
	// earliest; 0 where the domain has not said.
	Retryable  bool
	RetryAfter time.Duration
}

// NewFailure returns the refusal that the function sent, and for each part of it that
// is too large for the caller a report that says so, without a command. A code that
// is none of 1 to 16 becomes UNKNOWN.
func NewFailure(failure *entityv1.Failure) (refusal *Failure, lost []Report) {
	code := codes.Unknown
	if c := failure.GetCode(); c >= int32(codes.Canceled) && c <= int32(codes.Unauthenticated) {
		code = codes.Code(c)
	}
	description, lost := Describe(failure)
	var retry []*anypb.Any
	if failure.GetRetryable() && !saysWhen(failure.GetDetails()) {
		retry = []*anypb.Any{retryInfo(failure.GetRetryAfter())}
	}
	refusal = &Failure{Code: code, Description: description, Details: slices.Concat(failure.GetDetails(), retry)}
	if failure.GetRetryable() {
		refusal.Retryable, refusal.RetryAfter = true, milliseconds(failure.GetRetryAfter())
	}
	if size := proto.Size(refusal.GRPCStatus().Proto()); size > MaxStatus {
		refusal.Details = retry
		lost = append(lost, Report{
			Requirement: "CORE-LIMIT-015",
			Severity:    discoveryv1.Severity_SEVERITY_WARNING,
			Text:        fmt.Sprintf("a failure makes a status of %d bytes, which may have %d: the caller gets none of its details", size, MaxStatus),
		})
	}
	return refusal, lost
}

// Describe returns the failure's description as far as a caller can get it, and a
// report where that is not the whole of it.
func Describe(failure *entityv1.Failure) (description string, lost []Report) {
	whole := failure.GetDescription()
	description = Shorten(whole, MaxDescription)
	if len(description) < len(whole) {
		lost = []Report{{
			Requirement: "CORE-LIMIT-014",
			Severity:    discoveryv1.Severity_SEVERITY_WARNING,
			Text:        fmt.Sprintf("the description of a failure has %d bytes, and may have %d: the caller gets its beginning", len(whole), MaxDescription),
		}}
	}
	return description, lost
}

// Error returns the description.
func (f *Failure) Error() string { return f.Description }

// GRPCStatus lets grpc-go answer a caller with the domain's code, description and
// details.
func (f *Failure) GRPCStatus() *status.Status {
	return status.FromProto(&statuspb.Status{Code: int32(f.Code), Message: f.Description, Details: f.Details})
}

// saysWhen reports whether the details say themselves when to call again.
func saysWhen(details []*anypb.Any) bool {
	return slices.ContainsFunc(details, func(detail *anypb.Any) bool { return detail.MessageIs((*errdetails.RetryInfo)(nil)) })
}

// retryInfo tells a program that it may call again, and after how many milliseconds
// where that is stated (CORE-FAIL-008).
func retryInfo(after int64) *anypb.Any {
	info := &errdetails.RetryInfo{}
	if after > 0 {
		info.RetryDelay = durationpb.New(milliseconds(after))
	}
	detail, err := anypb.New(info)
	if err != nil {
		panic(err) // a message of ours, which can be encoded
	}
	return detail
}

// milliseconds returns so many of them; none for a number below 0.
func milliseconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

// Shorten returns the longest beginning of the text that has so many bytes at most
// and ends between two characters.
func Shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
