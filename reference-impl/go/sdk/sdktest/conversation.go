package sdktest

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Conversation is one stream to the function. Its methods end the test where
// the function does what no correct one does.
type Conversation[Request, Response any] struct {
	proxy  *Proxy
	stream grpc.BidiStreamingClient[Request, Response]
	reset  func()
}

// converse opens a stream and sends these messages on it.
func converse[Request, Response any](
	p *Proxy, open func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Request, Response], error), messages []*Request,
) *Conversation[Request, Response] {
	p.tb.Helper()
	ctx, reset := p.Context()
	stream, err := open(ctx)
	if err != nil {
		p.tb.Fatal(err)
	}
	c := &Conversation[Request, Response]{proxy: p, stream: stream, reset: reset}
	for _, message := range messages {
		c.Send(message)
	}
	return c
}

// Send sends the message. The function may have ended the stream already; what
// it then said is what the next Receive returns.
func (c *Conversation[Request, Response]) Send(message *Request) {
	c.proxy.tb.Helper()
	if err := c.stream.Send(message); err != nil && !errors.Is(err, io.EOF) {
		c.proxy.tb.Fatal(err)
	}
}

// Receive returns the function's next message.
func (c *Conversation[Request, Response]) Receive() *Response {
	c.proxy.tb.Helper()
	response, err := c.stream.Recv()
	if err != nil {
		c.proxy.tb.Fatalf("the function said nothing: %v", err)
	}
	return response
}

// Ask sends the message and returns what answers it.
func (c *Conversation[Request, Response]) Ask(message *Request) *Response {
	c.proxy.tb.Helper()
	c.Send(message)
	return c.Receive()
}

// Ended waits for the end of the stream, and fails the test when the function
// says anything before it, or gives another status than OK.
func (c *Conversation[Request, Response]) Ended() {
	c.proxy.tb.Helper()
	if response, err := c.stream.Recv(); !errors.Is(err, io.EOF) {
		c.proxy.tb.Fatalf("the stream goes on: %v, %v", response, err)
	}
}

// HalfClose says that nothing more is sent.
func (c *Conversation[Request, Response]) HalfClose() {
	c.proxy.tb.Helper()
	if err := c.stream.CloseSend(); err != nil {
		c.proxy.tb.Fatal(err)
	}
}

// Passivate half-closes the stream and waits for its end.
func (c *Conversation[Request, Response]) Passivate() {
	c.proxy.tb.Helper()
	c.HalfClose()
	c.Ended()
}

// Status waits for the end of the stream, whatever it is, and returns it; nil
// is OK.
func (c *Conversation[Request, Response]) Status() error {
	for {
		if _, err := c.stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Reset breaks the stream off, as a proxy does that gives an activation up.
func (c *Conversation[Request, Response]) Reset() { c.reset() }

// Any packs the message; nil gives nil. It panics where that cannot be done,
// which a test does not live to see.
func Any(message proto.Message) *anypb.Any {
	if sdk.IsNil(message) {
		return nil
	}
	payload, err := sdk.Pack(message)
	if err != nil {
		panic(err)
	}
	return payload
}
