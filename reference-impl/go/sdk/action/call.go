package action

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// call is one call of the function, in whatever shape.
type call struct {
	// ctx ends with the call, or earlier, by abort, when a request cannot be
	// read; its cause is then what the call is refused with.
	ctx      context.Context
	abort    context.CancelCauseFunc
	stopping <-chan struct{}

	first *actionv1.ActionCommand
	// next reads a later command; io.EOF is the half-close. Nil where the
	// method takes one request.
	next func() (*actionv1.ActionCommand, error)
	// send sends a response. Nil where the method gives one, which the handler
	// returns.
	send func(*actionv1.ActionResponse) error
}

// asks returns a context that holds what a handler asks for with one response.
// Only the first command of a call counts in it (ACT-REQ-004).
func (c *call) asks() *sdk.Context {
	return sdk.NewContext(c.ctx, &entityv1.Command{Name: c.first.GetName(), Metadata: c.first.GetMetadata()})
}

// say sends the response, unless the call is over.
func (c *call) say(response *actionv1.ActionResponse) error {
	if over := context.Cause(c.ctx); over != nil {
		return over
	}
	return c.send(response)
}

// requests are the call's requests in their order, until the half-close
// (ACT-REQ-003). One that cannot be read refuses the call, whatever the handler
// makes of the error (ACT-REQ-005).
func requests[Request proto.Message](c *call) iter.Seq2[Request, error] {
	return func(yield func(Request, error) bool) {
		for {
			command, err := c.next()
			if errors.Is(err, io.EOF) {
				return
			}
			var request Request
			if err == nil {
				request, err = unpack[Request](command.GetPayload())
			}
			if err != nil {
				c.abort(err)
			}
			if !yield(request, err) || err != nil {
				return
			}
		}
	}
}

// unpack reads a request. A method that takes an Any takes a payload of any type, as that
// Any (ACT-REQ-005). Its error refuses the call.
func unpack[Request proto.Message](payload *anypb.Any) (Request, error) {
	if whole, takesAny := proto.Message(payload).(Request); takesAny && payload != nil && !payload.MessageIs(payload) {
		return whole, nil
	}
	request, err := sdk.Unpack[Request](payload)
	if err != nil {
		err = sdk.Errorf(codes.InvalidArgument, "%v (ACT-REQ-005)", err)
	}
	return request, err
}
