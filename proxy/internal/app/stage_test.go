package app

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// stage is a function whose streams the test plays itself: it takes each part as the
// proxy opens it, reads what comes, and says what it likes.
type stage struct {
	discoveryv1.UnimplementedDiscoveryServiceServer

	target       string
	answer       *discoveryv1.DiscoverResponse
	asked        chan *discoveryv1.DiscoverRequest
	reports      chan *discoveryv1.ReportErrorRequest
	eventSourced chan *part[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]
	values       chan *part[valuev1.HandleRequest, valuev1.HandleResponse]
	replicated   chan *part[replicatedv1.HandleRequest, replicatedv1.HandleResponse]
}

// counters is a right answer to Discover, in which the counters are of the kind and the
// capabilities are announced.
func counters(kind wire.Kind, capabilities ...discoveryv1.Capability) *discoveryv1.DiscoverResponse {
	answer := descriptortest.Answer(descriptortest.Files())
	named, _ := wire.V1().OfKind(kind)
	answer.Entities[0].EntityType = named.Type
	answer.ServiceInfo.Capabilities = capabilities
	return answer
}

// raise starts a stage that answers Discover so.
func raise(tb testing.TB, answer *discoveryv1.DiscoverResponse) *stage {
	tb.Helper()
	const plenty = 64 // more than any test asks
	s := &stage{
		answer:       answer,
		asked:        make(chan *discoveryv1.DiscoverRequest, plenty),
		reports:      make(chan *discoveryv1.ReportErrorRequest, plenty),
		eventSourced: make(chan *part[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse], plenty),
		values:       make(chan *part[valuev1.HandleRequest, valuev1.HandleResponse], plenty),
		replicated:   make(chan *part[replicatedv1.HandleRequest, replicatedv1.HandleResponse], plenty),
	}
	s.target = listenFor(tb, func(server *grpc.Server) {
		discoveryv1.RegisterDiscoveryServiceServer(server, s)
		eventsourcedv1.RegisterEventSourcedServiceServer(server, eventSourcedStage{play: play(s.eventSourced, false)})
		valuev1.RegisterValueEntityServiceServer(server, valueStage{play: play(s.values, false)})
		replicatedv1.RegisterReplicatedEntityServiceServer(server, replicatedStage{play: play(s.replicated, false)})
		multiplexv1.RegisterMultiplexServiceServer(server, functiontest.Multiplexed{
			EventSourced: play(s.eventSourced, true), Values: play(s.values, true), Replicated: play(s.replicated, true),
		})
	})
	return s
}

func (s *stage) Discover(_ context.Context, request *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	s.asked <- request
	return s.answer, nil
}

func (s *stage) ReportError(_ context.Context, report *discoveryv1.ReportErrorRequest) (*discoveryv1.ReportErrorResponse, error) {
	s.reports <- report
	return new(discoveryv1.ReportErrorResponse), nil
}

// The plain services of the stateful kinds.
type (
	eventSourcedStage struct {
		eventsourcedv1.UnimplementedEventSourcedServiceServer

		play func(eventsourcedv1.EventSourcedService_HandleServer) error
	}
	valueStage struct {
		valuev1.UnimplementedValueEntityServiceServer

		play func(valuev1.ValueEntityService_HandleServer) error
	}
	replicatedStage struct {
		replicatedv1.UnimplementedReplicatedEntityServiceServer

		play func(replicatedv1.ReplicatedEntityService_HandleServer) error
	}
)

func (s eventSourcedStage) Handle(stream eventsourcedv1.EventSourcedService_HandleServer) error {
	return s.play(stream)
}

func (s valueStage) Handle(stream valuev1.ValueEntityService_HandleServer) error {
	return s.play(stream)
}

func (s replicatedStage) Handle(stream replicatedv1.ReplicatedEntityService_HandleServer) error {
	return s.play(stream)
}

// part is one activation's stream, with requests Q and answers A.
type part[Q, A any] struct {
	stream      grpc.BidiStreamingServer[Q, A]
	multiplexed bool
	over        chan struct{}
}

// play hands each stream over as a part, and holds it open until the test ends it.
func play[Q, A any](parts chan *part[Q, A], multiplexed bool) func(grpc.BidiStreamingServer[Q, A]) error {
	return func(stream grpc.BidiStreamingServer[Q, A]) error {
		p := &part[Q, A]{stream: stream, multiplexed: multiplexed, over: make(chan struct{})}
		parts <- p
		select {
		case <-p.over:
			return nil
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// next returns what the proxy sends next, and the end of the stream as an error.
func (p *part[Q, A]) next(tb testing.TB) (*Q, error) {
	tb.Helper()
	type heard struct {
		request *Q
		err     error
	}
	came := make(chan heard, 1)
	go func() { // ends with the stream at the latest
		request, err := p.stream.Recv()
		came <- heard{request, err}
	}()
	got := take(tb, came)
	return got.request, got.err
}

// hears checks that the proxy sends this next, but for what is different in each run.
func (p *part[Q, A]) hears(tb testing.TB, want *Q) {
	tb.Helper()
	got, err := p.next(tb)
	if err != nil {
		tb.Fatalf("the stream ended with %v; want %v", err, want)
	}
	diff := cmp.Diff(want, got, protocmp.Transform(),
		protocmp.IgnoreFields(&entityv1.Command{}, "payload", "metadata", "timeout"),
		protocmp.IgnoreFields(&eventsourcedv1.Init{}, "epoch"),
		protocmp.IgnoreFields(&eventsourcedv1.Event{}, "id", "time"),
		protocmp.IgnoreFields(&valuev1.Init{}, "epoch"))
	if diff != "" {
		tb.Fatal(diff)
	}
}

// says answers.
func (p *part[Q, A]) says(tb testing.TB, answer *A) {
	tb.Helper()
	if err := p.stream.Send(answer); err != nil {
		tb.Fatal(err)
	}
}

// ends checks that the proxy half-closes the stream next, and ends it.
func (p *part[Q, A]) ends(tb testing.TB) {
	tb.Helper()
	if got, err := p.next(tb); !errors.Is(err, io.EOF) {
		tb.Fatalf("not the half-close, but %v, %v", got, err)
	}
	close(p.over)
}

// number is an event, a snapshot or a value of a test.
func number(n int64) *anypb.Any { return pack(wrapperspb.Int64(n)) }

// total is what a caller of Get or of Add gets.
func total(n int64) *entityv1.ClientAction {
	payload := pack(descriptortest.NewMessages().Total("GetResponse", n))
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: payload}}}
}

func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(err) // a fixture is broken
	}
	return packed
}

// asking calls Get of the counter while the test plays, and returns what came of it.
func (c *client) asking(ctx context.Context, id string) <-chan error {
	came := make(chan error, 1)
	go func() { // ends with its caller's patience at the latest
		came <- c.conn.Invoke(ctx, descriptortest.Get, c.messages.GetRequest(id), c.messages.New("GetResponse"))
	}()
	return came
}
