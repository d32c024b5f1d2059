// Package entity holds what the proxy knows of every kind of entity: its name,
// a command, the outcome of one, and the contract of the pure machines that
// decide what happens next. Of this module it imports the generated protos alone.
package entity

import (
	"log/slog"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// ID names one entity. It is comparable, and the key of every map of entities.
type ID struct {
	// Service is the full name of the user's gRPC service.
	Service string
	// Entity is the entity's key within the service; never empty.
	Entity string
}

// String returns "service/entity", for people.
func (id ID) String() string { return id.Service + "/" + id.Entity }

// LogValue is what logs show: the same in text and in JSON.
func (id ID) LogValue() slog.Value { return slog.StringValue(id.String()) }

// Command is one call of one method on one entity, before it has an id on a stream.
type Command struct {
	// Name is the method's short name.
	Name string
	// Payload is the request. Its bytes are the caller's and are never written to.
	Payload *anypb.Any
	// Metadata is what came with the call; nil when nothing did.
	Metadata *entityv1.Metadata
	// Response is the full name of the message with which the method answers.
	Response string
	// ReadOnly says that no command of the method changes the entity's state.
	ReadOnly bool
	// Streamed says that the method streams its responses.
	Streamed bool
	// Effect says that the command is that of a side effect: it has no caller.
	Effect bool
	// Key is the idempotency key; empty when the call has none.
	Key string
	// Depth is how many forwards and side effects led to the command.
	Depth int
	// Deadline is when the caller gives up waiting; zero when it has set none.
	Deadline time.Time
}

// IsOf reports whether the payload is a message with the full name, by its type
// URL: whatever stands before the last "/" is the sender's affair, and one "/" at
// least is there.
func IsOf(payload *anypb.Any, message string) bool {
	return strings.HasSuffix(payload.GetTypeUrl(), "/"+message)
}

// Outcome is what becomes of one command. Exactly one of Reply, Forward and Err
// is set; whatever it is, every event that it rests on is durable.
type Outcome struct {
	// Command is the id that the command had on its stream, for reports about
	// what follows from it; 0 when it was never sent.
	Command int64
	// Reply answers the caller.
	Reply *entityv1.Reply
	// Forward lets another entity answer the caller.
	Forward *entityv1.Forward
	// Err refuses the caller: a fault.Error, or a *Failure that the domain gave.
	Err error
	// SideEffects start in this order before the caller is answered or the
	// forward is followed. With Err they are empty but in one case: the command
	// was carried out, and the function gave no answer to pass on.
	SideEffects []*entityv1.SideEffect
	// GivenUp says that the function has given the command up because nobody waited:
	// it is no answer for those who have asked again since (IDEM-REPEAT-007).
	GivenUp bool
	// Stored are the ids under which the durable ones of them are stored, in their
	// order. The runtime sets it.
	Stored []string
	// Effected is to be called once the side effects have started and the synchronous
	// ones have ended: those who have asked again wait for that. Nil where nobody
	// might. The runtime sets it.
	Effected func()
}
