package durable

import (
	"time"

	"google.golang.org/grpc/codes"
)

// Result is what came of one attempt.
type Result struct {
	// Delivered says that the target has answered (FX-DUR-004). Nothing else counts
	// then.
	Delivered bool
	// Never is the requirement of which the function is told because the effect can
	// never be sent (FX-DUR-011); empty when it may be tried again.
	Never string
	// Code and Text say how the attempt has failed.
	Code codes.Code
	Text string
	// RetryAfter is how long the target wants to be left alone; 0 when it has not
	// said.
	RetryAfter time.Duration
}
