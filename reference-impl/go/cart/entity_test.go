package main

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	cartService = "stateward.samples.cart.v1.ShoppingCartService"
	user        = "anna"
)

// shopper speaks to one cart as the proxy does, and keeps count.
type shopper struct {
	t      *testing.T
	stream *sdktest.Stream
	id     int64
}

func shop(t *testing.T, proxy *sdktest.Proxy, stored ...*sdktest.Request) *shopper {
	t.Helper()
	if len(stored) == 0 {
		stored = []*sdktest.Request{sdktest.Init(cartService, user, nil)}
	}
	return &shopper{t: t, stream: proxy.Open(stored...)}
}

// ask sends a command and returns the answer.
func (s *shopper) ask(name string, request proto.Message) *sdktest.Response {
	s.t.Helper()
	s.id++
	return s.stream.Ask(sdktest.Command(user, s.id, name, request))
}

func (s *shopper) add(product string, quantity int32) *sdktest.Response {
	s.t.Helper()
	return s.ask("AddItem", &cartv1.AddItemRequest{UserId: user, ProductId: product, Name: product, Quantity: quantity})
}

func (s *shopper) remove(product string) *sdktest.Response {
	s.t.Helper()
	return s.ask("RemoveItem", &cartv1.RemoveItemRequest{UserId: user, ProductId: product})
}

// holds checks what GetCart answers.
func (s *shopper) holds(want ...*cartv1.LineItem) {
	s.t.Helper()
	got := &cartv1.GetCartResponse{}
	answer := s.ask("GetCart", &cartv1.GetCartRequest{UserId: user})
	if err := answer.GetReply().GetClientAction().GetReply().GetPayload().UnmarshalTo(got); err != nil {
		s.t.Fatalf("%v: %v", err, answer)
	}
	if diff := cmp.Diff(&cartv1.GetCartResponse{Items: want}, got, protocmp.Transform()); diff != "" {
		s.t.Errorf("the cart (-want +got):\n%s", diff)
	}
}

func start(t *testing.T) *sdktest.Proxy {
	t.Helper()
	return sdktest.Start(t, sdk.Config{Name: "cart", Version: "1", Entities: []sdk.Entity{cartEntity()}})
}

func TestShopping(t *testing.T) {
	t.Parallel()
	s := shop(t, start(t))
	s.holds()
	answer := s.add("pear", 2)
	if events := answer.GetReply().GetEvents(); len(events) != 1 || !events[0].MessageIs(&cartv1.ItemAdded{}) {
		t.Errorf("adding emits %v", events)
	}
	s.add("apple", 1)
	s.add("pear", 3)
	s.holds(item("apple", "apple", 1), item("pear", "pear", 5))
	answer = s.remove("pear")
	if events := answer.GetReply().GetEvents(); len(events) != 1 || !events[0].MessageIs(&cartv1.ItemRemoved{}) {
		t.Errorf("removing emits %v", events)
	}
	s.holds(item("apple", "apple", 1))
	s.stream.Passivate()
}

// What is refused emits nothing, and the cart is as it was.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := shop(t, start(t))
	s.add("apple", 1)
	for name, c := range map[string]struct {
		answer *sdktest.Response
		want   codes.Code
	}{
		"none":          {s.add("apple", 0), codes.InvalidArgument},
		"less":          {s.add("apple", -1), codes.InvalidArgument},
		"no product":    {s.add("", 1), codes.InvalidArgument},
		"too many":      {s.add("apple", math.MaxInt32), codes.OutOfRange},
		"not there":     {s.remove("pear"), codes.NotFound},
		"nothing named": {s.remove(""), codes.NotFound},
	} {
		failure := c.answer.GetReply().GetClientAction().GetFailure()
		if codes.Code(failure.GetCode()) != c.want || failure.GetDescription() == "" || failure.GetRestart() {
			t.Errorf("%s: %v", name, c.answer)
		}
	}
	s.holds(item("apple", "apple", 1))
}

// The hundredth event brings the whole cart along, from which the next
// activation begins.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	proxy := start(t)
	s := shop(t, proxy)
	for n := range 99 {
		if answer := s.add("apple", 1); answer.GetReply().GetSnapshot() != nil {
			t.Fatalf("a snapshot with event %d", n+1)
		}
	}
	snapshot := s.add("pear", 1).GetReply().GetSnapshot()
	if snapshot == nil {
		t.Fatal("no snapshot with the hundredth event")
	}
	if s.add("pear", 1).GetReply().GetSnapshot() != nil {
		t.Error("a snapshot with the event after it")
	}

	init := sdktest.Init(cartService, user, sdktest.Snapshot(100, &cartv1.CartSnapshot{}))
	init.GetInit().Snapshot.Snapshot = snapshot // byte for byte
	again := shop(t, proxy, init, sdktest.Event(101, &cartv1.ItemAdded{Item: item("pear", "Williams", 1)}))
	again.holds(item("apple", "apple", 99), item("pear", "Williams", 2))
}
