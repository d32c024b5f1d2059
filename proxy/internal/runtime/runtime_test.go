package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const kind = "stateward.eventsourced.v1.EventSourcedService"

// world is a runtime with a function and a store in memory, and what it reported.
type world struct {
	*runtime.Runtime

	tb       testing.TB
	function *runtimetest.Function
	target   runtime.Target

	mu      sync.Mutex
	reports []entity.Report
}

// start starts a world; change may alter the config first. The world ends with
// the test.
func start(tb testing.TB, serve func(*runtimetest.Stream) error, change func(*runtime.Config)) *world {
	tb.Helper()
	w := &world{tb: tb, function: runtimetest.New(serve), target: runtime.Target{Kind: kind, Persistence: "cart"}}
	config := runtime.Config{
		Functions: w.function,
		Kinds:     kinds(memory.New()),
		Reporter:  w,
		Log:       slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&config)
	}
	r, err := runtime.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	w.Runtime = r
	tb.Cleanup(func() {
		r.Close()
		w.function.Wait()
		if most := w.function.Most(); most > 1 {
			tb.Errorf("%d streams were open for one entity at once (CORE-STREAM-001)", most)
		}
	})
	return w
}

// kinds runs event sourced entities, whose events are in the journal.
func kinds(journal store.Journal) map[string]runtime.Kind { return kindsAhead(journal, 0) }

// kindsAhead is kinds with a limit to the answers that are on their way into the journal.
func kindsAhead(journal store.Journal, ahead int) map[string]runtime.Kind {
	return map[string]runtime.Kind{kind: {
		New: func(id entity.ID, terms entity.Terms) entity.Machine {
			return eventsourced.New(id, terms, eventsourced.Config{Ask: 5, Ahead: ahead})
		},
		State: runtime.Journaled(journal),
	}}
}

// Report is the runtime's Reporter.
func (w *world) Report(_ context.Context, _ entity.ID, report entity.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, report)
}

// reported returns the requirements of all reports, in order.
func (w *world) reported() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for _, report := range w.reports {
		ids = append(ids, report.Requirement)
	}
	return ids
}

// submit hands in a command, which must be taken.
func (w *world) submit(ctx context.Context, key, name, text string) <-chan entity.Outcome {
	w.tb.Helper()
	outcome, err := w.Submit(ctx, w.target, idOf(key), command(name, text))
	if err != nil {
		w.tb.Fatalf("%s %q was not taken: %v", name, text, err)
	}
	return outcome
}

func idOf(key string) entity.ID { return entity.ID{Service: "shop.Cart", Entity: key} }

func command(name, text string) entity.Command {
	return entity.Command{Name: name, Payload: runtimetest.Text(text), Response: "test.Text"}
}

// call hands in a command and waits for its answer, as a text: the reply, or the
// code and message of the refusal.
func (w *world) call(key, name, text string) string {
	w.tb.Helper()
	return answer(<-w.submit(context.Background(), key, name, text))
}

func answer(outcome entity.Outcome) string {
	if outcome.Err != nil {
		s := status.Convert(outcome.Err)
		return s.Code().String() + ": " + s.Message()
	}
	return string(outcome.Reply.GetPayload().GetValue())
}

func wantAnswer(tb testing.TB, got, want string) {
	tb.Helper()
	if got != want {
		tb.Errorf("answer %q, want %q", got, want)
	}
}

func wantCode(tb testing.TB, outcome entity.Outcome, want codes.Code) {
	tb.Helper()
	if got := status.Code(outcome.Err); got != want {
		tb.Errorf("answer %q, want %v", answer(outcome), want)
	}
}

// ES-EMIT-006: the function's own events, sent back, would stand in the state twice.
func TestCommandsOfOneEntity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		wantAnswer(t, w.call("7", "Add", "tea "), "tea ")
		wantAnswer(t, w.call("7", "Fail", "no milk"), "Unknown: no milk")
		wantAnswer(t, w.call("7", "Add", "jam"), "tea jam")
		wantAnswer(t, w.call("8", "Get", ""), "")
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams were opened for two entities", n)
		}
	})
}

func wantReports(t *testing.T, w *world, want ...string) {
	t.Helper()
	if got := w.reported(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("reported %v, want %v", got, want)
	}
}

// CORE-RESTART-001: the commands that wait are served in their order on a new
// stream.
func TestRestartKeepsQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		ctx := t.Context()
		outcomes := []<-chan entity.Outcome{
			w.submit(ctx, "7", "Add", "a"),
			w.submit(ctx, "7", "Restart", "no"),
			w.submit(ctx, "7", "Add", "b"),
			w.submit(ctx, "7", "Restart", "no"),
			w.submit(ctx, "7", "Add", "c"),
		}
		for i, want := range []string{"a", "Unknown: no", "ab", "Unknown: no", "abc"} {
			wantAnswer(t, answer(<-outcomes[i]), want)
		}
		if n := w.function.Opened(); n != 3 {
			t.Errorf("%d streams, want 3", n)
		}
	})
}

// ES-CMD-001, CORE-CMD-001, ES-INIT-001: a function that reads ahead has one command at
// a time all the same, numbered in order, after one init.
func TestOneCommandAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var unanswered atomic.Int64
		w := start(t, func(s *runtimetest.Stream) error {
			commands := make(chan *entityv1.Command, 8)
			go func() { // until the stream ends
				defer close(commands)
				for inits := 0; ; {
					request, err := s.Recv()
					if err != nil {
						return
					}
					if request.GetInit() != nil {
						inits++
					}
					if inits != 1 {
						t.Errorf("%d inits before %v", inits, request)
					}
					if command := request.GetCommand(); command != nil {
						if n := unanswered.Add(1); n != 1 {
							t.Errorf("%d commands are unanswered", n)
						}
						commands <- command
					}
				}
			}()
			for want := int64(1); ; want++ {
				command, ok := <-commands
				if !ok {
					return nil
				}
				if command.GetId() != want {
					t.Errorf("the command has the id %d, want %d", command.GetId(), want)
				}
				time.Sleep(time.Second)
				reply := runtimetest.Reply(string(command.GetPayload().GetValue()))
				reply.CommandId = command.GetId()
				unanswered.Add(-1)
				if err := s.Send(&eventsourcedv1.HandleResponse{
					Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply},
				}); err != nil {
					return err
				}
			}
		}, nil)
		var outcomes []<-chan entity.Outcome
		for n := range 5 {
			outcomes = append(outcomes, w.submit(t.Context(), "7", "Get", strconv.Itoa(n)))
		}
		for n, outcome := range outcomes {
			wantAnswer(t, answer(<-outcome), strconv.Itoa(n))
		}
	})
}

// A thousand entities at once, with several commands each.
func TestThousandEntities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		var callers sync.WaitGroup
		for n := range 1000 {
			callers.Go(func() {
				key := strconv.Itoa(n)
				for range 5 {
					w.call(key, "Add", "x")
				}
				wantAnswer(t, w.call(key, "Get", ""), "xxxxx")
			})
		}
		callers.Wait()
		if n := w.function.Opened(); n != 1000 {
			t.Errorf("%d streams, want 1000", n)
		}
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := runtime.New(runtime.Config{})
	if err == nil {
		t.Error("an empty config was accepted")
	}
}

func TestUnknownKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		target := runtime.Target{Kind: "some.Other"}
		_, err := w.Submit(t.Context(), target, entity.ID{Service: "s", Entity: "e"}, entity.Command{})
		if status.Code(err) != codes.Internal {
			t.Errorf("got %v, want INTERNAL", err)
		}
	})
}

var errDisk = errors.New("disk full")
