package router_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// slow answers after the time, by the bubble's clock.
func slow(after time.Duration) script {
	return func(text string) *eventsourcedv1.EventSourcedReply {
		time.Sleep(after)
		return say(text)
	}
}

// CORE-TIME-004, FX-FWD-009, FX-EFF-010: a command and a forward say what is left of
// the caller's time; a side effect, and what follows from it, has no part in that.
func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(100*time.Millisecond + time.Microsecond)
				return effects(forward("Get", "8"), "!Go:9")
			},
			"Go":  func(string) *eventsourcedv1.EventSourcedReply { return forward("Get", "9") },
			"Get": say,
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		want(t, "answer", w.call(ctx, "Do", "7"), "")
		want(t, "answer", w.call(t.Context(), "Get", "7"), "")
		var left []int64
		for _, command := range w.commands {
			left = append(left, command.GetTimeout())
		}
		if !slices.Equal(left, []int64{1000, 0, 0, 900, 0}) {
			t.Errorf("of %s the commands had %v ms left", w.heard(), left)
		}
	})
}

// FX-FWD-008: a forward whose caller has gone before it could be sent is not sent.
func TestForwardAfterTheCallerHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(time.Second)
				return forward("Get", "8")
			},
			"Get": say,
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		wantCode(t, w.call(ctx, "Do", "7"), codes.DeadlineExceeded)
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the function heard", w.heard(), "Do:7")
	})
}

// FX-FWD-009: a forward that still waits for its target at the caller's deadline
// is never sent: it has no time of its own.
func TestForwardHasTheCallersTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(60 * time.Millisecond)
				return forward("Get", "8")
			},
			"Slow": slow(time.Second),
			"Get":  say,
		}, nil)
		go w.call(t.Context(), "Slow", "8") // Ends in the bubble: Drain waits for it.
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begin := time.Now()
		wantCode(t, w.call(ctx, "Do", "7"), codes.DeadlineExceeded)
		if took := time.Since(begin); took != 100*time.Millisecond {
			t.Errorf("answered after %v", took)
		}
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the function heard", w.heard(), "Slow:8, Do:7")
	})
}

// FX-TIME-002: a side effect that has waited for its target as long as an effect
// is waited for is never sent.
func TestSideEffectWaitsInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do":   func(string) *eventsourcedv1.EventSourcedReply { return effects(say("done"), "Note:8 late") },
			"Slow": slow(10 * time.Second),
			"Note": say,
		}, func(c *router.Config) { c.EffectTimeout = time.Second })
		go w.call(t.Context(), "Slow", "8") // Ends in the bubble: Drain waits for it.
		synctest.Wait()
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the function heard", w.heard(), "Slow:8, Do:7")
	})
}

// FX-TIME-001: a synchronous side effect is waited for 60 s where nobody has
// configured another time. Its own command has taken 10 s of the 50 by then.
func TestSideEffectTimeByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do":   func(string) *eventsourcedv1.EventSourcedReply { return effects(say("done"), "!Slow:8") },
			"Slow": slow(50 * time.Second),
		}, nil)
		go w.call(t.Context(), "Slow", "8") // Ends in the bubble: Drain waits for it.
		synctest.Wait()
		begin := time.Now()
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		if took := time.Since(begin); took != 60*time.Second {
			t.Errorf("answered after %v, want 60 s", took)
		}
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// FX-ORDER-001, FX-ORDER-003: the side effects and the forward of one reply reach
// one entity in their order, whatever fails between them.
func TestErrandsToOneEntityInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				return effects(forward("Get", "8 last"), "Note:8 a", "!Fail:8 b", "Nowhere:8", "!Note:8 c", "Note:8 d")
			},
			"Fail": func(string) *eventsourcedv1.EventSourcedReply {
				return runtimetest.Fail(&entityv1.Failure{Description: "no"})
			},
			"Note": say, "Get": say,
		}, nil)
		want(t, "answer", w.call(t.Context(), "Do", "7"), "last")
		want(t, "the function heard", w.heard(), "Do:7, Note:8 a, Fail:8 b, Note:8 c, Note:8 d, Get:8 last")
	})
}
