package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/emptypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const (
	serving    = grpc_health_v1.HealthCheckResponse_SERVING
	notServing = grpc_health_v1.HealthCheckResponse_NOT_SERVING
)

// TestFunctionRestarts kills the function and starts it again: state is whole,
// and until then everybody is told why there is none. It covers DISC-READY-001,
// DISC-READY-002, and CORE-PAYLOAD-002, for no descriptor of the counter knows its events and snapshots.
func TestFunctionRestarts(t *testing.T) {
	for name, target := range map[string]string{"tcp": loopback, "unix": functiontest.Path(t)} {
		t.Run(name, func(t *testing.T) {
			f := functiontest.Start(t, target, functiontest.Script{})
			proxy := runProxy(t, quick(f.Target))
			caller := proxy.dial(t)
			caller.await(t, serving)
			for i := range int64(5) { // past a snapshot
				caller.mustAdd(t, "a", 1, i+1)
			}
			caller.mustAdd(t, "b", 7, 7)
			if code, body := proxy.ready(t); code != http.StatusOK {
				t.Errorf("/readyz: %d %s", code, body)
			}

			f.Stop()
			caller.await(t, notServing)
			code, body := proxy.ready(t)
			if code != http.StatusServiceUnavailable || !strings.Contains(body, f.Target) {
				t.Errorf("/readyz without a function: %d %s", code, body)
			}
			if _, err := caller.get("a"); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), f.Target) {
				t.Errorf("a call without a function: %v", err)
			}

			functiontest.Start(t, f.Target, functiontest.Script{})
			caller.await(t, serving)
			caller.mustAdd(t, "a", 1, 6)
			if got, err := caller.get("b"); got != 7 || err != nil {
				t.Errorf("b is %d, %v", got, err)
			}
		})
	}
}

// draining is the lifecycle of a function that drains once stop is closed.
type draining struct {
	lifecyclev1.UnimplementedLifecycleServiceServer

	stop chan struct{}
}

func (d draining) Watch(stream lifecyclev1.LifecycleService_WatchServer) error {
	well := &lifecyclev1.FunctionHealth{Status: lifecyclev1.HealthStatus_HEALTH_STATUS_SERVING}
	if err := stream.Send(&lifecyclev1.WatchResponse{Message: &lifecyclev1.WatchResponse_Health{Health: well}}); err != nil {
		return err
	}
	<-d.stop
	err := stream.Send(&lifecyclev1.WatchResponse{Message: &lifecyclev1.WatchResponse_Draining{Draining: new(lifecyclev1.FunctionDraining)}})
	for err == nil {
		_, err = stream.Recv()
	}
	return nil
}

// TestFunctionDrains covers LIFE-DRAIN-003, LIFE-DRAIN-007 and CORE-PASS-001: a function
// says that it stops, and an entity that is idle does not hold it up.
func TestFunctionDrains(t *testing.T) {
	answer := descriptortest.Answer(descriptortest.Files())
	answer.ServiceInfo.IncarnationId = "a"
	answer.ServiceInfo.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_LIFECYCLE}
	lifecycle := draining{stop: make(chan struct{})}
	script := saying(answer)
	script.Register = func(s *grpc.Server) { lifecyclev1.RegisterLifecycleServiceServer(s, lifecycle) }
	f := functiontest.Start(t, loopback, script)
	var log bytes.Buffer
	config := quick(f.Target)
	config.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	proxy := runProxy(t, config)
	proxy.dial(t).mustAdd(t, "a", 1, 1)
	close(lifecycle.stop)
	f.Drain() // returns once no call is open
	if err := proxy.halt(t); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "reason=drain") { // not reason=lost
		t.Errorf("the entity's stream was cut:\n%s", &log)
	}
}

// TestBadDiscovery gives one proxy one bad answer after the other, each by a new
// function, and then a good one (DISC-REFUSE-001, DISC-REFUSE-002,
// DISC-REFUSE-003). Until then the service port is closed (DISC-REFUSE-004).
func TestBadDiscovery(t *testing.T) {
	garbage := descriptortest.Answer(descriptortest.Files())
	garbage.Proto = []byte("garbage")
	files := descriptortest.Files()
	files.File = files.GetFile()[2:]
	noImport := descriptortest.Answer(files)
	unknownType := descriptortest.Answer(descriptortest.Files())
	unknownType.Entities[0].EntityType = "stateward.view.v1.ViewService"
	files = descriptortest.Files()
	files.GetFile()[2].MessageType[0].Field[0].Options = nil
	noKey := descriptortest.Answer(files)

	f := functiontest.Start(t, loopback, saying(garbage))
	proxy := runProxy(t, quick(f.Target))
	for i, want := range []struct {
		answer      *discoveryv1.DiscoverResponse
		requirement string
		file        string
		line        int32
	}{
		{garbage, "DISC-DESC-001", "", 0},
		{noImport, "DISC-DESC-001", "test/counter/v1/counter.proto", 5},
		{unknownType, "DISC-ENT-001", "", 0},
		{noKey, "DISC-KEY-001", "test/counter/v1/counter.proto", 12},
	} {
		if i > 0 {
			f.Stop()
			f = functiontest.Start(t, f.Target, saying(want.answer))
		}
		report := take(t, f.Reports)
		if report.GetCode() != want.requirement || report.GetSeverity() != discoveryv1.Severity_SEVERITY_ERROR {
			t.Errorf("the function was told %v, want %s", report, want.requirement)
		}
		if want.file != "" {
			place := report.GetSourceLocations()[0]
			if place.GetFile() != want.file || place.GetLine() != want.line {
				t.Errorf("the mistake is at %v, want %s:%d", place, want.file, want.line)
			}
		}
		code, body := proxy.ready(t)
		if code != http.StatusServiceUnavailable || !strings.Contains(body, want.requirement) {
			t.Errorf("/readyz: %d %s, want %s", code, body, want.requirement)
		}
		select {
		case address := <-proxy.ports[PortService]:
			t.Fatalf("the service port %s is open after %s", address, want.requirement)
		default:
		}
	}
	f.Stop()
	functiontest.Start(t, f.Target, functiontest.Script{})
	proxy.dial(t).mustAdd(t, "a", 1, 1)
	if code, body := proxy.ready(t); code != http.StatusOK {
		t.Errorf("/readyz: %d %s", code, body)
	}
}

// saying is a function that answers Discover so.
func saying(answer *discoveryv1.DiscoverResponse) functiontest.Script {
	return functiontest.Script{
		Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) { return answer, nil },
	}
}

// TestRefusedLater covers DISC-READY-001 and DISC-REFUSE-002 where the service port
// is open: it stays so when a later function is refused, and calls are told why.
func TestRefusedLater(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	proxy := runProxy(t, quick(f.Target))
	caller := proxy.dial(t)
	caller.mustAdd(t, "a", 1, 1)
	f.Stop()
	bad := descriptortest.Answer(descriptortest.Files())
	bad.Entities[0].PersistenceId = ""
	f = functiontest.Start(t, f.Target, saying(bad))
	take(t, f.Reports)
	if _, err := caller.get("a"); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "DISC-ENT-002") {
		t.Errorf("a call of a refused function: %v", err)
	}
	if code, body := proxy.ready(t); code != http.StatusServiceUnavailable || !strings.Contains(body, "DISC-ENT-002") {
		t.Errorf("/readyz: %d %s", code, body)
	}
}

// TestBadAnswers covers CORE-STREAM-006 and CORE-STREAM-007, and the report of each
// mistake DISC-REPORT-002 and DISC-REPORT-003: an entity whose function answers
// wrongly is reset, and no other.
func TestBadAnswers(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{
		Answer: func(id string, right *eventsourcedv1.HandleResponse) []*eventsourcedv1.HandleResponse {
			switch id {
			case "wrong-id":
				right.GetReply().CommandId += 7
			case "twice":
				return []*eventsourcedv1.HandleResponse{right, right}
			case "no-case":
				right.Message = nil
			case "garbage":
				right.Message = nil
				right.ProtoReflect().SetUnknown([]byte("no message"))
			case "large":
				right.GetReply().GetClientAction().GetReply().Payload.Value = make([]byte, 5<<20)
			}
			return []*eventsourcedv1.HandleResponse{right}
		},
	})
	proxy := runProxy(t, quick(f.Target))
	caller := proxy.dial(t)
	caller.mustAdd(t, "right", 1, 1)
	for _, id := range []string{"wrong-id", "no-case", "garbage", "large"} {
		if _, err := caller.add(id, 1); status.Code(err) != codes.Internal {
			t.Errorf("%s: %v", id, err)
		}
		report := take(t, f.Reports)
		if report.GetMessage() == "" {
			t.Errorf("%s: the report has no message", id)
		}
		report.Message = ""
		want := &discoveryv1.ReportErrorRequest{
			Code: "CORE-CMD-002", Severity: discoveryv1.Severity_SEVERITY_ERROR,
			ServiceName: descriptortest.Service, EntityId: id, CommandId: 1,
		}
		if diff := cmp.Diff(want, report, protocmp.Transform()); diff != "" {
			t.Errorf("%s: the function was told %s", id, diff)
		}
	}
	// The first answer is right, and counts; the second resets the entity.
	caller.mustAdd(t, "twice", 1, 1)
	if report := take(t, f.Reports); report.GetEntityId() != "twice" {
		t.Errorf("twice: the function was told %v", report)
	}
	caller.mustAdd(t, "twice", 1, 2)
	take(t, f.Reports)
	// The other entity is still on its first stream: one, and one for each of the
	// three others but the last, which had two.
	caller.mustAdd(t, "right", 1, 2)
	calls := map[string]int{}
	for len(f.Calls) > 0 {
		calls[<-f.Calls]++
	}
	want := map[string]int{wire.V1().Discover: 1, wire.V1().Entities[0].Handle: 7, wire.V1().ReportError: 6}
	if diff := cmp.Diff(want, calls); diff != "" { // and nothing else (DISC-CALL-007)
		t.Error(diff)
	}
}

// TestLaterFunction covers DISC-CALL-008, DISC-INFO-003 and CORE-STREAM-012: what
// a later version of the protocol may add is passed over.
func TestLaterFunction(t *testing.T) {
	later := protowire.AppendString(protowire.AppendTag(nil, 1000, protowire.BytesType), "news")
	discovered := descriptortest.Answer(descriptortest.Files())
	discovered.ServiceInfo.ProtocolMinorVersion = 99
	for _, message := range []proto.Message{discovered, discovered.GetServiceInfo(), discovered.GetEntities()[0]} {
		message.ProtoReflect().SetUnknown(later)
	}
	script := saying(discovered)
	script.Answer = func(_ string, right *eventsourcedv1.HandleResponse) []*eventsourcedv1.HandleResponse {
		for _, message := range []proto.Message{right, right.GetReply(), right.GetReply().GetClientAction()} {
			message.ProtoReflect().SetUnknown(later)
		}
		return []*eventsourcedv1.HandleResponse{right}
	}
	f := functiontest.Start(t, loopback, script)
	caller := runProxy(t, quick(f.Target)).dial(t)
	caller.mustAdd(t, "a", 1, 1)
	caller.mustAdd(t, "a", 1, 2)
}

// TestDomainFailure covers CORE-FAIL-003 from end to end.
func TestDomainFailure(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{
		Answer: func(_ string, right *eventsourcedv1.HandleResponse) []*eventsourcedv1.HandleResponse {
			reply := right.GetReply()
			reply.Events, reply.Snapshot = nil, nil
			reply.ClientAction = &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: &entityv1.Failure{
				CommandId: reply.GetCommandId(), Description: "für heute genug", Code: int32(codes.FailedPrecondition),
			}}}
			return []*eventsourcedv1.HandleResponse{right}
		},
	})
	caller := runProxy(t, quick(f.Target)).dial(t)
	_, err := caller.get("a")
	if status.Code(err) != codes.FailedPrecondition || status.Convert(err).Message() != "für heute genug" {
		t.Error(err)
	}
}

// TestNoKey covers CORE-KEY-001.
func TestNoKey(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	caller := runProxy(t, quick(f.Target)).dial(t)
	if _, err := caller.get(""); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), `field "id"`) {
		t.Error(err)
	}
	f.Stop()
	for len(f.Calls) > 0 {
		if call := <-f.Calls; call != wire.V1().Discover {
			t.Errorf("the function was called at %s for no entity", call)
		}
	}
}

// TestMetadata sends headers there and back: the counter echoes them.
func TestMetadata(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	caller := runProxy(t, quick(f.Target)).dial(t)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-tenant", "t1", "x-raw-bin", "\x00\xff", "authorization", "secret")
	var headers metadata.MD
	err := caller.conn.Invoke(ctx, descriptortest.Get, caller.messages.GetRequest("a"), caller.messages.New("GetResponse"), grpc.Header(&headers))
	if err != nil {
		t.Fatal(err)
	}
	if got := headers.Get("x-tenant"); len(got) != 1 || got[0] != "t1" {
		t.Errorf("x-tenant is %q", got)
	}
	if got := headers.Get("x-raw-bin"); len(got) != 1 || got[0] != "\x00\xff" {
		t.Errorf("x-raw-bin is %q", got)
	}
	if got := headers.Get("authorization"); got != nil {
		t.Errorf("authorization is %q", got)
	}
}

// TestLargestRequest sends as much as the proxy takes, with long metadata, to a
// function that takes messages of 4 MiB; and then one byte more (CORE-LIMIT-003,
// CORE-LIMIT-009, CORE-LIMIT-012).
func TestLargestRequest(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	caller := runProxy(t, quick(f.Target)).dial(t)
	const key = "x-long"
	ctx := metadata.AppendToOutgoingContext(t.Context(), key, strings.Repeat("x", maxMetadata-len(key)))
	for more, want := range []codes.Code{codes.OK, codes.ResourceExhausted} {
		request := new(emptypb.Empty) // its unknown fields are its bytes
		bytes := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "a")
		bytes = protowire.AppendTag(bytes, 15, protowire.BytesType)
		const length = 4 // of the varint before so many bytes
		bytes = protowire.AppendBytes(bytes, make([]byte, Defaults().MaxMessage-envelope-maxMetadata-len(bytes)-length+more))
		request.ProtoReflect().SetUnknown(bytes)
		err := caller.conn.Invoke(ctx, descriptortest.Get, request, caller.messages.New("GetResponse"))
		if status.Code(err) != want {
			t.Errorf("a request of %d bytes: %v, want %v", len(bytes), err, want)
		}
	}
}

// full is a store that takes no write.
type full struct{ store.Store }

func (full) Ping(context.Context) error { return errors.New("no space left") }

// TestStoreNotReady covers LIFE-READY-004.
func TestStoreNotReady(t *testing.T) {
	p, err := start(t.Context(), quick("127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	whole := p.store
	p.store = full{whole}
	want := []string{"connecting to 127.0.0.1:1", "the store takes no write: no space left"}
	if diff := cmp.Diff(want, p.reasons(t.Context())); diff != "" {
		t.Error(diff)
	}
	p.store = whole
	if err := errors.Join(p.drain(t.Context()), p.close(t.Context())); err != nil {
		t.Error(err)
	}
}

// TestPorts shows what is said when a port cannot be opened.
func TestPorts(t *testing.T) {
	taken, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	f := functiontest.Start(t, loopback, functiontest.Script{})
	admin := quick(f.Target)
	admin.Admin = taken.Addr().String()
	if err := Serve(t.Context(), admin); err == nil || !strings.Contains(err.Error(), "--admin: cannot open the port") {
		t.Errorf("with a taken admin port: %v", err)
	}
	service := quick(f.Target)
	service.Listen = taken.Addr().String()
	proxy := runProxy(t, service)
	if err := take(t, proxy.ended); err == nil || !strings.Contains(err.Error(), "--listen: cannot open the port") {
		t.Errorf("with a taken service port: %v", err)
	}
}

// TestMetrics looks for one metric of each room.
func TestMetrics(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	proxy := runProxy(t, quick(f.Target))
	proxy.dial(t).mustAdd(t, "a", 1, 1)
	_, body := proxy.page(t, "/metrics")
	for _, line := range []string{
		`stateward_calls_total{code="OK",method="Add",service="test.counter.v1.CounterService",way="grpc"} 1`,
		`stateward_command_duration_seconds_count{code="OK",kind="event_sourced"} 1`,
		`stateward_events_stored_total{kind="event_sourced"} 1`,
		`stateward_discovery_attempts_total{outcome="accepted"} 1`,
		`stateward_function_connected 1`,
		`stateward_activations{kind="event_sourced"} 1`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}
