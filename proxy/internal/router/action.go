package router

import (
	"context"
	"io"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// ask makes a unary call of an action and returns what its caller gets. Response is as
// in settle, patience as in calls.Call.
func (r *Router) ask(
	ctx context.Context, method Method, from source, response string, request []byte, metadata *entityv1.Metadata, patience time.Duration,
) (*entityv1.Reply, error) {
	caller := new(single)
	if err := r.act(ctx, method, from, response, request, metadata, caller, patience); err != nil {
		return nil, err
	}
	return caller.reply, nil
}

// act makes a call of an action, in whatever shape. It is called while working is not 0.
func (r *Router) act(
	ctx context.Context, method Method, from source, response string, request []byte, metadata *entityv1.Metadata,
	caller calls.Caller, patience time.Duration,
) error {
	if r.config.Calls == nil {
		return fault.New(fault.Internal, "nothing makes calls of actions")
	}
	r.working.Add(1)
	metadata, span := r.config.Tracer.Function(ctx, metadata)
	err := r.config.Calls.Run(ctx, calls.Call{
		Call: action.Call{
			Service: from.id.Service, Method: from.name, Shape: method.Shape,
			Input: method.Input, Output: method.Response, Request: request, Metadata: metadata,
		},
		Caller: caller,
		Settle: func(ctx context.Context, settle action.Settle) (calls.Item, error) {
			return r.settle(ctx, response, from, entity.Outcome{SideEffects: settle.SideEffects, Forward: settle.Forward})
		},
		Patience: patience,
		Over:     r.working.Done,
	})
	span.End(err)
	return err
}

// single is the caller of a unary call.
type single struct{ reply *entityv1.Reply }

var _ calls.Caller = (*single)(nil)

// Receive has nothing: the one request is with the call.
func (*single) Receive() ([]byte, error) { return nil, io.EOF }

// Send keeps the reply.
func (s *single) Send(reply *entityv1.Reply) error {
	s.reply = reply
	return nil
}
