package cloudstate

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
)

// patience is how long anything may take.
const patience = 20 * time.Second

// Caller calls the services at the proxy's port.
type Caller struct {
	conn *grpc.ClientConn
	tb   testing.TB
}

// Dial returns a caller, which ends with the test.
func Dial(tb testing.TB, address string) *Caller {
	tb.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(codec{})))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return &Caller{conn: conn, tb: tb}
}

// Do asks an entity to follow the steps, and returns the text of its answer. Pairs are
// keys and values of metadata.
func (c *Caller) Do(service, id, steps string, pairs ...string) (string, error) {
	return c.Call(Method(service, "Do"), Request(id, steps), pairs...)
}

// Must is Do of what succeeds with the answer.
func (c *Caller) Must(service, id, steps, want string) {
	c.tb.Helper()
	if got, err := c.Do(service, id, steps); got != want || err != nil {
		c.tb.Fatalf("%s/%s: %q gave %q, %v; want %q", service, id, steps, got, err, want)
	}
}

// Call makes a unary call, and returns the text of the response.
func (c *Caller) Call(path string, request Raw, pairs ...string) (string, error) {
	text, _, err := c.Headers(path, request, pairs...)
	return text, err
}

// Headers makes a unary call, and returns the response's headers too.
func (c *Caller) Headers(path string, request Raw, pairs ...string) (string, metadata.MD, error) {
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), pairs...), patience)
	defer cancel()
	var headers metadata.MD
	var response Raw
	err := c.conn.Invoke(ctx, path, &request, &response, grpc.Header(&headers))
	return Text(response, 1), headers, err
}

// Open opens a call that streams, in whichever direction. The end of ctx cancels it.
func (c *Caller) Open(ctx context.Context, path string, requests ...Raw) *Stream {
	c.tb.Helper()
	stream, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, path)
	if err != nil {
		c.tb.Fatal(err)
	}
	s := &Stream{stream: stream, tb: c.tb}
	for _, request := range requests {
		s.Send(request)
	}
	return s
}

// Stream is one call that streams.
type Stream struct {
	stream grpc.ClientStream
	tb     testing.TB
}

// Send sends one request.
func (s *Stream) Send(request Raw) {
	s.tb.Helper()
	if err := s.stream.SendMsg(&request); err != nil {
		s.tb.Fatal(err)
	}
}

// Close half-closes the call.
func (s *Stream) Close() { _ = s.stream.CloseSend() }

// Receive returns the next response; io.EOF at the end with status OK.
func (s *Stream) Receive() (Raw, error) {
	var response Raw
	err := s.stream.RecvMsg(&response)
	return response, err
}

// Next is Receive of a response that has a text.
func (s *Stream) Next() (string, error) {
	response, err := s.Receive()
	return Text(response, 1), err
}

// Want waits for a response with the text.
func (s *Stream) Want(text string) {
	s.tb.Helper()
	if got, err := s.Next(); got != text || err != nil {
		s.tb.Fatalf("the stream gave %q, %v; want %q", got, err, text)
	}
}

// codec passes Raw through.
type codec struct{}

var _ encoding.CodecV2 = codec{}

// Marshal takes a *Raw.
func (codec) Marshal(message any) (mem.BufferSlice, error) {
	raw, ok := message.(*Raw)
	if !ok {
		return nil, fmt.Errorf("%T is not raw", message)
	}
	return mem.BufferSlice{mem.SliceBuffer(*raw)}, nil
}

// Unmarshal gives a *Raw.
func (codec) Unmarshal(data mem.BufferSlice, message any) error {
	raw, ok := message.(*Raw)
	if !ok {
		return fmt.Errorf("%T is not raw", message)
	}
	*raw = data.Materialize()
	return nil
}

// Name is that of the wire format.
func (codec) Name() string { return "proto" }
