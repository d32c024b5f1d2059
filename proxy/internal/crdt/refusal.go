package crdt

import (
	"fmt"

	"google.golang.org/grpc/codes"
)

// Refusal says why an update cannot be applied. It is an error.
type Refusal struct { //nolint:errname // the word of the house for what a caller hears
	// Code is what the caller gets.
	Code codes.Code
	// Requirement is the sentence that the function broke.
	Requirement string
	// Text says what is wrong, for a person.
	Text string
}

// Error returns the text.
func (r *Refusal) Error() string { return r.Text }

// wrong refuses an update that says what no update may.
func wrong(requirement, format string, args ...any) error {
	return &Refusal{Code: codes.Internal, Requirement: requirement, Text: fmt.Sprintf(format, args...)}
}

// outOfRange refuses what would take a counter out of its range (REP-LIMIT-003).
func outOfRange(what string) error {
	return &Refusal{Code: codes.OutOfRange, Requirement: "REP-LIMIT-003", Text: what + " leaves its range"}
}

// tooDeep refuses a map inside too many maps (REP-LIMIT-002).
func tooDeep() error {
	return &Refusal{
		Code: codes.ResourceExhausted, Requirement: "REP-LIMIT-002",
		Text: fmt.Sprintf("the update nests maps more than %d deep", MaxDepth),
	}
}
