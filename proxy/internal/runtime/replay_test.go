package runtime_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// odd are values that nothing but a copy leaves as they are: of no known type, in
// no canonical encoding, without bytes, without a type.
func odd() []*anypb.Any {
	return []*anypb.Any{
		{TypeUrl: "p.cloudstate.io/string", Value: []byte{0x0a, 0x81, 0x00, 'x'}},
		{TypeUrl: "json.cloudstate.io/thing", Value: []byte("{ }\xff\x00")},
		{TypeUrl: "example.com/some.Event"},
		{Value: []byte("no type")},
	}
}

// ES-EVENT-001, ES-EVENT-002, CORE-PAYLOAD-001, ES-REPLAY-001, ES-REPLAY-008, ES-REPLAY-010: what the function gets on its next
// stream is what it sent on earlier ones, byte for byte, each in its place. The
// first stream has no snapshot, the second the first one, the third the newest.
func TestReplayIsWhatWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := &anypb.Any{TypeUrl: "example.com/some.State", Value: []byte{0xff, 0x00, 0x0a}}
		newer := &anypb.Any{TypeUrl: "json.cloudstate.io/state", Value: []byte("{ }")}
		function := &recorder{answers: map[string]*eventsourcedv1.EventSourcedReply{
			"Begin":   {Events: odd(), Snapshot: state},
			"Go on":   {Events: odd()},
			"Renew":   {Events: odd()[:1], Snapshot: newer},
			"Restart": runtimetest.Fail(&entityv1.Failure{Restart: true}),
			"Get":     {},
		}}
		w := start(t, function.serve, nil)
		for _, name := range []string{"Begin", "Go on", "Restart", "Renew", "Go on", "Restart", "Get"} {
			w.call("7", name, "")
		}
		want := [][]*eventsourcedv1.HandleRequest{
			{loading(0, nil, 0)},
			append([]*eventsourcedv1.HandleRequest{loading(4, state, 8)}, replaying(5)...),
			append([]*eventsourcedv1.HandleRequest{loading(9, newer, 13)}, replaying(10)...),
		}
		if diff := cmp.Diff(want, function.recorded(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	})
}

// loading is an init with a snapshot, or without one, and the last sequence.
func loading(sequence int64, state *anypb.Any, last int64) *eventsourcedv1.HandleRequest {
	init := &eventsourcedv1.Init{ServiceName: "shop.Cart", EntityId: "7", LastSequence: last, Epoch: 1}
	if state != nil {
		init.Snapshot = &eventsourcedv1.Snapshot{SnapshotSequence: sequence, Snapshot: state}
	}
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: init}}
}

// replaying is the replay of the odd events, from the sequence on.
func replaying(first int64) []*eventsourcedv1.HandleRequest {
	var requests []*eventsourcedv1.HandleRequest
	for n, payload := range odd() {
		sequence := first + int64(n)
		event := &eventsourcedv1.Event{
			Sequence: sequence, Payload: payload, Time: timestamppb.Now(), // The bubble's clock stands still.
			Id: fmt.Sprintf("wC6uxKCcbyb99cHml2XWKaIGuQdDrkwvSHamcVwTNYU.%d", sequence),
		}
		requests = append(requests, &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Event{Event: event}})
	}
	return requests
}

// recorder is a function that answers by the command's name, and keeps what comes
// before the commands of each stream.
type recorder struct {
	answers map[string]*eventsourcedv1.EventSourcedReply

	mu      sync.Mutex
	streams [][]*eventsourcedv1.HandleRequest
}

func (r *recorder) recorded() [][]*eventsourcedv1.HandleRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.streams
}

func (r *recorder) serve(s *runtimetest.Stream) error {
	var before []*eventsourcedv1.HandleRequest
	for {
		request, err := s.Recv()
		if err != nil {
			return nil //nolint:nilerr // the proxy has half-closed the stream, or reset it
		}
		command := request.GetCommand()
		if command == nil {
			before = append(before, request)
			continue
		}
		if command.GetId() == 1 {
			r.mu.Lock()
			r.streams = append(r.streams, before)
			r.mu.Unlock()
		}
		reply := proto.CloneOf(r.answers[command.GetName()])
		reply.CommandId = command.GetId()
		if err := s.Send(&eventsourcedv1.HandleResponse{
			Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply},
		}); err != nil {
			return err
		}
	}
}
