package runtime_test

import (
	"errors"
	"strconv"
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

// A function that ends each stream before it takes a command: those that wait
// fail, and no stream is opened for nobody.
func TestFunctionRefusesInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(s *runtimetest.Stream) error {
			if _, err := s.Recv(); err != nil {
				return err
			}
			return s.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{
				Failure: &entityv1.Failure{Description: "no such service"},
			}})
		}, nil)
		outcomes := []<-chan entity.Outcome{
			w.submit(t.Context(), "7", "Get", ""), w.submit(t.Context(), "7", "Get", ""),
		}
		for _, outcome := range outcomes {
			wantCode(t, <-outcome, codes.Internal)
		}
		synctest.Wait()
		if n := w.function.Opened(); n > 2 {
			t.Errorf("%d streams for two commands", n)
		}
	})
}

// ES-REPLAY-009: an entity whose journal breaks off is sent no command. Those that
// wait fail, later ones try again.
func TestStoreDoesNotLoad(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want codes.Code
	}{
		"error":   {err: errDisk, want: codes.Unavailable},
		"corrupt": {err: store.ErrCorrupt, want: codes.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := faultstore.Wrap(filled(t, 3), faultstore.Rule{Op: faultstore.Load, When: faultstore.After, Err: test.err})
				var mended atomic.Bool
				model := runtimetest.Model{Answer: func(
					_ *runtimetest.Stream, state string, command *entityv1.Command,
				) *eventsourcedv1.EventSourcedReply {
					if !mended.Load() {
						t.Errorf("the function was sent %v", command)
					}
					return runtimetest.Model{}.Reply(state, command)
				}}
				w := start(t, model.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
				for range 2 {
					first, second := w.submit(t.Context(), "7", "Get", ""), w.submit(t.Context(), "7", "Get", "")
					wantCode(t, <-first, test.want)
					wantCode(t, <-second, test.want)
				}
				synctest.Wait()
				journal.Clear()
				mended.Store(true)
				wantAnswer(t, w.call("7", "Add", "4"), "1234")
			})
		})
	}
}

// filled returns a store in which entity 7 has n events.
func filled(t *testing.T, n int) store.Store {
	t.Helper()
	journal := memory.New()
	for expected := range n {
		batch := store.Batch{
			Fence: store.Fence{Epoch: 1}, Expected: int64(expected),
			Events: []entity.Event{{Payload: runtimetest.Text(strconv.Itoa(expected + 1))}},
		}
		if err := journal.Append(t.Context(), store.ID{Persistence: "cart", Entity: "7"}, batch); err != nil {
			t.Fatal(err)
		}
	}
	return journal
}

// ES-REPLAY-005, CORE-STREAM-009: a function that cannot read an event says so
// and ends the stream. The replay stops, and those that wait hear the reason.
func TestFunctionCannotReadEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		submitted := make(chan struct{}) // else the first may have failed before the second comes
		w := start(t, func(s *runtimetest.Stream) error {
			<-submitted
			for request, err := s.Recv(); request.GetEvent().GetSequence() < 3; request, err = s.Recv() {
				if err != nil {
					return err
				}
			}
			return s.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{
				Failure: &entityv1.Failure{Description: "no event is called 3"},
			}})
		}, func(c *runtime.Config) { c.Kinds = kinds(filled(t, 1000)) })
		first, second := w.submit(t.Context(), "7", "Get", ""), w.submit(t.Context(), "7", "Get", "")
		close(submitted)
		const want = "Internal: the function says that the stream is broken: no event is called 3 (before the first command)"
		wantAnswer(t, answer(<-first), want)
		wantAnswer(t, answer(<-second), want)
		wantReports(t, w, "CORE-STREAM-006")
	})
}

// A stream that breaks in the middle of the replay.
func TestStreamLostInReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(s *runtimetest.Stream) error {
			for range 5 {
				if _, err := s.Recv(); err != nil {
					return err
				}
			}
			return errors.New("segmentation fault")
		}, func(c *runtime.Config) { c.Kinds = kinds(filled(t, 1000)) })
		wantCode(t, <-w.submit(t.Context(), "7", "Get", ""), codes.Unavailable)
		wantReports(t, w)
	})
}

// The replay goes no faster than the function reads, and a command waits for its
// end (ES-REPLAY-002).
func TestReplayWaitsForTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{}
		w := start(t, func(s *runtimetest.Stream) error {
			time.Sleep(5 * time.Second)
			return model.Serve(s)
		}, func(c *runtime.Config) { c.Kinds = kinds(filled(t, 12)) })
		begin := time.Now()
		wantAnswer(t, w.call("7", "Get", ""), "123456789101112")
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("answered after %v", took)
		}
	})
}

// CORE-STREAM-003: a function that ends a half-closed stream wrongly is told. So is
// one that fails it (CORE-STREAM-006); any other message may have crossed the
// half-close, and is not. None of it disturbs anybody.
func TestFunctionSpeaksAfterHalfClose(t *testing.T) {
	failed := &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{
		Failure: &entityv1.Failure{Description: "broken"},
	}}
	for name, test := range map[string]struct {
		last func(*runtimetest.Stream) error
		told []string
	}{
		"message": {last: func(s *runtimetest.Stream) error { return s.Send(&eventsourcedv1.HandleResponse{}) }},
		"status": {
			last: func(*runtimetest.Stream) error { return errors.New("goodbye") },
			told: []string{"CORE-STREAM-003"},
		},
		"failure": {
			last: func(s *runtimetest.Stream) error { return errors.Join(s.Send(failed), errors.New("goodbye")) },
			told: []string{"CORE-STREAM-006"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				model := runtimetest.Model{}
				w := start(t, func(s *runtimetest.Stream) error {
					return errors.Join(model.Serve(s), test.last(s))
				}, nil)
				wantAnswer(t, w.call("7", "Restart", "no"), "Unknown: no")
				wantAnswer(t, w.call("7", "Add", "a"), "a")
				wantReports(t, w, test.told...)
			})
		})
	}
}
