package app

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// streamsOf is one kind's part in TestStreams: its messages, which differ in their types alone.
type streamsOf[Q, A any] struct {
	kind      wire.Kind
	parts     func(*stage) chan *part[Q, A]
	init      *Q // of the entity a
	command   func(id int64) *Q
	reply     func(id int64) *A
	cancel    func(*entityv1.Cancel) *Q
	passivate func(*entityv1.Passivate) *Q
}

// TestStreams shows through the whole proxy, for each kind, on plain and on multiplexed
// streams, that the function hears when its caller has gone (CORE-CANCEL-001,
// CORE-CANCEL-006, CORE-CANCEL-008), and why its entity is passivated (LIFE-PASS-001,
// LIFE-PASS-002, MUX-USE-001, MUX-MSG-001, MUX-START-002); and that one that announces
// nothing is sent none of it (DISC-CAP-005).
func TestStreams(t *testing.T) {
	onEither(t, streamsOf[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{
		kind: wire.EventSourced,
		parts: func(s *stage) chan *part[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse] {
			return s.eventSourced
		},
		init:    esInit("a", nil, 0),
		command: func(id int64) *eventsourcedv1.HandleRequest { return esCommand("a", id) },
		reply: func(id int64) *eventsourcedv1.HandleResponse {
			return esReply(&eventsourcedv1.EventSourcedReply{CommandId: id})
		},
		cancel: func(c *entityv1.Cancel) *eventsourcedv1.HandleRequest {
			return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Cancel{Cancel: c}}
		},
		passivate: func(p *entityv1.Passivate) *eventsourcedv1.HandleRequest {
			return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Passivate{Passivate: p}}
		},
	})
	onEither(t, streamsOf[valuev1.HandleRequest, valuev1.HandleResponse]{
		kind:    wire.Value,
		parts:   func(s *stage) chan *part[valuev1.HandleRequest, valuev1.HandleResponse] { return s.values },
		init:    valueInit("a", nil, 0),
		command: func(id int64) *valuev1.HandleRequest { return valueCommand("a", id) },
		reply:   func(id int64) *valuev1.HandleResponse { return valueReply(id, nil) },
		cancel: func(c *entityv1.Cancel) *valuev1.HandleRequest {
			return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Cancel{Cancel: c}}
		},
		passivate: func(p *entityv1.Passivate) *valuev1.HandleRequest {
			return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Passivate{Passivate: p}}
		},
	})
	onEither(t, streamsOf[replicatedv1.HandleRequest, replicatedv1.HandleResponse]{
		kind: wire.Replicated,
		parts: func(s *stage) chan *part[replicatedv1.HandleRequest, replicatedv1.HandleResponse] {
			return s.replicated
		},
		init:    replicatedInit("a", nil),
		command: func(id int64) *replicatedv1.HandleRequest { return replicatedCommand("a", id) },
		reply:   func(id int64) *replicatedv1.HandleResponse { return replicatedReply(id, nil) },
		cancel: func(c *entityv1.Cancel) *replicatedv1.HandleRequest {
			return &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Cancel{Cancel: c}}
		},
		passivate: func(p *entityv1.Passivate) *replicatedv1.HandleRequest {
			return &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Passivate{Passivate: p}}
		},
	})
}

// onEither plays the kind on a plain and on a multiplexed stream.
func onEither[Q, A any](t *testing.T, k streamsOf[Q, A]) {
	t.Helper()
	capabilities := []discoveryv1.Capability{
		discoveryv1.Capability_CAPABILITY_CANCEL, discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
	}
	t.Run(k.kind.String()+" bare", func(t *testing.T) { k.play(t, false) })
	t.Run(k.kind.String()+" plain", func(t *testing.T) { k.play(t, false, capabilities...) })
	capabilities = append(capabilities, discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM)
	t.Run(k.kind.String()+" multiplexed", func(t *testing.T) { k.play(t, true, capabilities...) })
}

func (k streamsOf[Q, A]) play(t *testing.T, multiplexed bool, capabilities ...discoveryv1.Capability) {
	t.Helper()
	s := raise(t, counters(k.kind, capabilities...))
	proxy := runProxy(t, quick(s.target))
	caller := proxy.dial(t)
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	came := caller.asking(ctx, "a")
	p := take(t, k.parts(s))
	if p.multiplexed != multiplexed {
		t.Errorf("the stream is multiplexed: %v", p.multiplexed)
	}
	p.hears(t, k.init)
	p.hears(t, k.command(1))
	hangUp()
	if err := take(t, came); status.Code(err) != codes.Canceled {
		t.Errorf("who hung up gets %v", err)
	}
	if len(capabilities) > 0 {
		p.hears(t, k.cancel(&entityv1.Cancel{CommandId: 1, Reason: entityv1.CancelReason_CANCEL_REASON_CALLER_GONE}))
	}
	p.says(t, k.reply(1))
	came = caller.asking(t.Context(), "a")
	p.hears(t, k.command(2))
	p.says(t, k.reply(2))
	ok(t, came)
	proxy.stop()
	if len(capabilities) > 0 {
		p.hears(t, k.passivate(&entityv1.Passivate{Reason: entityv1.PassivationReason_PASSIVATION_REASON_SHUTDOWN}))
	}
	p.ends(t)
	if err := take(t, proxy.ended); err != nil {
		t.Error(err)
	}
}

// mute is a function that answers the first command on a multiplexed stream with a frame
// without a case.
type mute struct {
	multiplexv1.UnimplementedMultiplexServiceServer
}

func (mute) Handle(stream multiplexv1.MultiplexService_HandleServer) error {
	for {
		frame, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the end, however it came
		}
		answer := &multiplexv1.HandleResponse{Handle: frame.GetHandle()}
		if frame.GetClose() != nil {
			answer.Frame = &multiplexv1.HandleResponse_Closed{Closed: new(multiplexv1.Closed)}
		} else if frame.GetMessage() == nil {
			continue
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// MUX-WRONG-003: a mistake on a multiplexed stream costs its own activation, and the
// function is told once.
func TestMistakeIsToldOnce(t *testing.T) {
	for _, kind := range []wire.Kind{wire.EventSourced, wire.Value, wire.Replicated} {
		t.Run(kind.String(), func(t *testing.T) {
			s := &stage{
				answer:  counters(kind, discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM),
				asked:   make(chan *discoveryv1.DiscoverRequest, 1),
				reports: make(chan *discoveryv1.ReportErrorRequest, 16),
			}
			s.target = listenFor(t, func(server *grpc.Server) {
				discoveryv1.RegisterDiscoveryServiceServer(server, s)
				multiplexv1.RegisterMultiplexServiceServer(server, mute{})
			})
			proxy := runProxy(t, quick(s.target))
			if err := take(t, proxy.dial(t).asking(t.Context(), "a")); status.Code(err) != codes.Internal {
				t.Errorf("the caller gets %v", err)
			}
			if report := take(t, s.reports); report.GetCode() != "MUX-MSG-007" || report.GetEntityId() != "a" {
				t.Errorf("report %v", report)
			}
			if err := proxy.halt(t); err != nil {
				t.Error(err)
			}
			if len(s.reports) > 0 {
				t.Errorf("a further report: %v", <-s.reports)
			}
		})
	}
}
