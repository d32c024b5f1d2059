package eventsourced

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const cartService = "stateward.samples.cart.v1.ShoppingCartService"

// tally is the state of the entity under test: the ids of the products that
// were added, joined.
type tally struct{ products string }

// addItem is what a test's handler of AddItem does.
type addItem func(*Context, *tally, *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error)

// newTally returns an entity whose AddItem does this, and which gives a
// snapshot after every two events.
func newTally(add addItem) *Entity[tally] {
	service := cartv1.File_stateward_samples_cart_v1_cart_proto.Services().ByName("ShoppingCartService")
	entity := New(service, "tally", func(string) *tally { return &tally{} })
	Snapshot(entity, 2,
		func(t *tally) *cartv1.ItemRemoved { return &cartv1.ItemRemoved{ProductId: t.products} },
		func(t *tally, saved *cartv1.ItemRemoved) { t.products = saved.GetProductId() })
	Apply(entity, func(t *tally, event *cartv1.ItemAdded) {
		t.products += event.GetItem().GetProductId()
	})
	Handle(entity, "AddItem", add)
	Handle(entity, "RemoveItem", func(*Context, *tally, *cartv1.RemoveItemRequest) (*cartv1.RemoveItemResponse, error) {
		return &cartv1.RemoveItemResponse{}, nil
	})
	Handle(entity, "GetCart", func(_ *Context, t *tally, _ *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) {
		return &cartv1.GetCartResponse{Items: []*cartv1.LineItem{{ProductId: t.products}}}, nil
	})
	return entity
}

// explosive makes the events of one type panic.
func explosive(entity *Entity[tally]) *Entity[tally] {
	Apply(entity, func(*tally, *cartv1.ItemRemoved) { panic("a bug in an applier") })
	return entity
}

func added(productID string) *cartv1.ItemAdded {
	return &cartv1.ItemAdded{Item: &cartv1.LineItem{ProductId: productID}}
}

// converse begins a stream to the entity "e", and returns it with what it logs.
func converse(tb testing.TB, entity *Entity[tally]) (*conversation, *bytes.Buffer) {
	tb.Helper()
	log := &bytes.Buffer{}
	c := &conversation{
		ctx:         context.Background(),
		log:         slog.New(slog.NewTextHandler(log, nil)),
		definitions: map[string]definition{cartService: entity},
	}
	if answer, more := c.step(sdktest.Init(cartService, "e", nil)); answer != nil || !more {
		tb.Fatalf("init is answered by %v, %v", answer, more)
	}
	return c, log
}

func addCommand() *sdktest.Request {
	return sdktest.Command("e", 1, "AddItem", &cartv1.AddItemRequest{UserId: "e"})
}

// errDomain stands for an error of the author's own.
var errDomain = errors.New("wrong of the domain")

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want *entityv1.Failure
	}{
		"sdk.Errorf":          {sdk.Errorf(codes.NotFound, "no %q", "x"), &entityv1.Failure{Code: 5, Description: `no "x"`}},
		"sdk.Errorf, wrapped": {fmt.Errorf("add: %w", sdk.Errorf(codes.NotFound, "no x")), &entityv1.Failure{Code: 5, Description: "add: no x"}},
		"grpc's status":       {status.Error(codes.Aborted, "again"), &entityv1.Failure{Code: 10, Description: "again"}},
		"the author's own":    {errDomain, &entityv1.Failure{Code: 2, Description: "wrong of the domain"}},
		"code OK":             {sdk.Errorf(codes.OK, "not ok"), &entityv1.Failure{Code: 2, Description: "not ok"}},
		"code 17":             {sdk.Errorf(17, "what"), &entityv1.Failure{Code: 2, Description: "what"}},
		"not UTF-8":           {errors.New("bytes \xff"), &entityv1.Failure{Code: 2, Description: "bytes \uFFFD"}},
		"empty":               {sdk.Errorf(codes.Internal, ""), &entityv1.Failure{Code: 13}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conversation, _ := converse(t, newTally(func(*Context, *tally, *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
				return &cartv1.AddItemResponse{}, c.err
			}))
			c.want.CommandId = 1
			answer, more := conversation.step(addCommand())
			if diff := cmp.Diff(c.want, answer.GetReply().GetClientAction().GetFailure(), protocmp.Transform()); diff != "" || !more {
				t.Errorf("goes on: %v (-want +got):\n%s", more, diff)
			}
			sees(t, conversation, "")
		})
	}
}

// A handler that cannot answer has failed; what it emitted is not kept (ES-FAIL-003).
func TestAnswersThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		add     addItem
		restart bool
	}{
		"no response": {add: func(*Context, *tally, *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			return nil, nil
		}},
		"no response, after an event": {restart: true, add: func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			ctx.Emit(added("a"))
			return nil, nil
		}},
		"a snapshot that is not UTF-8": {restart: true, add: func(ctx *Context, t *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			ctx.Emit(added("a"))
			ctx.Emit(added("b"))
			t.products = "\xff"
			return &cartv1.AddItemResponse{}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conversation, _ := converse(t, explosive(newTally(c.add)))
			answer, more := conversation.step(addCommand())
			failure := answer.GetReply().GetClientAction().GetFailure()
			if !more || failure.GetCode() != int32(codes.Internal) || failure.GetRestart() != c.restart || failure.GetDescription() == "" {
				t.Errorf("goes on: %v; answer %v", more, answer)
			}
			if len(answer.GetReply().GetEvents()) > 0 || answer.GetReply().GetSnapshot() != nil {
				t.Errorf("a failed command keeps %v", answer)
			}
		})
	}
}

// A panic ends the stream by a failure of the command, and its stack is logged.
func TestPanics(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		add addItem
		log string
	}{
		"in the handler": {func(*Context, *tally, *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			panic("a bug of the author")
		}, "a bug of the author"},
		"in the applier": {func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			ctx.Emit(&cartv1.ItemRemoved{})
			return &cartv1.AddItemResponse{}, nil
		}, "a bug in an applier"},
		"an event that nothing applies": {func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			ctx.Emit(durationpb.New(1))
			return &cartv1.AddItemResponse{}, nil
		}, "no Apply for events of type type.googleapis.com/google.protobuf.Duration"},
		"a nil event": {func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			ctx.Emit((*cartv1.ItemAdded)(nil))
			return &cartv1.AddItemResponse{}, nil
		}, "there is no message"},
		"a forward of nothing": {func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			ctx.Forward(sdk.Call{Service: cartService, Method: "GetCart"})
			return &cartv1.AddItemResponse{}, nil
		}, "there is no message"},
		"metadata that is no header": {func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			ctx.SetReplyMetadata(sdk.Metadata{{Key: "Not a header", Value: "x"}})
			return &cartv1.AddItemResponse{}, nil
		}, "not a lower-case header name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conversation, log := converse(t, explosive(newTally(c.add)))
			answer, more := conversation.step(addCommand())
			failure := answer.GetFailure()
			if more || failure.GetCommandId() != 1 {
				t.Errorf("goes on: %v; answer %v", more, answer)
			}
			if strings.Contains(failure.GetDescription(), c.log) {
				t.Errorf("the caller is told of the function's inside: %v", failure)
			}
			if !strings.Contains(log.String(), c.log) || !strings.Contains(log.String(), "conversation_test.go") {
				t.Errorf("logged without cause or stack:\n%s", log)
			}
		})
	}
}

func TestPanicInReplay(t *testing.T) {
	t.Parallel()
	conversation, _ := converse(t, explosive(newTally(nil)))
	answer, more := conversation.step(sdktest.Event(1, &cartv1.ItemRemoved{}))
	if more || answer.GetFailure() == nil || answer.GetFailure().GetCommandId() != 0 {
		t.Errorf("goes on: %v; answer %v", more, answer)
	}
}

// META-GIVE-001, META-GIVE-002: what came with the command, and the way back.
func TestMetadata(t *testing.T) {
	t.Parallel()
	var seen sdk.Metadata
	conversation, _ := converse(t, newTally(func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
		seen = ctx.Metadata()
		ctx.SetReplyMetadata(append(seen, sdk.Pair{Key: "entity", Value: ctx.EntityID()}))
		ctx.Effect(sdk.Call{Service: "s", Method: "m", Request: durationpb.New(1), Metadata: seen[:1]}, true)
		return &cartv1.AddItemResponse{}, nil
	}))
	request := addCommand()
	request.GetCommand().Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "b", Value: &entityv1.MetadataEntry_StringValue{StringValue: "1"}},
		{Key: "a-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0xff, 0}}},
		{Key: "b", Value: &entityv1.MetadataEntry_StringValue{StringValue: ""}},
	}}
	answer, _ := conversation.step(request)

	if diff := cmp.Diff(sdk.Metadata{{Key: "b", Value: "1"}, {Key: "a-bin", Value: "\xff\x00"}, {Key: "b"}}, seen); diff != "" {
		t.Errorf("the handler saw (-want +got):\n%s", diff)
	}
	want := proto.CloneOf(request.GetCommand().GetMetadata())
	want.Entries = append(want.Entries,
		&entityv1.MetadataEntry{Key: "entity", Value: &entityv1.MetadataEntry_StringValue{StringValue: "e"}})
	if diff := cmp.Diff(want, answer.GetReply().GetClientAction().GetReply().GetMetadata(), protocmp.Transform()); diff != "" {
		t.Errorf("the caller gets (-want +got):\n%s", diff)
	}
	effect := answer.GetReply().GetSideEffects()[0]
	if diff := cmp.Diff(want.GetEntries()[:1], effect.GetMetadata().GetEntries(), protocmp.Transform()); diff != "" {
		t.Errorf("the effect carries (-want +got):\n%s", diff)
	}
	if answer, _ := conversation.step(sdktest.Command("e", 2, "GetCart", &cartv1.GetCartRequest{UserId: "e"})); answer.GetReply().GetClientAction().GetReply().GetMetadata() != nil {
		t.Errorf("metadata that nobody set: %v", answer)
	}
}

// The state is seen with the events within the command that emits them.
func TestEmitAppliesAtOnce(t *testing.T) {
	t.Parallel()
	var during string
	conversation, _ := converse(t, newTally(func(ctx *Context, t *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
		ctx.Emit(added("a"))
		during = t.products
		return &cartv1.AddItemResponse{}, nil
	}))
	conversation.step(addCommand())
	if during != "a" {
		t.Errorf("the handler saw %q after its event", during)
	}
	sees(t, conversation, "a")
}

// A handler's context ends when the proxy resets the stream (CORE-STREAM-005).
func TestContextEndsWithTheStream(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan error, 1)
	proxy := sdktest.Start(t, sdk.Config{Name: "tally", Version: "1", Entities: []sdk.Entity{
		newTally(func(ctx *Context, _ *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			close(entered)
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		}),
	}})
	stream := proxy.Open(sdktest.Init(cartService, "e", nil), addCommand())
	<-entered
	stream.Reset()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context ended by %v", err)
	}
}

// sees checks what the next command sees of the state.
func sees(t *testing.T, c *conversation, want string) {
	t.Helper()
	answer, more := c.step(sdktest.Command("e", 2, "GetCart", &cartv1.GetCartRequest{UserId: "e"}))
	got := &cartv1.GetCartResponse{}
	if err := answer.GetReply().GetClientAction().GetReply().GetPayload().UnmarshalTo(got); err != nil || !more {
		t.Fatalf("goes on: %v; %v: %v", more, err, answer)
	}
	if state := got.GetItems()[0].GetProductId(); state != want {
		t.Errorf("the next command sees %q, not %q", state, want)
	}
}

func BenchmarkCommand(b *testing.B) {
	c, _ := converse(b, newTally(func(ctx *Context, t *tally, _ *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
		t.products = "" // the state stays small, the work the same
		ctx.Emit(added("a"))
		return &cartv1.AddItemResponse{}, nil
	}))
	request := addCommand()
	b.ReportAllocs()
	for b.Loop() {
		if _, more := c.step(request); !more {
			b.Fatal("the stream ended")
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	c, _ := converse(b, newTally(nil))
	request := sdktest.Event(1, added(""))
	b.ReportAllocs()
	for b.Loop() {
		c.sequence = 0 // the same event again
		if _, more := c.step(request); !more {
			b.Fatal("the stream ended")
		}
	}
}
