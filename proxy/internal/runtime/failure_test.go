package runtime_test

import (
	"context"
	"errors"
	"sync/atomic"
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

// CORE-STREAM-013, CORE-STREAM-008: the stream breaks with a command outstanding.
// That command fails; those that wait, which were never sent, go on in their order.
func TestStreamLostMidCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{}
		var lost atomic.Bool
		w := start(t, func(s *runtimetest.Stream) error {
			if !lost.CompareAndSwap(false, true) {
				return model.Serve(s)
			}
			for {
				request, err := s.Recv()
				if err != nil || request.GetCommand() != nil {
					return errors.New("segmentation fault")
				}
			}
		}, nil)
		first := w.submit(t.Context(), "7", "Add", "a")
		second := w.submit(t.Context(), "7", "Add", "b")
		third := w.submit(t.Context(), "7", "Add", "c")
		wantCode(t, <-first, codes.Unavailable)
		wantAnswer(t, answer(<-second), "b")
		wantAnswer(t, answer(<-third), "bc")
	})
}

// CORE-STREAM-010: a function may end a stream while nobody wants anything of it.
// Nobody is told, and the next command finds the state on a new stream.
func TestFunctionEndsIdleStream(t *testing.T) {
	for name, end := range map[string]error{"in order": nil, "otherwise": errors.New("goodbye")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				model := runtimetest.Model{}
				w := start(t, func(s *runtimetest.Stream) error {
					go model.Serve(s) // until the stream ends
					select {
					case <-time.After(time.Second):
					case <-s.Context().Done():
					}
					return end
				}, nil)
				wantAnswer(t, w.call("7", "Add", "a"), "a")
				time.Sleep(2 * time.Second)
				wantAnswer(t, w.call("7", "Add", "b"), "ab")
				if n := w.function.Opened(); n != 2 {
					t.Errorf("%d streams, want 2", n)
				}
				wantReports(t, w)
			})
		})
	}
}

// While the function is gone, commands fail at once, each after one try; when
// it is back, the next one finds the state.
func TestFunctionGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		w.target.Passivation = time.Second
		wantAnswer(t, w.call("7", "Add", "a"), "a")
		time.Sleep(2 * time.Second)
		w.function.Go(errors.New("connection refused"))
		for range 3 {
			wantAnswer(t, w.call("7", "Get", ""), "Unavailable: the user function takes no stream now")
		}
		w.function.Go(nil)
		wantAnswer(t, w.call("7", "Get", ""), "a")
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams, want 2", n)
		}
	})
}

// CORE-STREAM-006: a second answer resets that entity, and no other.
func TestSecondAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{Answer: func(
			s *runtimetest.Stream, state string, command *entityv1.Command,
		) *eventsourcedv1.EventSourcedReply {
			if command.GetName() == "Twice" {
				reply := runtimetest.Reply(state)
				reply.CommandId = command.GetId()
				s.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}})
			}
			return runtimetest.Reply(state)
		}}
		w := start(t, model.Serve, nil)
		wantAnswer(t, w.call("8", "Get", ""), "")
		wantAnswer(t, w.call("7", "Twice", ""), "")
		synctest.Wait()
		wantReports(t, w, "CORE-CMD-002")
		wantAnswer(t, w.call("7", "Get", ""), "")
		wantAnswer(t, w.call("8", "Get", ""), "")
		if n := w.function.Opened(); n != 3 {
			t.Errorf("%d streams, want two for entity 7 and one for entity 8", n)
		}
	})
}

// ES-STORE-004: nothing is acknowledged that the store did not take, and the
// function loads again.
func TestStoreRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want codes.Code
	}{
		"conflict": {err: store.ErrConflict, want: codes.Aborted},
		"error":    {err: errDisk, want: codes.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := faultstore.Wrap(memory.New())
				w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
				wantAnswer(t, w.call("7", "Add", "a"), "a")
				journal.Add(faultstore.Rule{Op: faultstore.Append, Call: 1, Err: test.err})
				refused := w.submit(t.Context(), "7", "Add", "b")
				waiting := w.submit(t.Context(), "7", "Add", "c")
				wantCode(t, <-refused, test.want)
				wantAnswer(t, answer(<-waiting), "ac")
			})
		})
	}
}

// ES-STORE-005: after an append whose outcome is unknown, the state is whatever is
// durable. TestStoreRefuses shows the other half.
func TestStoreTakesAndForgetsToSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := faultstore.Wrap(memory.New(),
			faultstore.Rule{Op: faultstore.Append, Call: 1, When: faultstore.After, Err: errors.New("connection reset")})
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
		wantCode(t, <-w.submit(t.Context(), "7", "Add", "a"), codes.Unavailable)
		wantAnswer(t, w.call("7", "Add", "b"), "ab")
	})
}

// A store that hangs is given up after its time.
func TestStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Hold: faultstore.NewHold()})
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
		begin := time.Now()
		wantCode(t, <-w.submit(t.Context(), "7", "Add", "a"), codes.Unavailable)
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("given up after %v", took)
		}
	})
}

// CORE-TIME-003, CORE-TIME-005: the function does not answer. DEADLINE_EXCEEDED after the proxy's
// own limit, the stream is reset, and those that wait go on.
func TestCommandTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{}
		model.Answer = func(s *runtimetest.Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
			if command.GetName() == "Hang" {
				<-s.Context().Done()
			}
			return runtimetest.Reply(state)
		}
		w := start(t, model.Serve, nil)
		begin := time.Now()
		hung := w.submit(t.Context(), "7", "Hang", "")
		next := w.submit(t.Context(), "7", "Get", "")
		wantCode(t, <-hung, codes.DeadlineExceeded)
		if took := time.Since(begin); took != 60*time.Second {
			t.Errorf("given up after %v", took)
		}
		wantAnswer(t, answer(<-next), "")
	})
}

// A function that does not even read: the proxy's Send itself waits, and its
// limits hold all the same.
func TestFunctionDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64 // How many messages the function reads.
		w := start(t, func(s *runtimetest.Stream) error {
			for range reads.Load() {
				if _, err := s.Recv(); err != nil {
					return err
				}
			}
			<-s.Context().Done()
			return nil
		}, func(c *runtime.Config) { c.ActivationTimeout = 7 * time.Second })
		begin := time.Now()
		wantCode(t, <-w.submit(t.Context(), "7", "Get", ""), codes.Unavailable)
		if took := time.Since(begin); took != 7*time.Second {
			t.Errorf("activation given up after %v", took)
		}
		reads.Store(1) // It reads init, and no command.
		begin = time.Now()
		wantCode(t, <-w.submit(t.Context(), "7", "Get", ""), codes.DeadlineExceeded)
		if took := time.Since(begin); took != 60*time.Second {
			t.Errorf("command given up after %v", took)
		}
	})
}

// full is a function that serves as many streams as it can.
type full struct{}

func (full) Open(ctx context.Context, _ string) (runtime.Stream, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// CORE-TIME-006: a function that takes no further stream. The wait has an end, 60 s
// where nobody has configured another, and says why.
func TestFunctionTakesNoStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, func(c *runtime.Config) { c.Functions = full{} })
		wantAnswer(t, w.call("7", "Get", ""),
			"Unavailable: the user function took no stream in 1m0s: it may serve only so many at once")
	})
}

// CORE-TIME-001, CORE-TIME-002, CORE-TIME-007, CORE-TIME-008: a queued command whose caller has gone is never
// sent; one that was sent runs to its end, and its result is kept. That its
// caller does not wait for it is the router's affair.
func TestCallerGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{}
		slow := runtimetest.Model{Answer: func(
			s *runtimetest.Stream, state string, command *entityv1.Command,
		) *eventsourcedv1.EventSourcedReply {
			time.Sleep(time.Second)
			return model.Reply(state, command)
		}}
		w := start(t, slow.Serve, nil)
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		sent := w.submit(impatient, "7", "Add", "a")
		queued := w.submit(impatient, "7", "Add", "b")
		patient := w.submit(t.Context(), "7", "Add", "c")
		left, leave := context.WithCancel(t.Context())
		canceled := w.submit(left, "7", "Add", "d")
		leave()
		wantAnswer(t, answer(<-sent), "a")
		wantCode(t, <-queued, codes.DeadlineExceeded)
		wantAnswer(t, answer(<-patient), "ac")
		wantCode(t, <-canceled, codes.Canceled)
	})
}

// CORE-LIMIT-002: commands whose callers have gone do not wait, and so take no
// room from those that do.
func TestMailboxForgetsTheGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{Answer: slow}.Serve, func(c *runtime.Config) { c.Mailbox = 3 })
		sent := w.submit(t.Context(), "7", "Add", "a")
		synctest.Wait() // until it is out
		patient := w.submit(t.Context(), "7", "Add", "b")
		impatient, leave := context.WithCancel(t.Context())
		gone := []<-chan entity.Outcome{
			w.submit(impatient, "7", "Add", "x"), w.submit(impatient, "7", "Add", "x"),
		}
		leave()
		late := w.submit(t.Context(), "7", "Add", "c")
		for _, outcome := range gone {
			wantCode(t, <-outcome, codes.Canceled) // at once
		}
		wantAnswer(t, answer(<-sent), "a")
		wantAnswer(t, answer(<-patient), "ab")
		wantAnswer(t, answer(<-late), "abc")
	})
}

// CORE-LIMIT-002: an entity's mailbox is bounded, and the overflow fails that
// caller alone.
func TestMailboxOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := start(t, func(s *runtimetest.Stream) error {
			<-release
			return runtimetest.Model{}.Serve(s)
		}, func(c *runtime.Config) { c.Mailbox = 2 })
		first := w.submit(t.Context(), "7", "Add", "a")
		second := w.submit(t.Context(), "7", "Add", "b")
		_, err := w.Submit(t.Context(), w.target, entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Command{Name: "Add"})
		wantCode(t, entity.Outcome{Err: err}, codes.ResourceExhausted)
		other := w.submit(t.Context(), "8", "Add", "x")
		close(release)
		wantAnswer(t, answer(<-first), "a")
		wantAnswer(t, answer(<-second), "ab")
		wantAnswer(t, answer(<-other), "x")
	})
}
