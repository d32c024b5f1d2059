package function_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// messages are the counters'; to make them takes long.
var messages = descriptortest.NewMessages()

// multiplexing runs a client that multiplexes, of a function with the script.
func multiplexing(tb testing.TB, script functiontest.Script) (*functiontest.Function, *function.Client, *owner) {
	tb.Helper()
	script.Multiplexed = true
	f := functiontest.Start(tb, loopback, script)
	o := newOwner()
	c := config(f.Target, o)
	c.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM}
	client, err := function.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	runClient(tb, client)
	o.awaitServing(tb)
	return f, client, o
}

// openAs opens a stream of the entity, and sends its init.
func openAs(ctx context.Context, tb testing.TB, client *function.Client, id string) function.Stream {
	tb.Helper()
	stream, err := client.Open(ctx, eventSourced)
	if err != nil {
		tb.Fatal(err)
	}
	if err := stream.Send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{
		Init: &eventsourcedv1.Init{ServiceName: descriptortest.Service, EntityId: id},
	}}); err != nil {
		tb.Fatal(err)
	}
	return stream
}

// add sends the command with the number, which adds 1, and returns the answer.
func add(tb testing.TB, stream function.Stream, id string, number int64) *eventsourcedv1.EventSourcedReply {
	tb.Helper()
	payload, err := anypb.New(messages.AddRequest(id, 1))
	if err != nil {
		tb.Fatal(err)
	}
	if err := stream.Send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{
		Command: &entityv1.Command{EntityId: id, Id: number, Name: "Add", Payload: payload},
	}}); err != nil {
		tb.Fatal(err)
	}
	message, err := stream.Recv()
	if err != nil {
		tb.Fatal(err)
	}
	response, ok := message.(*eventsourcedv1.HandleResponse)
	if !ok || response.GetReply().GetCommandId() != number {
		tb.Fatalf("received %v", message)
	}
	return response.GetReply()
}

// finish half-closes the stream, and awaits its end.
func finish(tb testing.TB, stream function.Stream) {
	tb.Helper()
	if err := stream.CloseSend(); err != nil {
		tb.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		tb.Errorf("the half-closed stream ended with %v", err)
	}
}

// TestMultiplexed covers MUX-USE-001, MUX-OPEN-002 and MUX-CLOSE-001: many entities
// have one stream, and each its own answers and its own end.
func TestMultiplexed(t *testing.T) {
	f, client, o := multiplexing(t, functiontest.Script{})
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			id := strconv.Itoa(i)
			stream := openAs(t.Context(), t, client, id)
			for number := range int64(20) {
				add(t, stream, id, number+1)
			}
			finish(t, stream)
		})
	}
	all.Wait()
	f.Stop()
	if calls := len(f.Calls); calls != 2 {
		t.Errorf("the function got %d calls, want Discover and one stream", calls)
	}
	open := 0
	for len(o.counted) > 0 {
		switch <-o.counted {
		case "streams +1":
			open++
		case "streams -1":
			open--
		}
	}
	if open != 0 {
		t.Errorf("%d streams are counted open", open)
	}
}

// TestMultiplexedBeyondWindow covers MUX-CREDIT-001 and MUX-CREDIT-002: a message that
// is larger than the window goes alone, and a replay of many windows goes as the
// function takes it.
func TestMultiplexedBeyondWindow(t *testing.T) {
	_, client, _ := multiplexing(t, functiontest.Script{})
	stream := openAs(t.Context(), t, client, "a")
	large := &anypb.Any{TypeUrl: "type.googleapis.com/google.protobuf.Int64Value", Value: append([]byte{8, 1, 18, 0xC0, 0x9A, 0x0C}, make([]byte, 200000)...)}
	small, err := anypb.New(messages.AddRequest("a", 1))
	if err != nil {
		t.Fatal(err)
	}
	small.TypeUrl = large.GetTypeUrl()
	small.Value = append([]byte{8, 1, 18, 0x90, 0x4E}, make([]byte, 10000)...)
	for i := range 40 {
		payload := small
		if i%10 == 0 {
			payload = large
		}
		if err := stream.Send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Event{
			Event: &eventsourcedv1.Event{Sequence: int64(i + 1), Payload: payload},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	add(t, stream, "a", 1)
	finish(t, stream)
}

// TestMultiplexedReset covers MUX-CLOSE-006 and MUX-USE-005: the end of ctx resets one
// handle, which ends when the function has said so, and the others live.
func TestMultiplexedReset(t *testing.T) {
	began := make(chan struct{}, 1)
	_, client, _ := multiplexing(t, functiontest.Script{Handling: func(ctx context.Context, id, _ string) {
		if id == "slow" {
			began <- struct{}{}
			<-ctx.Done()
		}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	slow, other := openAs(ctx, t, client, "slow"), openAs(t.Context(), t, client, "other")
	if err := slow.Send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{
		Command: &entityv1.Command{EntityId: "slow", Id: 1, Name: "Get"},
	}}); err != nil {
		t.Fatal(err)
	}
	take(t, began)
	add(t, other, "other", 1)
	cancel()
	if _, err := slow.Recv(); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a reset handle ended with %v", err)
	}
	if err := slow.Send(new(eventsourcedv1.HandleRequest)); !errors.Is(err, io.EOF) {
		t.Errorf("sent on a reset handle: %v", err)
	}
	add(t, other, "other", 2)
	finish(t, other)
}

// TestFollow shows that nobody has to wait for a stream, multiplexed or plain.
func TestFollow(t *testing.T) {
	t.Run("multiplexed", func(t *testing.T) {
		_, client, _ := multiplexing(t, functiontest.Script{})
		follow(t, client)
	})
	t.Run("plain", func(t *testing.T) {
		f := functiontest.Start(t, loopback, functiontest.Script{})
		client, o := run(t, f.Target)
		o.awaitServing(t)
		follow(t, client)
	})
}

// followed begins to follow the stream, and returns what is told when it may have more.
func followed(tb testing.TB, stream function.Stream) (function.Follower, <-chan struct{}) {
	tb.Helper()
	follower, ok := stream.(function.Follower)
	if !ok {
		tb.Fatalf("a %T", stream)
	}
	woken := make(chan struct{}, 100)
	follower.Follow(func() { woken <- struct{}{} })
	take(tb, woken) // once at the beginning
	return follower, woken
}

// follow follows one stream to its end.
func follow(t *testing.T, client *function.Client) {
	t.Helper()
	stream := openAs(t.Context(), t, client, "a")
	follower, woken := followed(t, stream)
	if message, err, ok := follower.Next(); ok {
		t.Errorf("before the command: %v, %v", message, err)
	}
	if err := stream.Send(get(1, nil)); err != nil {
		t.Fatal(err)
	}
	next := func() (proto.Message, error) {
		for {
			take(t, woken)
			if message, err, ok := follower.Next(); ok {
				return message, err
			}
		}
	}
	if message, err := next(); message == nil || err != nil {
		t.Errorf("the answer: %v, %v", message, err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if message, err := next(); message != nil || !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v, %v", message, err)
	}
}

// TestFollowUnopened covers a handle that is closed before anything was sent on it: who
// follows is told of its end, though no frame comes.
func TestFollowUnopened(t *testing.T) {
	_, client, _ := multiplexing(t, functiontest.Script{})
	stream, err := client.Open(t.Context(), eventSourced)
	if err != nil {
		t.Fatal(err)
	}
	follower, woken := followed(t, stream)
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	take(t, woken)
	if message, err, ok := follower.Next(); !ok || message != nil || !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v, %v, %v", message, err, ok)
	}
}

// TestMultiplexedLost covers MUX-END-001: what breaks the stream ends each handle on it
// as a stream that was lost.
func TestMultiplexedLost(t *testing.T) {
	f, client, _ := multiplexing(t, functiontest.Script{})
	a, b := openAs(t.Context(), t, client, "a"), openAs(t.Context(), t, client, "b")
	add(t, a, "a", 1)
	f.Stop()
	for _, stream := range []function.Stream{a, b} {
		if _, err := stream.Recv(); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a lost handle ended with %v", err)
		}
	}
}

// scripted is a multiplexed stream that sends what it is told when the first open comes.
type scripted struct {
	multiplexv1.UnimplementedMultiplexServiceServer

	frames []*multiplexv1.HandleResponse
	end    error
}

func (s scripted) Handle(stream multiplexv1.MultiplexService_HandleServer) error {
	for range 2 { // start, open
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
	for _, frame := range s.frames {
		if err := stream.Send(frame); err != nil {
			return err
		}
	}
	if s.end != nil {
		return s.end
	}
	for {
		frame, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the end, however it came
		}
		if frame.GetClose().GetReset_() {
			if err := stream.Send(&multiplexv1.HandleResponse{Handle: frame.GetHandle(), Frame: &multiplexv1.HandleResponse_Closed{}}); err != nil {
				return err
			}
		}
	}
}

// TestMultiplexedMistakes covers MUX-WRONG-003, MUX-WRONG-004, MUX-USE-006, MUX-LIMIT-006,
// MUX-FAIL-002 and MUX-FAIL-004: what a function does wrong costs its handle or the
// stream, and it is told.
func TestMultiplexedMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		script   scripted
		code     string
		kind     fault.Kind
		unfaulty codes.Code
	}{
		"no case":         {scripted{frames: []*multiplexv1.HandleResponse{{Handle: 1}}}, "MUX-MSG-007", fault.Internal, 0},
		"too much credit": {scripted{frames: []*multiplexv1.HandleResponse{{Handle: 1, Frame: &multiplexv1.HandleResponse_Credit{Credit: &multiplexv1.Credit{Bytes: 99999}}}}}, "MUX-CREDIT-005", fault.Internal, 0},
		"no handle":       {scripted{frames: []*multiplexv1.HandleResponse{{Handle: 7, Frame: &multiplexv1.HandleResponse_Message{Message: []byte{1}}}}}, "MUX-MSG-008", fault.Unavailable, 0},
		"too large":       {scripted{frames: []*multiplexv1.HandleResponse{{Handle: 1, Frame: &multiplexv1.HandleResponse_Message{Message: make([]byte, 4<<20+64)}}}}, "MUX-LIMIT-005", fault.Unavailable, 0},
		"unserved":        {scripted{end: status.Error(codes.Unimplemented, "no")}, "MUX-USE-004", fault.Internal, codes.Unimplemented},
		"failure": {scripted{frames: []*multiplexv1.HandleResponse{{Handle: 1, Frame: &multiplexv1.HandleResponse_Failure{
			Failure: &multiplexv1.Failure{Code: 5, Description: string(make([]byte, 1025))},
		}}}}, "MUX-FAIL-003", fault.Internal, codes.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			answer := descriptortest.Answer(descriptortest.Files())
			answer.ServiceInfo.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM}
			f := functiontest.Start(t, loopback, functiontest.Script{
				Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) { return answer, nil },
				Register: func(s *grpc.Server) { multiplexv1.RegisterMultiplexServiceServer(s, test.script) },
			})
			o := newOwner()
			c := config(f.Target, o)
			c.MaxMessage = 4 << 20
			c.Capabilities = answer.GetServiceInfo().GetCapabilities()
			client, err := function.New(c)
			if err != nil {
				t.Fatal(err)
			}
			runClient(t, client)
			o.awaitServing(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err = openAs(ctx, t, client, "a").Recv()
			if fault.KindOf(err) != test.kind || test.unfaulty != 0 && status.Code(err) != test.unfaulty {
				t.Errorf("ended with %v", err)
			}
			if told := errors.Is(err, fault.ErrTold); told != (fault.KindOf(err) == fault.Internal && test.unfaulty == 0) {
				t.Errorf("%v is said to be told: %v", err, told)
			}
			if report := take(t, f.Reports); report.GetCode() != test.code {
				t.Errorf("told %v", report)
			}
			if name == "unserved" {
				stream := openAs(t.Context(), t, client, "a") // plain
				add(t, stream, "a", 1)
			}
		})
	}
}
