package frontend_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// streams is a router for methods that stream.
type streams func(ctx context.Context, metadata *entityv1.Metadata, caller calls.Caller) error

func (s streams) Call(context.Context, string, string, []byte, *entityv1.Metadata) (*entityv1.Reply, error) {
	return nil, errors.New("not a stream")
}

func (s streams) Stream(ctx context.Context, _, _ string, metadata *entityv1.Metadata, caller calls.Caller) error {
	return s(ctx, metadata, caller)
}

// converters is an action whose method Add streams both ways.
func converters() *discoveryv1.DiscoverResponse {
	files := descriptortest.Files()
	for _, file := range files.GetFile() {
		for _, service := range file.GetService() {
			service.Method[0].ClientStreaming, service.Method[0].ServerStreaming = new(true), new(true)
		}
	}
	answer := descriptortest.Answer(files)
	action, _ := wire.V1().OfKind(wire.Action)
	answer.Entities[0].EntityType = action.Type
	return answer
}

// open opens a call of Add.
func (b *bench) open(ctx context.Context, t *testing.T) grpc.ClientStream {
	t.Helper()
	stream, err := b.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, descriptortest.Add)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// ACT-META-001, ACT-META-002, REP-STREAM-013, CORE-META-001: each request and each item pass, and
// the metadata of the first item makes the headers, which come with it.
func TestStream(t *testing.T) {
	t.Parallel()
	b := serve(t, streams(func(_ context.Context, metadata *entityv1.Metadata, caller calls.Caller) error {
		if len(metadata.GetEntries()) != 1 || metadata.GetEntries()[0].GetStringValue() != "t1" {
			t.Errorf("the call came with %v", metadata)
		}
		for n := int64(1); ; n++ {
			request, err := caller.Receive()
			if errors.Is(err, io.EOF) {
				return fault.New(fault.Conflict, "enough")
			}
			if err != nil || len(request) == 0 {
				return err
			}
			item := total(n)
			item.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
				Key: "x-item", Value: &entityv1.MetadataEntry_StringValue{StringValue: strings.Repeat("i", int(n))},
			}}}
			if err := caller.Send(item); err != nil {
				return err
			}
		}
	}), converters())
	messages := descriptortest.NewMessages()
	stream := b.open(metadata.AppendToOutgoingContext(t.Context(), "x-tenant", "t1"), t)
	for n := int64(1); n <= 3; n++ {
		if err := stream.SendMsg(messages.AddRequest("a", n)); err != nil {
			t.Fatal(err)
		}
		response := messages.New("AddResponse")
		if err := stream.RecvMsg(response); err != nil || descriptortest.Int64(response, "total") != n {
			t.Fatalf("item %d: %v, %v", n, response, err)
		}
		if headers, err := stream.Header(); err != nil || strings.Join(headers.Get("x-item"), ",") != "i" {
			t.Errorf("headers %v, %v", headers, err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	err := stream.RecvMsg(messages.New("AddResponse"))
	if status.Code(err) != codes.Aborted || status.Convert(err).Message() != "enough" || stream.Trailer().Get("x-item") != nil {
		t.Errorf("the end is %v with %v", err, stream.Trailer())
	}
	if counted := <-b.calls; counted != descriptortest.Service+"/Add Aborted" {
		t.Errorf("counted %q", counted)
	}
}

// ACT-CANCEL-001, ACT-END-003: whichever side ends the call, the other's methods return.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	received, finish := make(chan error, 2), make(chan struct{}, 1)
	b := serve(t, streams(func(ctx context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
		go func() { // Ends with the call, as it must.
			_, err := caller.Receive()
			received <- err
		}()
		select {
		case <-ctx.Done():
			return fault.FromContext(ctx)
		case <-finish:
			return nil
		}
	}), converters())
	stream := b.open(t.Context(), t)
	finish <- struct{}{}
	if err := stream.RecvMsg(descriptortest.NewMessages().New("AddResponse")); !errors.Is(err, io.EOF) {
		t.Errorf("the function's end: %v", err)
	}
	if err := <-received; err == nil || errors.Is(err, io.EOF) {
		t.Errorf("Receive after the end: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.open(ctx, t)
	cancel()
	if err := <-received; err == nil || errors.Is(err, io.EOF) {
		t.Errorf("Receive after the caller's cancel: %v", err)
	}
}

// CORE-LIMIT-003: a request that is too large ends the stream with that code.
func TestStreamTooLarge(t *testing.T) {
	t.Parallel()
	b := serve(t, streams(func(_ context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
		_, err := caller.Receive()
		return err
	}), converters())
	stream := b.open(t.Context(), t)
	messages := descriptortest.NewMessages()
	if err := stream.SendMsg(messages.GetRequest(strings.Repeat("a", maxRequest))); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(messages.New("AddResponse")); status.Code(err) != codes.ResourceExhausted {
		t.Error(err)
	}
}
