package function_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const (
	loopback     = "127.0.0.1:0"
	eventSourced = "stateward.eventsourced.v1.EventSourcedService"
	patience     = 10 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// owner accepts what package descriptor accepts, and passes on what it is told.
type owner struct {
	changes chan []string
	counted chan string
	crowds  chan int
}

func newOwner() *owner {
	return &owner{changes: make(chan []string, 1024), counted: make(chan string, 1024), crowds: make(chan int, 1024)}
}

func (o *owner) Discovered(dialect wire.Dialect, answer *discoveryv1.DiscoverResponse) []descriptor.Mistake {
	_, mistakes := descriptor.Build(dialect, answer)
	return mistakes
}

func (o *owner) Crowded(waiting int) { o.crowds <- waiting }

func (o *owner) Changed(reasons []string) { o.changes <- reasons }

// counter is an Observer that passes on what is counted.
type counter struct{ *owner }

func (c counter) Discovered(outcome string) { c.counted <- "discovered " + outcome }
func (c counter) Reported(outcome string)   { c.counted <- "reported " + outcome }
func (c counter) Streams(change int)        { c.counted <- fmt.Sprintf("streams %+d", change) }

// config is a right config for the target.
func config(target string, o *owner) function.Config {
	c := function.Defaults()
	c.Target = target
	c.Dialects = []wire.Dialect{wire.V1()}
	c.Version, c.Instance = "1.2.3", "one of many"
	c.Dev = true
	c.Limits = &discoveryv1.ProxyLimits{MaxMessageBytes: 5 << 20}
	c.Owner = o
	c.Observer = counter{o}
	c.Log = slog.New(slog.DiscardHandler)
	c.Random = func() float64 { return 0.5 }
	return c
}

// run runs a client of the target until the end of the test.
func run(t *testing.T, target string) (*function.Client, *owner) {
	t.Helper()
	o := newOwner()
	client, err := function.New(config(target, o))
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	return client, o
}

// runClient runs the client until the end of the test.
func runClient(tb testing.TB, client *function.Client) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		client.Run(ctx)
	}()
	tb.Cleanup(func() {
		cancel()
		<-ended
	})
}

// take waits for the next value.
func take[T any](tb testing.TB, from <-chan T) T {
	tb.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		tb.Fatal("nothing came in time")
		panic("unreachable")
	}
}

// awaitServing waits until the function serves.
func (o *owner) awaitServing(tb testing.TB) {
	tb.Helper()
	for len(take(tb, o.changes)) > 0 {
	}
}

// awaitFailed waits until an attempt has failed.
func (o *owner) awaitFailed(t *testing.T) {
	t.Helper()
	for take(t, o.counted) != "discovered failed" {
	}
}

// awaitReason waits for a change with a reason that holds the text.
func (o *owner) awaitReason(t *testing.T, text string) []string {
	t.Helper()
	for {
		reasons := take(t, o.changes)
		if slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, text) }) {
			return reasons
		}
	}
}

// open opens a stream and sends its init.
func open(t *testing.T, client *function.Client) function.Stream {
	t.Helper()
	stream, err := client.Open(t.Context(), eventSourced)
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{
		Init: &eventsourcedv1.Init{ServiceName: descriptortest.Service, EntityId: "a"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// TestServes covers DISC-CALL-004 and DISC-VER-001: a function is discovered, and streams open.
func TestServes(t *testing.T) {
	for name, target := range map[string]string{"tcp": loopback, "unix": functiontest.Path(t)} {
		t.Run(name, func(t *testing.T) {
			f := functiontest.Start(t, target, functiontest.Script{})
			client, o := run(t, f.Target)
			o.awaitServing(t)
			request := take(t, f.Requests)
			if request.GetProtocolMajorVersion() != 1 || request.GetProtocolMinorVersion() != 1 ||
				request.GetProxyName() != "stateward-proxy" || request.GetProxyVersion() != "1.2.3" ||
				request.GetOldestProtocolMinorVersion() != 0 || request.GetLimits().GetMaxMessageBytes() != 5<<20 ||
				!request.GetDevMode() || request.GetInstanceId() != "one of many" || len(request.GetCapabilities()) > 0 ||
				!slices.Equal(request.GetSupportedEntityTypes(), wire.V1().Types()) {
				t.Errorf("the proxy said of itself %v", request)
			}
			if client.Err() != nil || len(client.Reasons()) > 0 {
				t.Errorf("error %v, reasons %v", client.Err(), client.Reasons())
			}
			stream := open(t, client)
			if err := stream.CloseSend(); err != nil {
				t.Fatal(err)
			}
			if message, err := stream.Recv(); !errors.Is(err, io.EOF) {
				t.Errorf("received %v, %v after the half-close", message, err)
			}
			for _, want := range []string{"discovered accepted", "streams +1", "streams -1"} {
				if counted := take(t, o.counted); counted != want {
					t.Errorf("counted %q, want %q", counted, want)
				}
			}
		})
	}
}

func TestUnknownEntityType(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	if _, err := client.Open(t.Context(), "nothing"); fault.KindOf(err) != fault.Internal {
		t.Errorf("error %v", err)
	}
}

// TestRefused covers DISC-REFUSE-001 and DISC-REFUSE-003.
func TestRefused(t *testing.T) {
	bad := descriptortest.Answer(descriptortest.Files())
	bad.Entities[0].PersistenceId = ""
	bad.ServiceInfo = nil
	f := functiontest.Start(t, loopback, functiontest.Script{
		Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) { return bad, nil },
	})
	client, o := run(t, f.Target)
	reasons := o.awaitReason(t, "DISC-ENT-002")
	if len(reasons) != 2 || !strings.HasPrefix(reasons[0], "DISC-INFO-001: ") {
		t.Errorf("reasons %q", reasons)
	}
	for _, code := range []string{"DISC-INFO-001", "DISC-ENT-002"} {
		if report := take(t, f.Reports); report.GetCode() != code || report.GetMessage() == "" {
			t.Errorf("report %v, want one of %s", report, code)
		}
	}
	if _, err := client.Open(t.Context(), eventSourced); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "has no persistence id") {
		t.Errorf("a stream on a refused connection: %v", err)
	}
	f.Stop()
	if calls := len(f.Calls); calls != 3 {
		t.Errorf("the refused function got %d calls, want Discover and two reports", calls)
	}
	functiontest.Start(t, f.Target, functiontest.Script{})
	o.awaitServing(t)
	if err := client.Err(); err != nil {
		t.Error(err)
	}
}

// TestUnread covers DISC-CALL-010: an answer that has come and cannot be taken is
// refused, and not asked for again.
func TestUnread(t *testing.T) {
	limit := function.Defaults().MaxMessage
	unreadable := new(discoveryv1.DiscoverResponse)
	unreadable.ProtoReflect().SetUnknown([]byte{1<<3 | 2}) // a field without its length
	for name, answer := range map[string]*discoveryv1.DiscoverResponse{
		"no message":     unreadable,
		"too large":      {Proto: make([]byte, limit)},
		"much too large": {Proto: make([]byte, 3*limit)},
	} {
		t.Run(name, func(t *testing.T) {
			f := functiontest.Start(t, loopback, functiontest.Script{
				Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) { return answer, nil },
			})
			_, o := run(t, f.Target)
			o.awaitReason(t, "DISC-DESC-001: the answer to Discover cannot be read")
			if report := take(t, f.Reports); report.GetCode() != "DISC-DESC-001" {
				t.Errorf("report %v", report)
			}
			if counted := take(t, o.counted); counted != "discovered refused" {
				t.Errorf("counted %q", counted)
			}
			f.Stop()
			if calls := len(f.Calls); calls != 2 {
				t.Errorf("the refused function got %d calls, want Discover and a report", calls)
			}
		})
	}
}

// TestReconnect covers DISC-CALL-002 and DISC-READY-001: on a new connection there
// is no stream, and a reason not to be ready, before Discover has been answered.
func TestReconnect(t *testing.T) {
	first := functiontest.Start(t, loopback, functiontest.Script{})
	client, o := run(t, first.Target)
	o.awaitServing(t)
	stream := open(t, client)
	first.Stop()
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the stream of a lost connection ended with %v", err)
	}
	o.awaitReason(t, "was lost")

	answer := make(chan struct{})
	second := functiontest.Start(t, first.Target, functiontest.Script{
		Discover: func(ctx context.Context, _ int) (*discoveryv1.DiscoverResponse, error) {
			select {
			case <-answer:
			case <-ctx.Done():
			}
			return descriptortest.Answer(descriptortest.Files()), nil
		},
	})
	if call := take(t, second.Calls); call != wire.V1().Discover {
		t.Errorf("the first call was %s", call)
	}
	if _, err := client.Open(t.Context(), eventSourced); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a stream before the answer: %v", err)
	}
	if reasons := client.Reasons(); len(reasons) == 0 {
		t.Error("ready before the answer")
	}
	close(answer)
	o.awaitServing(t)
	open(t, client)
	if call := take(t, second.Calls); call != wire.V1().Entities[0].Handle {
		t.Errorf("the second call was %s", call)
	}
}

// TestGoAway covers DISC-INC-008: a function that takes no more calls on its only
// connection keeps the streams that are open there, and what needs a stream waits for
// a further connection. DISC-INC-001, DISC-INC-002: that brings an answer without an
// incarnation id, so that the streams of the first connection are reset.
func TestGoAway(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	stream := open(t, client)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		f.Drain()
	}()
	o.awaitFailed(t)
	if err := client.Err(); err != nil {
		t.Errorf("a function that has gone away and stands does not serve: %v", err)
	}
	opened := make(chan function.Stream)
	go func() {
		stream, err := client.Open(t.Context(), eventSourced)
		if err != nil {
			t.Error(err)
		}
		opened <- stream
	}()
	functiontest.Start(t, f.Target, functiontest.Script{})
	take(t, opened)
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the first stream ended with %v", err)
	}
	take(t, drained)
}

// TestDiscoverFails covers DISC-CALL-003 for a function that is there.
func TestDiscoverFails(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{
		Discover: func(_ context.Context, call int) (*discoveryv1.DiscoverResponse, error) {
			if call < 3 {
				return nil, status.Error(codes.FailedPrecondition, "not yet")
			}
			return descriptortest.Answer(descriptortest.Files()), nil
		},
	})
	_, o := run(t, f.Target)
	o.awaitReason(t, "what it serves: FailedPrecondition: not yet (attempt 1)")
	o.awaitReason(t, "(attempt 2)")
	o.awaitServing(t)
	for _, want := range []string{"discovered failed", "discovered failed", "discovered accepted"} {
		if counted := take(t, o.counted); counted != want {
			t.Errorf("counted %q, want %q", counted, want)
		}
	}
}

func TestReport(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	client.Report(&discoveryv1.ReportErrorRequest{Code: "CORE-CMD-002", Message: "twice"})
	if report := take(t, f.Reports); report.GetCode() != "CORE-CMD-002" || report.GetMessage() != "twice" {
		t.Errorf("report %v", report)
	}
}

// TestLongReport covers DISC-REPORT-006.
func TestLongReport(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	client.Report(&discoveryv1.ReportErrorRequest{
		Message: strings.Repeat("ü", 4096), Detail: "-" + strings.Repeat("ü", 4096), SourceLocations: make([]*discoveryv1.SourceLocation, 65),
	})
	if report := take(t, f.Reports); len(report.GetMessage()) != 4096 || len(report.GetDetail()) != 4095 || len(report.GetSourceLocations()) != 64 {
		t.Errorf("the report has %d, %d and %d", len(report.GetMessage()), len(report.GetDetail()), len(report.GetSourceLocations()))
	}
}

// TestWarned covers DISC-ALIAS-004: a warning is told, and the function serves.
func TestWarned(t *testing.T) {
	answer := descriptortest.Answer(descriptortest.Files())
	answer.Entities[0].TypeAliases = []*discoveryv1.TypeAlias{{StoredName: "a", Name: "b"}}
	f := functiontest.Start(t, loopback, functiontest.Script{
		Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) { return answer, nil },
	})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	if report := take(t, f.Reports); report.GetCode() != "DISC-ALIAS-004" || report.GetSeverity() != discoveryv1.Severity_SEVERITY_WARNING {
		t.Errorf("report %v", report)
	}
	open(t, client)
}
