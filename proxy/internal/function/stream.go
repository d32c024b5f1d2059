package function

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Stream is the stream of one activation. One goroutine may send while another
// receives.
type Stream struct {
	kind    wire.Kind
	grpc    grpc.ClientStream
	retired <-chan struct{}
}

// Open opens a stream for an entity of the type, one of the dialect's, on the
// connection that serves. The end of ctx resets the stream; whoever opens one
// ends it so, or receives until it has ended. While the function does not
// serve, the error has the kind fault.Unavailable and says why.
func (c *Client) Open(ctx context.Context, entityType string) (*Stream, error) {
	conn, err := c.connection()
	if err != nil {
		return nil, err
	}
	entity, ok := conn.dialect.OfType(entityType)
	if !ok {
		return nil, fault.New(fault.Internal, "the dialect %s has no entity type %q", conn.dialect.Name, entityType)
	}
	if !conn.hold() {
		return nil, fault.New(fault.Unavailable, "the connection to %s was lost", c.config.Target)
	}
	stream, err := conn.grpc.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, entity.Handle)
	if err != nil {
		conn.release()
		return nil, fault.New(fault.Unavailable, "opening a stream to the user function: %w", err)
	}
	c.config.Observer.Streams(+1)
	context.AfterFunc(stream.Context(), func() { // gRPC ends it with the stream
		c.config.Observer.Streams(-1)
		conn.release()
	})
	return &Stream{kind: entity.Kind, grpc: stream, retired: conn.retired}, nil
}

// Send sends the message to the function. It waits while the function's window
// is full. After an error the stream has ended, and Recv tells why.
func (s *Stream) Send(message proto.Message) error { return s.grpc.SendMsg(message) }

// Recv returns the function's next message, which belongs to the caller. It
// returns io.EOF when the function has ended the stream with status OK, and the
// status as an error when it has ended otherwise. An error of the kind
// fault.Internal says that the function has sent what cannot be read: the caller
// then resets the stream.
func (s *Stream) Recv() (proto.Message, error) {
	response := &received{message: newResponse(s.kind)}
	if err := s.grpc.RecvMsg(response); err != nil {
		return nil, err
	}
	if response.err != nil {
		return nil, fault.New(fault.Internal, "the function sent a message that cannot be read: %w", response.err)
	}
	return response.message, nil
}

// CloseSend tells the function that no further message comes.
func (s *Stream) CloseSend() error { return s.grpc.CloseSend() }

// Retired returns a channel that is closed when the stream's connection takes no
// further stream. Whoever has the stream ends it soon: a function that stops in
// order waits for that, and the connection for no longer than Config.RetireTimeout.
func (s *Stream) Retired() <-chan struct{} { return s.retired }

// newResponse returns the message that the function sends on a stream of the
// kind. Every kind in a dialect has one.
func newResponse(kind wire.Kind) proto.Message {
	switch kind {
	case wire.EventSourced:
		return new(eventsourcedv1.HandleResponse)
	default:
		panic("no message for the kind " + kind.String())
	}
}
