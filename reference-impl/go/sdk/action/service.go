package action

import (
	"context"
	"errors"
	"io"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// kind is the kind of actions.
type kind struct{}

// Register adds stateward.action.v1.ActionService to the server: every shape of
// it, whichever the actions have (ACT-DISC-001).
func (kind) Register(server grpc.ServiceRegistrar, host *sdk.Host, entities []sdk.Entity) {
	actionv1.RegisterActionServiceServer(server, &service{host: host, actions: sdk.ByService[*Action](entities)})
}

// service serves the calls of every action of a function. Each call is a
// goroutine of gRPC's, and shares nothing with another (ACT-CALL-003).
type service struct {
	actionv1.UnimplementedActionServiceServer

	host    *sdk.Host
	actions map[string]*Action // by the user's service
}

// HandleUnary serves a call with one request and one response.
func (s *service) HandleUnary(ctx context.Context, first *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	return s.serve(sdk.Shape{}, &call{ctx: ctx, first: first}), nil
}

// HandleStreamedIn serves a call with a stream of requests and one response.
func (s *service) HandleStreamedIn(stream grpc.ClientStreamingServer[actionv1.ActionCommand, actionv1.ActionResponse]) error {
	c := &call{ctx: stream.Context(), next: sdk.Listen(s.host, stream)}
	return stream.SendAndClose(s.serve(sdk.Shape{In: true}, c))
}

// HandleStreamedOut serves a call with one request and a stream of responses.
func (s *service) HandleStreamedOut(first *actionv1.ActionCommand, stream grpc.ServerStreamingServer[actionv1.ActionResponse]) error {
	c := &call{ctx: stream.Context(), first: first, send: stream.Send}
	return s.finish(c, s.serve(sdk.Shape{Out: true}, c))
}

// HandleStreamed serves a call with a stream of both.
func (s *service) HandleStreamed(stream grpc.BidiStreamingServer[actionv1.ActionCommand, actionv1.ActionResponse]) error {
	c := &call{ctx: stream.Context(), next: sdk.Listen(s.host, stream), send: stream.Send}
	return s.finish(c, s.serve(sdk.Shape{In: true, Out: true}, c))
}

// finish sends what is left, if anything is.
func (*service) finish(c *call, last *actionv1.ActionResponse) error {
	if last == nil {
		return nil
	}
	return c.send(last)
}

// serve handles the call and returns its last response, nil where none is left.
// A call that cannot be handled is refused by a failure, and so is one whose
// handler panics; the stack is in the log.
func (s *service) serve(shape sdk.Shape, c *call) (last *actionv1.ActionResponse) {
	c.stopping = s.host.Stopping()
	c.ctx, c.abort = context.WithCancelCause(c.ctx)
	defer c.abort(nil)
	defer func() {
		if cause := recover(); cause != nil {
			s.host.Log.ErrorContext(c.ctx, "panic", "service", c.first.GetServiceName(), "method", c.first.GetName(),
				"cause", cause, "stack", string(debug.Stack()))
			last = refusal(sdk.Errorf(codes.Internal, "the function panicked; its log has the stack"))
		}
	}()
	handle, err := s.open(shape, c)
	if err != nil {
		s.host.Log.WarnContext(c.ctx, "call refused", "reason", err)
		return refusal(err)
	}
	return handle(c)
}

// open finds the handler of a call by its first command, which it reads where
// requests stream: there it is no request, and only opens the call (ACT-OPEN-004).
func (s *service) open(shape sdk.Shape, c *call) (handler, error) {
	if shape.In {
		first, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil, sdk.Errorf(codes.InvalidArgument, "a call without a first command (ACT-OPEN-001)")
		}
		if err != nil {
			return nil, err
		}
		c.first = first
	}
	action, known := s.actions[c.first.GetServiceName()]
	if !known {
		return nil, sdk.Errorf(codes.Unimplemented, "no action %q (ACT-CALL-004)", c.first.GetServiceName())
	}
	method, known := action.methods[c.first.GetName()]
	switch {
	case !known:
		return nil, sdk.Errorf(codes.Unimplemented, "%s has no method %q (ACT-CALL-004)", c.first.GetServiceName(), c.first.GetName())
	case method.shape != shape:
		return nil, sdk.Errorf(codes.Unimplemented, "%s.%s is %v, not %v (ACT-CALL-004)",
			c.first.GetServiceName(), c.first.GetName(), method.shape, shape)
	}
	return method.handle, nil
}

// refusal is the response that refuses a call before its handler had a say.
func refusal(err error) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{Response: &actionv1.ActionResponse_Failure{Failure: sdk.Failure(0, err)}}
}
