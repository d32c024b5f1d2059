package runtime_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// slow answers each command after a second.
func slow(_ *runtimetest.Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	time.Sleep(time.Second)
	return runtimetest.Model{}.Reply(state, command)
}

// LIFE-STOP-004, LIFE-STOP-005: Drain finishes the command that is out and those that wait, half-closes every
// stream, and refuses what comes.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{Answer: slow}.Serve, nil)
		var outcomes []<-chan entity.Outcome
		for n := range 10 {
			outcomes = append(outcomes, w.submit(t.Context(), strconv.Itoa(n%3), "Add", "x"))
		}
		idle := w.call("idle", "Get", "")
		wantAnswer(t, idle, "")
		done := make(chan error, 1)
		go func() { done <- w.Drain(t.Context()) }()
		synctest.Wait()
		_, err := w.Submit(t.Context(), w.target, entity.ID{Service: "s", Entity: "e"}, entity.Command{})
		wantCode(t, entity.Outcome{Err: err}, codes.Unavailable)
		for n, outcome := range outcomes {
			wantAnswer(t, answer(<-outcome), "xxxx"[:n/3+1])
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.function.Wait() // Every stream has ended by itself.
		wantReports(t, w)
	})
}

// LIFE-STOP-006: when its time is up, Drain gives up what is left. Every caller is
// answered, and every stream reset.
func TestDrainGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(s *runtimetest.Stream) error {
			if _, err := s.Recv(); err != nil {
				return err
			}
			<-s.Context().Done()
			return s.Context().Err()
		}, nil)
		first := w.submit(t.Context(), "7", "Add", "a")
		second := w.submit(t.Context(), "7", "Add", "b")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if err := w.Drain(ctx); err == nil {
			t.Error("Drain says that all was finished")
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("Drain took %v", took)
		}
		wantCode(t, <-first, codes.Unavailable)
		wantCode(t, <-second, codes.Unavailable)
	})
}
