package runtime

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Functions opens streams to the user function. It may be called from any
// goroutine.
type Functions interface {
	// Open opens the stream of one activation for an entity of the kind. The
	// stream lives no longer than ctx. Open returns an error when no stream can
	// be had now: the commands that wait for it get a fault.Error as it is, and
	// UNAVAILABLE for any other. It opens none on a connection that is retired:
	// the commands that wait would come back for ever.
	Open(ctx context.Context, kind string) (Stream, error)
}

// Foresight is what Functions has besides that knows the terms of its streams beforehand.
type Foresight interface {
	// Terms are those of a stream that would be opened now; false when none would.
	Terms() (entity.Terms, bool)
}

// Stream is one activation's stream. Recv is called from one goroutine, the
// other methods from another. Both sides may keep a message that they have got,
// and neither writes to it.
type Stream interface {
	// Terms are those of the stream's connection. The runtime sets Persistence.
	Terms() entity.Terms
	// Send sends one message; it waits while the function does not read. After
	// an error the stream is over, and Recv returns the reason.
	Send(message proto.Message) error
	// Recv waits for the function's next message. It returns io.EOF when the
	// function has ended the stream with status OK, a fault.Error of the kind
	// Internal when what the function sent cannot be read, fault.ErrTold where
	// it knows that already, and any other error
	// when the stream ended otherwise.
	Recv() (proto.Message, error)
	// CloseSend half-closes the stream. An error means that it is over, and
	// Recv returns the reason.
	CloseSend() error
	// Retired returns a channel that is closed when the stream's connection
	// takes no further stream, because the function drains (LIFE-DRAIN-003) or
	// another has taken its place. It is the same for every stream of one
	// connection; nil where the connection is never retired.
	Retired() <-chan struct{}
}

// Reporter tells the function of its mistakes.
type Reporter interface {
	// Report hands over one mistake that concerns the entity. It does not wait
	// for the function, and may be called from any goroutine. The caller has
	// logged the mistake already.
	Report(ctx context.Context, id entity.ID, report entity.Report)
}
