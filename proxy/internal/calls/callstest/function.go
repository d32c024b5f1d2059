// Package callstest is a user function in memory that serves actions, for the tests
// of calls and of what stands on them.
package callstest

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Function serves calls, each by a goroutine that runs serve. What serve returns ends
// its call; nil is status OK.
type Function struct {
	// Terms are those of every call. Set them before the first.
	Terms entity.Terms

	serve func(*Call) error
	// serving counts the goroutines.
	serving sync.WaitGroup

	mu     sync.Mutex
	gone   error
	full   bool
	opened int
}

var _ calls.Functions = (*Function)(nil)

// New returns a function whose calls are served by serve.
func New(serve func(*Call) error) *Function {
	return &Function{serve: serve, Terms: entity.Terms{MaxMessage: 4 << 20, MaxMetadata: 8 << 10}}
}

// Call makes a call, unless the function is gone; while it is full the call waits.
func (f *Function) Call(ctx context.Context, shape wire.Shape) (calls.Stream, error) {
	f.mu.Lock()
	gone, full := f.gone, f.full
	if gone == nil && !full {
		f.opened++
	}
	f.mu.Unlock()
	if gone != nil {
		return nil, gone
	}
	if full {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := &Call{
		Shape: shape, ctx: ctx, commands: make(chan *actionv1.ActionCommand, window), responses: make(chan *actionv1.ActionResponse),
		halfClosed: make(chan struct{}), ended: make(chan struct{}), terms: f.Terms,
	}
	f.serving.Go(func() {
		c.err = f.serve(c)
		close(c.ended)
	})
	return proxySide{c}, nil
}

// Go makes each later Call fail with err; nil brings the function back.
func (f *Function) Go(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = err
}

// Fill makes each later Call wait until its end.
func (f *Function) Fill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = true
}

// Opened returns how many calls have been made.
func (f *Function) Opened() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened
}

// Wait returns when every call's goroutine has.
func (f *Function) Wait() { f.serving.Wait() }

// window is how many commands a call takes before the function reads them.
const window = 1

// Call is the function's side of one call.
type Call struct {
	// Shape is the call's.
	Shape wire.Shape

	ctx        context.Context
	terms      entity.Terms
	commands   chan *actionv1.ActionCommand
	responses  chan *actionv1.ActionResponse
	halfClosed chan struct{}
	closing    sync.Once
	// err is what serve has returned; set before ended is closed.
	err   error
	ended chan struct{}
}

// Context ends when the proxy cancels the call. Its deadline is that of the call.
func (c *Call) Context() context.Context { return c.ctx }

// Recv waits for the next command; io.EOF after the proxy's half-close.
func (c *Call) Recv() (*actionv1.ActionCommand, error) {
	select {
	case command := <-c.commands:
		return command, nil
	default: // What was sent before the half-close comes before it.
	}
	select {
	case command := <-c.commands:
		return command, nil
	case <-c.ctx.Done():
		return nil, status.FromContextError(c.ctx.Err()).Err()
	case <-c.halfClosed:
		if len(c.commands) > 0 {
			return <-c.commands, nil
		}
		return nil, io.EOF
	}
}

// Send waits until the proxy has taken the response.
func (c *Call) Send(response *actionv1.ActionResponse) error {
	select {
	case c.responses <- response:
		return nil
	case <-c.ctx.Done():
		return status.FromContextError(c.ctx.Err()).Err()
	}
}

// proxySide is the proxy's side of one call.
type proxySide struct{ *Call }

var _ calls.Stream = proxySide{}

// Send waits until there is room for the command.
func (p proxySide) Send(command *actionv1.ActionCommand) error {
	select {
	case p.commands <- command:
		if !p.Shape.Requests() {
			return p.CloseSend()
		}
		return nil
	case <-p.ended:
		return io.EOF
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// CloseSend lets the function's Recv return io.EOF.
func (p proxySide) CloseSend() error {
	p.closing.Do(func() { close(p.halfClosed) })
	return nil
}

// Recv waits for the function's next response, or the end of the call.
func (p proxySide) Recv() (*actionv1.ActionResponse, error) {
	select {
	case response := <-p.responses:
		return response, nil
	case <-p.ended:
		if p.err != nil {
			return nil, p.err
		}
		return nil, io.EOF
	case <-p.ctx.Done():
		return nil, status.FromContextError(p.ctx.Err()).Err()
	}
}

// Terms are those of the function.
func (p proxySide) Terms() entity.Terms { return p.terms }

// Text is a payload of the type test.Text.
func Text(text string) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/test.Text", Value: []byte(text)}
}

// Reply is a response that gives the caller the text.
func Reply(text string, effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{
		Response:    &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{Payload: Text(text)}},
		SideEffects: effects,
	}
}

// Forward is a response that forwards the text.
func Forward(service, method, text string, effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{
		Response: &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{
			ServiceName: service, CommandName: method, Payload: Text(text),
		}},
		SideEffects: effects,
	}
}

// Fail is a response that refuses the call.
func Fail(code codes.Code, text string, effects ...*entityv1.SideEffect) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{
		Response:    &actionv1.ActionResponse_Failure{Failure: &entityv1.Failure{Description: text, Code: int32(code)}},
		SideEffects: effects,
	}
}

// All receives every request of the call: its texts, the one that stands in the first
// command of a caller that does not stream among them.
func (c *Call) All() (texts []string, err error) {
	for {
		command, err := c.Recv()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return texts, err
		}
		if command.GetPayload() != nil {
			texts = append(texts, string(command.GetPayload().GetValue()))
		}
	}
}
