package function

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Stream is the stream of one activation, plain or multiplexed. One goroutine may
// send while another receives.
type Stream interface {
	// Terms are those of the stream's connection, without what belongs to a service.
	Terms() entity.Terms
	// Send sends the message to the function. It waits while the function takes
	// nothing. After an error the stream has ended, and Recv tells why. The stream
	// may keep the message, and does not write to it.
	Send(message proto.Message) error
	// Recv returns the function's next message, which belongs to the caller. It
	// returns io.EOF when the function has ended the stream with status OK, a fault
	// of the kind Internal when the function has sent what cannot be read, and the
	// caller then resets the stream, and another error when the stream has ended
	// otherwise.
	Recv() (proto.Message, error)
	// CloseSend tells the function that no further message comes.
	CloseSend() error
	// Retired returns a channel that is closed when the function drains. Whoever has
	// the stream passivates its entity as soon as nothing on it is unanswered,
	// whether or not commands wait, with PASSIVATION_REASON_DRAIN (LIFE-DRAIN-003).
	Retired() <-chan struct{}
	// Err returns why the function takes no further command on the stream now, as a
	// fault of the kind Unavailable; nil when it does. Commands that came before are
	// sent all the same (LIFE-HEALTH-003, LIFE-HEALTH-004).
	Err() error
}

// Follower is a Stream that needs no goroutine for who receives from it. Both are.
type Follower interface {
	// Follow has wake called whenever Next may have more, and once at the beginning.
	// It is called from any goroutine, and does not wait. Call Follow once, and Recv
	// no more.
	Follow(wake func())
	// Next returns what Recv would return, and false where Recv would wait.
	Next() (message proto.Message, err error, ok bool)
}

// Terms are those of a stream that would be opened now, without what belongs to a
// service; false when none would.
func (c *Client) Terms() (entity.Terms, bool) { return c.pool.terms() }

// Open opens a stream for an entity of the type, one of the dialect's. The end of ctx
// resets the stream; whoever opens one ends it so, or receives until it has ended.
// While the function has no room for a further stream, Open waits. An error is a
// fault: of the kind Unavailable while the function does not serve, with the reason.
func (c *Client) Open(ctx context.Context, entityType string) (Stream, error) {
	if kind, ok := wire.V1().OfType(entityType); ok { // the dialect that has multiplexed streams
		if h := c.pool.seat(ctx, kind.Kind); h != nil {
			return h, nil
		}
	}
	var opened Stream
	err := c.on(ctx, func(conn *connection) (err error) {
		opened, err = c.open(ctx, conn, entityType)
		return err
	})
	return opened, err
}

// open opens an entity's stream on the connection, on which it is counted in.
func (c *Client) open(ctx context.Context, conn *connection, entityType string) (Stream, error) {
	kind, ok := conn.dialect.OfType(entityType)
	if !ok || kind.Handle == "" {
		return nil, fault.New(fault.Internal, "the dialect %s has no stateful entity type %q", conn.dialect.Name, entityType)
	}
	if h, err := c.multiplex(ctx, conn, kind); h != nil || err != nil {
		return h, err
	}
	stream, err := c.newStream(ctx, conn, kind.Handle, true, true)
	if err != nil {
		return nil, err
	}
	return &plain{client: c, conn: conn, kind: kind.Kind, grpc: stream}, nil
}

// plain is a stream of one entity.
type plain struct {
	client *Client
	conn   *connection
	kind   wire.Kind
	grpc   grpc.ClientStream
	heard  heard // where it is followed
}

var _ Stream = (*plain)(nil)

func (s *plain) Terms() entity.Terms { return s.conn.terms }

func (s *plain) Send(message proto.Message) error { return s.grpc.SendMsg(s.conn.outgoing(message)) }

func (s *plain) Recv() (proto.Message, error) {
	in := &received{message: newResponse(s.kind)}
	if err := s.conn.receive(s.grpc, in); err != nil {
		return nil, s.conn.lost(err)
	}
	if in.err != nil {
		return nil, unreadable(in.err)
	}
	return s.conn.incoming(in.message), nil
}

// unreadable is the end of a stream on which the function has sent what cannot be read.
func unreadable(why error) error {
	return fault.New(fault.Internal, "the function sent a message that cannot be read: %w", why)
}

func (s *plain) CloseSend() error { return s.grpc.CloseSend() }

func (s *plain) Retired() <-chan struct{} { return s.conn.draining }

func (s *plain) Err() error { return s.client.pool.well(s.conn) }

// outgoing returns the message as the dialect has it, and leaves the caller's alone.
func (c *connection) outgoing(message proto.Message) proto.Message {
	if len(c.dialect.Lacks) == 0 && !c.dialect.Base64 {
		return message
	}
	stripped := proto.Clone(message)
	c.dialect.Lacks.Strip(stripped)
	if c.dialect.Base64 {
		inBase64(stripped)
	}
	return stripped
}

// incoming returns the message without what its dialect does not have (DIA-FIELD-002).
func (c *connection) incoming(message proto.Message) proto.Message {
	c.dialect.Lacks.Strip(message)
	return message
}

// read reads a message that the function has sent on a stream of the kind.
func (c *connection) read(kind wire.Kind, data []byte) (proto.Message, error) {
	message := newResponse(kind)
	var err error
	if len(data) > c.limit {
		err = tooLarge(fmt.Sprintf("%d bytes", len(data)), c.limit)
	} else {
		err = proto.Unmarshal(data, message)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return message, nil
}

// newResponse returns the message that the function sends on a stream of the kind.
func newResponse(kind wire.Kind) proto.Message {
	switch kind {
	case wire.EventSourced:
		return new(eventsourcedv1.HandleResponse)
	case wire.Value:
		return new(valuev1.HandleResponse)
	case wire.Replicated:
		return new(replicatedv1.HandleResponse)
	default:
		panic("no stream for the kind " + kind.String())
	}
}
