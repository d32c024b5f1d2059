package eventsourced

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

// FuzzStream speaks any sequence of messages, each with its length before it.
// Whatever comes: nothing panics, a command gets exactly one answer, and
// anything else gets none or ends the stream by a failure.
func FuzzStream(f *testing.F) {
	start := sdktest.Init(cartService, "e", nil)
	add := sdktest.Command("e", 1, "AddItem", &cartv1.AddItemRequest{UserId: "e", ProductId: "p", Quantity: 1})
	refused := sdktest.Command("e", 2, "AddItem", &cartv1.AddItemRequest{UserId: "e", Quantity: 0})
	failed := sdktest.Command("e", 3, "AddItem", &cartv1.AddItemRequest{UserId: "e", Quantity: -1})
	for _, seed := range [][]*sdktest.Request{
		{},
		{{}},
		{start, add, refused, add, add},
		{start, failed, add},
		{start, start},
		{start, sdktest.Event(1, added("p")), sdktest.Event(2, added("q")), add, sdktest.Event(3, added("r"))},
		{start, sdktest.Event(1, durationpb.New(1))},
		{sdktest.Init(cartService, "e", sdktest.Snapshot(2, &cartv1.ItemRemoved{ProductId: "pq"})), add},
		{sdktest.Init("nobody", "e", nil)},
		{start, sdktest.Command("e", 1, "Nothing", nil), sdktest.Command("f", 2, "GetCart", &cartv1.GetCartRequest{})},
	} {
		f.Add(frames(f, seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, log := fuzzed(t)
		for len(data) > 0 {
			frame, n := protowire.ConsumeBytes(data)
			request := &eventsourcedv1.HandleRequest{}
			if n < 0 || proto.Unmarshal(frame, request) != nil {
				return // grpc ends such a stream itself
			}
			data = data[n:]
			answer, more := c.step(request)
			judge(t, request, answer, more)
			if strings.Contains(log.String(), "panic") {
				t.Fatalf("%v: %s", request, log)
			}
			if !more {
				return
			}
		}
	})
}

// judge checks what must hold of the answer to any message.
func judge(t *testing.T, request *sdktest.Request, answer *sdktest.Response, more bool) {
	t.Helper()
	id := request.GetCommand().GetId()
	if answer.GetReply().GetCommandId() != id && answer.GetReply() != nil {
		t.Fatalf("command %d is answered by %v", id, answer)
	}
	if failed := answer.GetFailure().GetCommandId(); failed != 0 && failed != id {
		t.Fatalf("command %d is answered by %v", id, answer)
	}
	if more == (answer.GetFailure() != nil) {
		t.Fatalf("goes on: %v, after %v", more, answer)
	}
	if reply := answer.GetReply() != nil; more && reply != (request.GetCommand() != nil) {
		t.Fatalf("%v is answered by %v", request, answer)
	}
	if _, err := proto.Marshal(answer); err != nil {
		t.Fatalf("%v cannot be sent: %v", answer, err)
	}
}

// fuzzed is a stream before init, to an entity that refuses quantity 0 and
// fails after an event where it is less.
func fuzzed(t *testing.T) (*conversation, interface{ String() string }) {
	t.Helper()
	c, log := converse(t, newTally(func(ctx *Context, _ *tally, request *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
		if request.GetQuantity() == 0 {
			return nil, sdk.Errorf(codes.InvalidArgument, "none of %q", request.GetProductId())
		}
		ctx.Emit(added(request.GetProductId()))
		if request.GetQuantity() < 0 {
			return nil, sdk.Errorf(codes.Internal, "less than none")
		}
		return &cartv1.AddItemResponse{}, nil
	}))
	c.phase, c.entity, c.entityID = opening, nil, ""
	return c, log
}

// frames writes each message with its length before it.
func frames(f *testing.F, messages []*sdktest.Request) []byte {
	f.Helper()
	var data []byte
	for _, message := range messages {
		bytes, err := proto.Marshal(message)
		if err != nil {
			f.Fatal(err)
		}
		data = protowire.AppendBytes(data, bytes)
	}
	return data
}
