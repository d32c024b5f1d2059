package entity

import (
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Snapshot is a state and the sequence of the last event that it covers.
type Snapshot struct {
	Sequence int64
	State    *anypb.Any
}

// Event is one stored event.
type Event struct {
	// Sequence is its place in the journal, from 1. Of an event that is still to be
	// stored it is what the machine expects.
	Sequence int64
	Payload  *anypb.Any
	// Time is when the proxy received the reply that emitted it, to the millisecond.
	Time time.Time
	// Metadata is what the function gave with it, and the trace of its command; nil
	// when there is neither.
	Metadata *entityv1.Metadata
}
