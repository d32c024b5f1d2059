package function

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Call is one call of an action's method. One goroutine may send while another
// receives.
type Call struct {
	conn *connection
	ctx  context.Context
	grpc grpc.ClientStream
}

// Call opens a call of the action service in the shape. The end of ctx cancels it;
// whoever opens one ends it so, or receives until it has ended. While the function has
// no room for a further call, Call waits, at most Config.StreamTimeout (DISC-INC-010).
// An error is a fault, and no call was made.
func (c *Client) Call(ctx context.Context, shape wire.Shape) (*Call, error) {
	var opened *Call
	err := c.on(ctx, func(conn *connection) error {
		action, ok := conn.dialect.OfKind(wire.Action)
		if !ok || shape >= wire.Shapes {
			return fault.New(fault.Internal, "the dialect %s has no %s call of an action", conn.dialect.Name, shape)
		}
		stream, err := c.newStream(ctx, conn, action.Calls[shape], shape.Requests(), true)
		if err != nil {
			return err
		}
		opened = &Call{conn: conn, ctx: ctx, grpc: stream}
		return nil
	})
	return opened, err
}

// Terms are those of the call's connection, without what belongs to a service.
func (c *Call) Terms() entity.Terms { return c.conn.terms }

// Send sends the command. Where the method takes one request, it is the only one, and
// half-closes the call (ACT-OPEN-002, DIA-FIELD-003). It waits while the function does
// not read. After an error the call has ended, and Recv tells why.
func (c *Call) Send(command *actionv1.ActionCommand) error {
	return c.grpc.SendMsg(c.conn.outgoing(command))
}

// CloseSend half-closes the call.
func (c *Call) CloseSend() error { return c.grpc.CloseSend() }

// Recv returns the function's next response, which belongs to the caller. It returns
// io.EOF when the function has ended the call with status OK. A fault says that it has
// not come so far: Unavailable, that the call was lost with its connection (ACT-END-008);
// Exhausted, that a response is too large (ACT-LIMIT-002); Internal, that one cannot be
// read (ACT-ANSWER-012); Canceled or Deadline, that ctx has ended. Any other error is
// the status with which the function has ended the call.
func (c *Call) Recv() (*actionv1.ActionResponse, error) {
	response := new(actionv1.ActionResponse)
	in := &received{message: response}
	err := c.conn.receive(c.grpc, in)
	switch {
	case err == nil && in.large:
		return nil, fault.New(fault.Exhausted, "the function sent a response that is too large: %w", in.err)
	case err == nil && in.err != nil:
		return nil, fault.New(fault.Internal, "the function sent a response that cannot be read: %w", in.err)
	case err == nil:
		c.conn.incoming(response)
		return response, nil
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case c.ctx.Err() != nil:
		return nil, fault.FromContext(c.ctx)
	default:
		return nil, c.conn.lost(err)
	}
}
