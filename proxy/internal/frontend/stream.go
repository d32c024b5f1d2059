package frontend

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/identity"
)

// stream carries out a call whose requests or responses are streamed.
func (f *Frontend) stream(stream grpc.ServerStream, method *descriptor.Method, headers metadata.MD, principal *identity.Principal) error {
	meta, err := told(headers, principal)
	if err != nil {
		return err
	}
	caller := &caller{frontend: f, grpc: stream, method: method}
	return f.config.Router.Stream(stream.Context(), method.Service, method.Name, meta, caller)
}

// caller is the caller of a method that streams. gRPC ends both of its methods when the
// call's handler returns.
type caller struct {
	frontend *Frontend
	grpc     grpc.ServerStream
	method   *descriptor.Method
	// answered says that the caller has got an item, and the response headers with it.
	answered bool
}

var _ calls.Caller = (*caller)(nil)

// Receive waits for the next request; io.EOF after the last.
func (c *caller) Receive() ([]byte, error) {
	var request way.Frame
	if err := c.grpc.RecvMsg(&request); err != nil {
		return nil, err
	}
	return request.Bytes, nil
}

// Send sends an item. The metadata of the first makes the response headers, and that of
// a later one has no place (ACT-META-001, REP-STREAM-013).
func (c *caller) Send(item *entityv1.Reply) error {
	if c.answered {
		return c.grpc.SendMsg(&way.Frame{Bytes: item.GetPayload().GetValue()})
	}
	c.answered = true
	return c.frontend.reply(c.grpc, c.method, item)
}
