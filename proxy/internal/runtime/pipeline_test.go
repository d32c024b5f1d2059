package runtime_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/faultstore"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// held starts a world whose first append is held, and with err fails once it is
// released. The world has tea on its way into the store.
func held(t *testing.T, serve func(*runtimetest.Stream) error, err error) (w *world, journal *faultstore.Store, first <-chan entity.Outcome, release func()) {
	t.Helper()
	hold := faultstore.NewHold()
	journal = faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Call: 1, Hold: hold, Err: err})
	w = start(t, serve, func(c *runtime.Config) { c.Kinds, c.CommandTimeout = kinds(journal), 5*time.Second })
	first = w.submit(t.Context(), "7", "Add", "tea ")
	<-hold.Reached()
	return w, journal, first, hold.Release
}

// wantOpen checks that nobody has been answered yet.
func wantOpen(t *testing.T, outcomes ...<-chan entity.Outcome) {
	t.Helper()
	synctest.Wait()
	for n, outcome := range outcomes {
		select {
		case got := <-outcome:
			t.Errorf("command %d was answered with %q before its events were durable", n+1, answer(got))
		default:
		}
	}
}

// ES-CMD-003, ES-STORE-002: the function has the next command while the events of the
// last one are on their way, and nobody is answered before they are durable. What is
// asked for meanwhile goes into the store as one write.
func TestPipelinedCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, journal, first, release := held(t, runtimetest.Model{}.Serve, nil)
		outcomes := []<-chan entity.Outcome{first}
		for _, text := range []string{"jam ", "rum ", ""} {
			outcomes = append(outcomes, w.submit(t.Context(), "7", map[bool]string{true: "Get", false: "Add"}[text == ""], text))
		}
		wantOpen(t, outcomes...)
		release()
		for n, want := range []string{"tea ", "tea jam ", "tea jam rum ", "tea jam rum "} {
			wantAnswer(t, answer(<-outcomes[n]), want)
		}
		if n := journal.Calls(faultstore.Append); n != 2 {
			t.Errorf("%d appends, want one for tea and one for the rest", n)
		}
	})
}

// What one command has changed is stored though the function does not read the next one.
func TestStoresWhileASendWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := make(chan struct{})
		serve := func(s *runtimetest.Stream) error {
			for range 2 { // the init, and the first command
				if _, err := s.Recv(); err != nil {
					return err
				}
			}
			reply := runtimetest.Model{}.Reply("", &entityv1.Command{Name: "Add", Payload: runtimetest.Text("tea ")})
			reply.CommandId = 1
			if err := s.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}); err != nil {
				return err
			}
			<-read
			return runtimetest.Model{}.Serve(s)
		}
		hold := faultstore.NewHold()
		journal := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Load, Call: 1, Hold: hold})
		w := start(t, serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
		first, second := w.submit(t.Context(), "7", "Add", "tea "), w.submit(t.Context(), "7", "Get", "")
		<-hold.Reached() // both wait
		hold.Release()
		synctest.Wait()
		if n := journal.Calls(faultstore.Append); n != 1 {
			t.Errorf("%d appends while the second command waits for the function to read, want 1", n)
		}
		close(read)
		wantAnswer(t, answer(<-first), "tea ")
		wantAnswer(t, answer(<-second), "")
	})
}

// ES-STORE-008, CORE-STREAM-008: the store does not take the first events. Nothing of
// the later answers is kept, and their commands are sent again on the next stream, in
// their order and before those that wait.
func TestFailedCommitSendsAgain(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want codes.Code
	}{
		"conflict": {err: store.ErrConflict, want: codes.Aborted},
		"fenced":   {err: store.ErrFenced, want: codes.Aborted}, // CORE-EPOCH-002
		"error":    {err: errDisk, want: codes.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _, first, release := held(t, runtimetest.Model{}.Serve, test.err)
				second, third := w.submit(t.Context(), "7", "Add", "jam "), w.submit(t.Context(), "7", "Fail", "no")
				wantOpen(t, first, second, third)
				fourth := w.submit(t.Context(), "7", "Add", "rum ")
				release()
				wantCode(t, <-first, test.want)
				wantAnswer(t, answer(<-second), "jam ")
				wantAnswer(t, answer(<-third), "Unknown: no")
				wantAnswer(t, answer(<-fourth), "jam rum ")
				if n := w.function.Opened(); n != 2 {
					t.Errorf("%d streams, want 2", n)
				}
			})
		})
	}
}

// CORE-TIME-009: a command that is to be sent again is not, where nobody waits for it
// any more.
func TestNotSentAgainForTheGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, first, release := held(t, runtimetest.Model{}.Serve, errDisk)
		impatient, leave := context.WithCancel(t.Context())
		gone := w.submit(impatient, "7", "Add", "jam ")
		late, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		overdue := w.submit(late, "7", "Add", "gin ")
		patient := w.submit(t.Context(), "7", "Add", "rum ")
		wantOpen(t, first, gone, overdue, patient)
		leave()
		time.Sleep(2 * time.Second) // Fake time: the bubble's clock.
		release()
		wantCode(t, <-first, codes.Unavailable)
		wantCode(t, <-gone, codes.Canceled)
		wantCode(t, <-overdue, codes.DeadlineExceeded)
		wantAnswer(t, answer(<-patient), "rum ")
	})
}

// Where several changes are in one write whose outcome is unknown, the journal is
// asked: what it holds is answered and made once (ES-STORE-008).
func TestUnknownCommitIsResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, journal, first, release := held(t, runtimetest.Model{}.Serve, nil)
		second, third := w.submit(t.Context(), "7", "Add", "jam "), w.submit(t.Context(), "7", "Add", "rum ")
		wantOpen(t, first, second, third)
		journal.Add(faultstore.Rule{Op: faultstore.Append, Call: 1, When: faultstore.After, Err: errors.New("connection reset")})
		release()
		wantAnswer(t, answer(<-first), "tea ")
		wantAnswer(t, answer(<-second), "tea jam ")
		wantAnswer(t, answer(<-third), "tea jam rum ")
		wantAnswer(t, w.call("7", "Restart", "no"), "Unknown: no")
		wantAnswer(t, w.call("7", "Get", ""), "tea jam rum ")
	})
}

// It is asked afresh when the write has used up its time.
func TestSlowCommitIsResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, journal, first, release := held(t, runtimetest.Model{}.Serve, nil)
		second, third := w.submit(t.Context(), "7", "Add", "jam "), w.submit(t.Context(), "7", "Add", "rum ")
		wantOpen(t, first, second, third)
		journal.Add(faultstore.Rule{Op: faultstore.Append, Call: 1, When: faultstore.After, Hold: faultstore.NewHold()})
		release()
		wantAnswer(t, answer(<-first), "tea ")
		wantAnswer(t, answer(<-second), "tea jam ")
		wantAnswer(t, answer(<-third), "tea jam rum ")
	})
}

// Where the journal holds nothing of them, the first fails and the others are sent again.
func TestUnknownCommitThatWasNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, journal, first, release := held(t, runtimetest.Model{}.Serve, nil)
		second, third := w.submit(t.Context(), "7", "Add", "jam "), w.submit(t.Context(), "7", "Add", "rum ")
		wantOpen(t, first, second, third)
		journal.Add(faultstore.Rule{Op: faultstore.Append, Call: 1, Err: errDisk})
		release()
		wantAnswer(t, answer(<-first), "tea ")
		wantCode(t, <-second, codes.Unavailable)
		wantAnswer(t, answer(<-third), "tea rum ")
	})
}

// Where the journal cannot be asked, none of them may be made again (ES-STORE-005).
func TestUnknownCommitStaysUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, journal, first, release := held(t, runtimetest.Model{}.Serve, nil)
		second, third := w.submit(t.Context(), "7", "Add", "jam "), w.submit(t.Context(), "7", "Add", "rum ")
		wantOpen(t, first, second, third)
		journal.Add(
			faultstore.Rule{Op: faultstore.Append, Call: 1, When: faultstore.After, Err: errDisk},
			faultstore.Rule{Op: faultstore.Load, Call: 1, Err: errDisk},
		)
		release()
		wantAnswer(t, answer(<-first), "tea ")
		wantCode(t, <-second, codes.Unavailable)
		wantCode(t, <-third, codes.Unavailable)
		wantAnswer(t, w.call("7", "Get", ""), "tea jam rum ")
	})
}

// An entity whose events are on their way is not passivated (ES-CMD-004), and one whose
// connection is retired takes no further command meanwhile.
func TestRetireWhileStoring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, first, release := held(t, runtimetest.Model{}.Serve, nil)
		w.function.Retire()
		second := w.submit(t.Context(), "7", "Add", "jam ")
		wantOpen(t, first, second)
		if n := w.function.Opened(); n != 1 {
			t.Errorf("%d streams while the store is at work", n)
		}
		release()
		wantAnswer(t, answer(<-first), "tea ")
		wantAnswer(t, answer(<-second), "tea jam ")
	})
}

// The function's time counts for what it has not answered, and the store's does not.
func TestCommandTimeoutIsTheFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, first, release := held(t, runtimetest.Model{}.Serve, nil)
		read := w.submit(t.Context(), "7", "Get", "")
		wantOpen(t, first, read)
		time.Sleep(9 * time.Second) // Less than the store has; the command's time is 5 s.
		release()
		wantAnswer(t, answer(<-first), "tea ")
		wantAnswer(t, answer(<-read), "tea ")
	})
}

// A snapshot that the proxy asks for is stored, and the next activation begins with it
// (ES-ASK-006). The world's functions are asked after five events.
func TestSnapshotIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inits []*eventsourcedv1.Init
		model := runtimetest.Model{Watch: func(request *eventsourcedv1.HandleRequest) {
			if init := request.GetInit(); init != nil {
				inits = append(inits, init)
			}
		}}
		w := start(t, model.Serve, nil)
		w.function.Terms.Capabilities = snapshots
		for n := range 7 {
			wantAnswer(t, w.call("7", "Add", "x"), strings.Repeat("x", n+1))
		}
		wantAnswer(t, w.call("7", "Restart", "no"), "Unknown: no")
		wantAnswer(t, w.call("7", "Get", ""), "xxxxxxx")
		if snapshot := inits[1].GetSnapshot(); snapshot.GetSnapshotSequence() != 5 || string(snapshot.GetSnapshot().GetValue()) != "xxxxx" {
			t.Errorf("the next activation begins with %v", snapshot)
		}
	})
}

// ES-ASK-008: a function that does not give the snapshot is reset and told, and commands
// that waited meanwhile go on.
func TestSnapshotIsNotGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{Silent: true}
		w := start(t, model.Serve, nil)
		w.function.Terms.Capabilities = snapshots
		wantAnswer(t, w.call("7", "Add", "x"), "x")
		for range 4 {
			w.call("7", "Add", "x")
		}
		begin := time.Now()
		wantAnswer(t, w.call("7", "Get", ""), "xxxxx")
		if took := time.Since(begin); took != 60*time.Second {
			t.Errorf("answered after %v", took)
		}
		wantReports(t, w, "ES-ASK-003")
	})
}

// CORE-CANCEL-001, CORE-CANCEL-008: the function hears why nobody waits for the
// command that it is at.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cancels []entityv1.CancelReason
		cancelled := make(chan struct{}, 2)
		w := start(t, func(s *runtimetest.Stream) error {
			for {
				request, err := s.Recv()
				if err != nil {
					return nil //nolint:nilerr // the proxy has half-closed the stream, or reset it
				}
				if request.GetCancel() == nil {
					continue
				}
				cancels = append(cancels, request.GetCancel().GetReason())
				reply := runtimetest.Fail(&entityv1.Failure{Code: 1, Description: "given up"})
				reply.CommandId = request.GetCancel().GetCommandId()
				if err := s.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}); err != nil {
					return err
				}
				cancelled <- struct{}{}
			}
		}, nil)
		w.function.Terms.Capabilities = cancel
		left, leave := context.WithCancel(t.Context())
		outcome := w.submit(left, "7", "Add", "a")
		synctest.Wait()
		leave()
		<-cancelled
		wantAnswer(t, answer(<-outcome), "Canceled: given up")
		late, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		outcome = w.submit(late, "7", "Add", "a")
		<-cancelled
		wantAnswer(t, answer(<-outcome), "Canceled: given up")
		if len(cancels) != 2 || cancels[0] != entityv1.CancelReason_CANCEL_REASON_CALLER_GONE || cancels[1] != entityv1.CancelReason_CANCEL_REASON_DEADLINE {
			t.Errorf("the function heard %v", cancels)
		}
	})
}

// CORE-CANCEL-007: a cancelled command is outstanding until it is answered, so that the
// next one waits, and its time counts from when it was sent.
func TestCancelledIsOutstanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancels := make(chan *entityv1.Cancel, 2)
		w := start(t, cancelled(cancels), nil)
		w.function.Terms.Capabilities = cancel
		begin := time.Now()
		impatient, stop := context.WithTimeout(t.Context(), 50*time.Second)
		defer stop()
		first := w.submit(impatient, "7", "Add", "a")
		second := w.submit(t.Context(), "7", "Add", "b")
		if id := (<-cancels).GetCommandId(); id != 1 || time.Since(begin) != 50*time.Second {
			t.Errorf("command %d was cancelled after %v", id, time.Since(begin))
		}
		wantCode(t, <-first, codes.DeadlineExceeded)
		if took := time.Since(begin); took != 60*time.Second {
			t.Errorf("given up after %v", took)
		}
		wantCode(t, <-second, codes.DeadlineExceeded) // It was sent on the next stream.
		if took := time.Since(begin); took != 120*time.Second {
			t.Errorf("the next one was given up after %v", took)
		}
	})
}
