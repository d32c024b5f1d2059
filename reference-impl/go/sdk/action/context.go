package action

import (
	"context"

	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Context is what a handler knows of its call besides the requests, and what it
// asks for besides the next response. Metadata is the caller's, and EntityID is
// empty. It ends with the call, and is used until the handler returns, by its
// goroutine alone.
type Context struct {
	*sdk.Context // of the next response

	call *call
}

// Responses is where a handler puts the responses that it streams. It is used as
// the Context is.
type Responses[Response proto.Message] struct{ ctx *Context }

func newContext(c *call) *Context { return &Context{Context: c.asks(), call: c} }

// Stopping is closed when the function is to stop. A handler that would send
// responses for ever returns then; one that waits for a request gets an error.
func (c *Context) Stopping() <-chan struct{} { return c.call.stopping }

// Send gives the caller one more response: this one, or what the target of a
// forward answers, where one was asked for. A nil response without a forward
// carries side effects alone, and the caller gets nothing. Send waits while the
// proxy does not read (ACT-FLOW-001). Its error says that the call is over.
func (r *Responses[Response]) Send(response Response) error {
	return r.ctx.call.say(r.ctx.respond(response))
}

// Fail refuses the call by a response of its own, and lets the handler go on: the
// caller's call is over, but effects that the handler still asks for have been
// asked for (ACT-FAIL-005). A handler that has nothing left to do returns the
// error instead.
func (r *Responses[Response]) Fail(err error) error {
	return r.ctx.call.say(r.ctx.fail(err))
}

// answer returns the one response of a call: what the handler returned, unless a
// request could not be read.
func (c *Context) answer(response proto.Message, err error) *actionv1.ActionResponse {
	if broken := context.Cause(c.call.ctx); broken != nil {
		err = broken
	}
	if err != nil {
		return c.fail(err)
	}
	return c.respond(response)
}

// last returns the response that is left once the handler has sent its own: its
// error, or what it asked for behind its last response.
func (c *Context) last(err error) *actionv1.ActionResponse {
	if err == nil && context.Cause(c.call.ctx) == nil && !c.Forwards() && len(c.Effects()) == 0 {
		return nil
	}
	return c.answer(nil, err)
}

// respond returns the response, with all that was asked for since the one before.
func (c *Context) respond(response proto.Message) *actionv1.ActionResponse {
	if sdk.IsNil(response) && !c.Forwards() {
		return c.with(nil)
	}
	action, err := c.Answer(response)
	if err != nil {
		return c.fail(err)
	}
	return c.with(action)
}

// fail returns the response that refuses the call. Its side effects travel with
// it, and the proxy starts none of them (FX-FAIL-001, FX-FAIL-002).
func (c *Context) fail(err error) *actionv1.ActionResponse {
	return c.with(&entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: sdk.Failure(0, err)}})
}

// with returns the response with this action, and begins the next.
func (c *Context) with(action *entityv1.ClientAction) *actionv1.ActionResponse {
	response := &actionv1.ActionResponse{SideEffects: c.Effects()}
	switch action := action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		response.Response = &actionv1.ActionResponse_Reply{Reply: action.Reply}
	case *entityv1.ClientAction_Forward:
		response.Response = &actionv1.ActionResponse_Forward{Forward: action.Forward}
	case *entityv1.ClientAction_Failure:
		response.Response = &actionv1.ActionResponse_Failure{Failure: action.Failure}
	}
	c.Context = c.call.asks()
	return response
}
