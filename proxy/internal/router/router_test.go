package router_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	kind = "stateward.eventsourced.v1.EventSourcedService"
	text = "type.googleapis.com/test.Text"
)

// script answers a command by its text, which is all after the key.
type script func(text string) *eventsourcedv1.EventSourcedReply

// world is a router on a real runtime, with a function that follows scripts and
// a store in memory. It is also the router's Services: each script is a method
// of the service "shop.Cart", and a request is "key text".
type world struct {
	*router.Router

	tb       testing.TB
	function *runtimetest.Function
	runtime  *runtime.Runtime
	store    *memory.Store
	keeper   *durable.Keeper
	unique   counter
	scripts  map[string]script
	// response is the full name of the message with which a method answers.
	response func(method string) string
	// maxRequest is the largest request in bytes.
	maxRequest int
	// shape is that of an entity's method.
	shape func(method string) wire.Shape
	// gone makes Method say that the function does not serve.
	gone atomic.Bool
	// actions are the methods of the service "shop.Rates".
	actions map[string]act
	// calls makes their calls, by the function's side that calling has.
	calls   *calls.Calls
	calling *callstest.Function

	mu       sync.Mutex
	commands []*entityv1.Command
	// performed are the first commands of the actions' calls.
	performed []*actionv1.ActionCommand
	reports   []string
	// told are the texts of the reports.
	told []string
	// blamed are the commands that the reports are about, as "entity/id".
	blamed []string
}

// start starts a world; change may alter the config first. It ends with the test.
func start(tb testing.TB, scripts map[string]script, change func(*router.Config)) *world {
	tb.Helper()
	w := &world{
		tb: tb, scripts: scripts, maxRequest: 1 << 20,
		response: func(string) string { return "test.Text" },
		shape:    func(string) wire.Shape { return wire.Unary },
	}
	w.function = runtimetest.New(runtimetest.Model{Answer: w.answer}.Serve)
	w.store = memory.New()
	w.function.Terms.Capabilities = entity.CapabilitiesOf(
		discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS, discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE)
	var err error
	if w.keeper, err = durable.New(durable.Config{
		Store: w.store, Reporter: w, Log: slog.New(slog.DiscardHandler), Unique: w.unique.next, Random: func() float64 { return 0.5 },
	}); err != nil {
		tb.Fatal(err)
	}
	w.runtime, err = runtime.New(runtime.Config{
		Functions: w.function, Reporter: w, Log: slog.New(slog.DiscardHandler), Effects: w.keeper.Effects,
		Kinds: map[string]runtime.Kind{kind: {
			New: func(id entity.ID, terms entity.Terms) entity.Machine {
				return eventsourced.New(id, terms, eventsourced.Config{})
			},
			State: runtime.Journaled(w.store),
		}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	w.calling = callstest.New(w.perform)
	if w.calls, err = calls.New(calls.Config{Functions: w.calling, Reporter: w, Log: slog.New(slog.DiscardHandler)}); err != nil {
		tb.Fatal(err)
	}
	config := router.Config{Services: w, Runtime: w.runtime, Calls: w.calls, Durable: w.keeper, Reporter: w, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&config)
	}
	if w.Router, err = router.New(config); err != nil {
		tb.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		w.keeper.Run(running, w.Router)
	}()
	tb.Cleanup(func() {
		stop()
		<-ran
		now, cancel := context.WithCancel(context.Background())
		cancel()
		w.Drain(now)
		w.function.Wait()
		w.calling.Wait()
	})
	return w
}

// counter counts.
type counter struct{ last atomic.Uint64 }

func (c *counter) next() uint64 { return c.last.Add(1) }

// act is a method of an action: its shape, and how it answers a call. The first
// command has been received.
type act struct {
	shape wire.Shape
	serve func(c *callstest.Call, first *actionv1.ActionCommand) error
}

// perform serves a call of an action.
func (w *world) perform(c *callstest.Call) error {
	first, err := c.Recv()
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.performed = append(w.performed, first)
	w.mu.Unlock()
	return w.actions[first.GetName()].serve(c, first)
}

func (w *world) answer(_ *runtimetest.Stream, _ string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	w.mu.Lock()
	w.commands = append(w.commands, command)
	w.mu.Unlock()
	_, text, _ := strings.Cut(string(command.GetPayload().GetValue()), " ")
	return w.scripts[command.GetName()](text)
}

func (w *world) Method(service, name string) (router.Method, error) {
	if w.gone.Load() {
		return router.Method{}, fault.New(fault.Unavailable, "the function is gone")
	}
	if action, served := w.actions[name]; served && service == "shop.Rates" {
		return router.Method{Kind: wire.Action, Shape: action.shape, Input: text, Response: w.response(name), MaxRequest: w.maxRequest}, nil
	}
	// The service "shop.Seats" has the methods of "shop.Cart", and is said to be
	// replicated: the router goes by what is said.
	kinds := map[string]wire.Kind{"shop.Cart": wire.EventSourced, "shop.Seats": wire.Replicated}
	if kinds[service] == 0 || w.scripts[name] == nil {
		return router.Method{}, fault.New(fault.Unknown, "nobody serves %s/%s", service, name)
	}
	return router.Method{
		Kind:  kinds[service],
		Shape: w.shape(name),
		Input: text, Response: w.response(name), MaxRequest: w.maxRequest,
		Target: runtime.Target{Kind: kind, Persistence: "cart"},
		Key: func(request []byte) (string, error) {
			key, _, _ := strings.Cut(string(request), " ")
			if key == "" {
				return "", fault.New(fault.Invalid, "no key")
			}
			return key, nil
		},
	}, nil
}

func (w *world) Report(_ context.Context, id entity.ID, report entity.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blamed = append(w.blamed, fmt.Sprintf("%s/%d", id.Entity, report.CommandID))
	w.reports = append(w.reports, report.Requirement)
	w.told = append(w.told, report.Text)
}

// heard returns the commands that the function has got, as "name:payload".
func (w *world) heard() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, command := range w.commands {
		all = append(all, command.GetName()+":"+string(command.GetPayload().GetValue()))
	}
	return strings.Join(all, ", ")
}

func (w *world) reported() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.reports, ", ")
}

// call calls a method and returns the answer as a text: the reply, or the code
// and message of the refusal.
func (w *world) call(ctx context.Context, name, request string) string {
	reply, err := w.Call(ctx, "shop.Cart", name, []byte(request), nil)
	if err != nil {
		s := status.Convert(err)
		return s.Code().String() + ": " + s.Message()
	}
	return string(reply.GetPayload().GetValue())
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func wantCode(t *testing.T, got string, want codes.Code) {
	t.Helper()
	if !strings.HasPrefix(got, want.String()+": ") {
		t.Errorf("answer %q, want %v", got, want)
	}
}

// say replies with the text.
func say(text string) *eventsourcedv1.EventSourcedReply { return runtimetest.Reply(text) }

// CORE-CMD-004, CORE-CMD-008, CORE-KEY-004: the entity that the key names gets the
// method's short name, and the caller's bytes under the input's type URL.
func TestCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Get": say}, nil)
		want(t, "answer", w.call(t.Context(), "Get", "7 tea"), "tea")
		want(t, "the function heard", w.heard(), "Get:7 tea")
		if got := w.commands[0]; got.GetEntityId() != "7" || got.GetPayload().GetTypeUrl() != text || got.GetMetadata() != nil {
			t.Errorf("the function got %v", got)
		}
	})
}

// CORE-KEY-001, CORE-CMD-009: no key, or an unknown method. The function is sent
// nothing.
func TestCallThatLeadsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Get": say}, nil)
		wantCode(t, w.call(t.Context(), "Get", ""), codes.InvalidArgument)
		wantCode(t, w.call(t.Context(), "Put", "7"), codes.Unimplemented)
		if n := w.function.Opened(); n != 0 {
			t.Errorf("%d streams were opened", n)
		}
	})
}

// While the function does not serve, calls and forwards fail with the reason,
// and nobody is told of a mistake.
func TestFunctionGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *world
		w = start(t, map[string]script{"Do": func(string) *eventsourcedv1.EventSourcedReply {
			w.gone.Store(true)
			return forward("Do", "8")
		}}, nil)
		want(t, "answer", w.call(t.Context(), "Do", "7"), "Unavailable: the function is gone")
		want(t, "answer", w.call(t.Context(), "Do", "7"), "Unavailable: the function is gone")
		want(t, "reported", w.reported(), "")
	})
}

// The domain's failure reaches the caller as it is.
func TestFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Get": func(text string) *eventsourcedv1.EventSourcedReply {
			return runtimetest.Fail(&entityv1.Failure{Description: text, Code: int32(codes.NotFound)})
		}}, nil)
		want(t, "answer", w.call(t.Context(), "Get", "7 no tea"), "NotFound: no tea")
	})
}

// CORE-TIME-002, FX-EFF-010: a caller that leaves is answered at once. Its command, already
// sent, runs to its end, with its side effects and their own.
func TestCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Slow": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(time.Second)
				return effects(say("late"), "!Note:8 a", "Note:9 b")
			},
			"Note": say,
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begin := time.Now()
		wantCode(t, w.call(ctx, "Slow", "7"), codes.DeadlineExceeded)
		if took := time.Since(begin); took != 100*time.Millisecond {
			t.Errorf("answered after %v", took)
		}
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the function heard", w.heard(), "Slow:7, Note:8 a, Note:9 b")
	})
}

// Drain refuses new calls and waits for the side effects of old ones.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply { return effects(say("done"), "Slow:8") },
			"Slow": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(time.Second)
				return effects(say("done"), "Note:9")
			},
			"Note": say,
		}, nil)
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		drained := make(chan error, 1)
		go func() { drained <- w.Drain(t.Context()) }()
		synctest.Wait()
		wantCode(t, w.call(t.Context(), "Do", "7"), codes.Unavailable)
		if err := <-drained; err != nil {
			t.Error(err)
		}
		want(t, "the function heard", w.heard(), "Do:7, Slow:8, Note:9")
	})
}

// When its time is up, Drain gives up, and every caller is answered.
func TestDrainGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		w := start(t, map[string]script{"Hang": func(string) *eventsourcedv1.EventSourcedReply {
			<-hang
			return say("never")
		}}, nil)
		answer := make(chan string, 1)
		go func() { answer <- w.call(t.Context(), "Hang", "7") }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Drain(ctx); err == nil {
			t.Error("Drain says that all was finished")
		}
		wantCode(t, <-answer, codes.Unavailable)
		close(hang)
	})
}

// CORE-LIMIT-003, CORE-LIMIT-010: what the function could not take is not sent.
func TestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Get": say}, func(c *router.Config) { c.MaxMetadata = 6 })
		for value, want := range map[string]codes.Code{"12345": codes.OK, "123456": codes.ResourceExhausted} {
			metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
				Key: "k", Value: &entityv1.MetadataEntry_StringValue{StringValue: value},
			}}}
			if _, err := w.Call(t.Context(), "shop.Cart", "Get", []byte("7 tea"), metadata); status.Code(err) != want {
				t.Errorf("metadata with %q: %v", value, err)
			}
		}
		w.maxRequest = 5
		want(t, "answer", w.call(t.Context(), "Get", "7 tea"), "tea")
		wantCode(t, w.call(t.Context(), "Get", "7 milk"), codes.ResourceExhausted)
		want(t, "the function heard", w.heard(), "Get:7 tea, Get:7 tea")
	})
}

// META-TRACE-003, META-TRACE-006: whatever follows from a command belongs to its trace, unless it
// says itself to which.
func TestTrace(t *testing.T) {
	const (
		caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		own    = "00-11111111111111111111111111111111-b7ad6b7169203331-00"
	)
	entry := func(key, value string) *entityv1.MetadataEntry {
		return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
	}
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				reply := effects(forward("Go", "7"), "!Get:8", "!Get:9")
				reply.GetSideEffects()[1].Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{entry("traceparent", own)}}
				return reply
			},
			"Go":  func(string) *eventsourcedv1.EventSourcedReply { return forward("Get", "7") },
			"Get": say,
		}, nil)
		given := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{entry("traceparent", caller), entry("tracestate", "a=b"), entry("colour", "red")}}
		if _, err := w.Call(t.Context(), "shop.Cart", "Do", []byte("7"), given); err != nil {
			t.Fatal(err)
		}
		callers := "traceparent=" + caller + " tracestate=a=b"
		for n, expected := range []string{callers + " colour=red", callers, "traceparent=" + own, callers, callers} {
			var got []string
			for _, e := range w.commands[n].GetMetadata().GetEntries() {
				got = append(got, e.GetKey()+"="+e.GetStringValue())
			}
			want(t, w.commands[n].GetName(), strings.Join(got, " "), expected)
		}
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := router.New(router.Config{}); err == nil {
		t.Error("an empty config was accepted")
	}
}
