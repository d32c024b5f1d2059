package router_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// ACT-REQ-001, ACT-ANSWER-008: a call that streams both ways.
func TestStreamedAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, nil)
		w.actions = map[string]act{"Chat": chat, "One": answer(func(string) *actionv1.ActionResponse { return callstest.Reply("1") })}
		caller := &caller{requests: []string{"a", "b", "c"}}
		want(t, "status", w.stream(t.Context(), "shop.Rates", "Chat", caller), "OK")
		want(t, "items", caller.got(), "a b c")
		wantCode(t, w.convert(t.Context(), "Chat", ""), codes.Unavailable)
		wantCode(t, w.stream(t.Context(), "shop.Rates", "One", caller), codes.Unavailable)
	})
}

// A caller of a method that takes one request sends just that.
func TestOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, nil)
		w.actions = map[string]act{"Out": emit(callstest.Reply("x"))}
		want(t, "none", w.stream(t.Context(), "shop.Rates", "Out", &caller{}), "InvalidArgument: the call carries no request")
		want(t, "two", w.stream(t.Context(), "shop.Rates", "Out", &caller{requests: []string{"a", "b"}}), "InvalidArgument: the call carries more than one request")
		want(t, "one", w.stream(t.Context(), "shop.Rates", "Out", &caller{requests: []string{"a"}}), "OK")
		if n := w.calling.Opened(); n != 1 {
			t.Errorf("%d calls of the function", n)
		}
	})
}

// ACT-ANSWER-003, FX-FWD-005: the side effects, the forward and the item of one response
// come before those of the next.
func TestResponsesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Note": slow(time.Second), "Get": slow(time.Second)}, nil)
		w.actions = map[string]act{"Out": emit(
			callstest.Forward("shop.Cart", "Get", "8 first", sideEffect("shop.Cart", "!Note:8 a"), sideEffect("shop.Cart", "Note:8 b")),
			callstest.Reply("second", sideEffect("shop.Cart", "Note:8 c")),
			&actionv1.ActionResponse{SideEffects: []*entityv1.SideEffect{sideEffect("shop.Cart", "!Note:8 d")}},
		)}
		caller := &caller{requests: []string{""}}
		want(t, "status", w.stream(t.Context(), "shop.Rates", "Out", caller), "OK")
		want(t, "items", caller.got(), "first second")
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the entities heard", w.heard(), "Note:8 a, Note:8 b, Get:8 first, Note:8 c, Note:8 d")
	})
}

// CORE-LIMIT-003, CORE-LIMIT-010: of a stream, each request and the metadata of its opening
// may be so large.
func TestStreamTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, func(c *router.Config) { c.MaxMetadata = 10 })
		w.actions = map[string]act{"Chat": chat, "Out": emit(callstest.Reply("x"))}
		w.maxRequest = 5
		wantCode(t, w.stream(t.Context(), "shop.Rates", "Chat", &caller{requests: []string{"12345", "123456"}}), codes.ResourceExhausted)
		wantCode(t, w.stream(t.Context(), "shop.Rates", "Out", &caller{requests: []string{"123456"}}), codes.ResourceExhausted)
		opened := w.calling.Opened()
		if err := w.Stream(t.Context(), "shop.Rates", "Chat", noted("1234567"), &caller{}); fault.KindOf(err) != fault.Exhausted {
			t.Errorf("metadata that is too large: %v", err)
		}
		if n := w.calling.Opened() - opened; n != 0 {
			t.Errorf("%d calls of the function", n)
		}
	})
}

// LIFE-STOP-003, LIFE-STOP-004, LIFE-STOP-006: a drain lets open streams go on, and gives
// them up when its time is over.
func TestDrainWithOpenStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, nil)
		w.actions = map[string]act{"Chat": chat}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan string, 1)
		caller := &caller{requests: []string{"a"}, hangs: ctx}
		go func() { ended <- w.stream(ctx, "shop.Rates", "Chat", caller) }()
		synctest.Wait()
		grace, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		begin, drained := time.Now(), make(chan error, 1)
		go func() { drained <- w.Drain(grace) }()
		synctest.Wait()
		wantCode(t, w.stream(t.Context(), "shop.Rates", "Chat", caller), codes.Unavailable)
		wantCode(t, <-ended, codes.Unavailable)
		want(t, "it went on for", time.Since(begin).String(), "1m0s")
		want(t, "items", caller.got(), "a")
		cancel() // As gRPC ends the stream with its handler.
		if <-drained == nil {
			t.Error("Drain says that all was finished")
		}
	})
}

// watching is a Runtime whose only entity streams what it is given.
type watching struct {
	router.Runtime

	outcomes chan entity.Outcome
	command  entity.Command
	id       entity.ID
	ctx      context.Context
}

func (w *watching) SubmitStreamed(
	ctx context.Context, _ runtime.Target, id entity.ID, command entity.Command,
) (<-chan entity.Outcome, error) {
	w.ctx, w.id, w.command = ctx, id, command
	return w.outcomes, nil
}

// reply is an outcome that gives the caller the text, and has side effects.
func reply(text string, targets ...string) entity.Outcome {
	answer := effects(say(text), targets...)
	return entity.Outcome{Reply: answer.GetClientAction().GetReply(), SideEffects: answer.GetSideEffects()}
}

// watched starts a world whose method "Watch" streams the outcomes.
func watched(t *testing.T, scripts map[string]script, outcomes ...entity.Outcome) (*world, *watching) {
	t.Helper()
	watching := &watching{outcomes: make(chan entity.Outcome, 8)}
	for _, outcome := range outcomes {
		watching.outcomes <- outcome
	}
	scripts["Watch"] = say
	w := start(t, scripts, func(c *router.Config) {
		watching.Runtime = c.Runtime
		c.Runtime = watching
	})
	w.shape = func(method string) wire.Shape {
		if method == "Watch" {
			return wire.StreamedOut
		}
		return wire.Unary
	}
	return w, watching
}

// REP-STREAM-005, REP-STREAM-007, REP-STREAM-008: the responses of a replicated entity reach the
// caller in their order, a forward in the place of one; side effects start before.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, watching := watched(t, map[string]script{"Get": say, "Note": say},
			reply("a", "!Note:9"), entity.Outcome{}, entity.Outcome{Forward: forward("Get", "8 b").GetClientAction().GetForward()}, reply("c"))
		close(watching.outcomes)
		caller := &caller{requests: []string{"7 x"}}
		want(t, "status", w.stream(t.Context(), "shop.Seats", "Watch", caller), "OK")
		want(t, "items", caller.got(), "a b c")
		want(t, "the entities heard", w.heard(), "Note:9, Get:8 b")
		if watching.id.Entity != "7" || watching.command.Name != "Watch" {
			t.Errorf("%v got %+v", watching.id, watching.command)
		}
	})
}

// REP-STREAM-008: a forward that fails ends the call, and the entity hears that nobody
// listens.
func TestWatchEndsWithAFailedForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, watching := watched(t, map[string]script{"Note": say},
			reply("a"), entity.Outcome{Forward: forward("Nowhere", "8").GetClientAction().GetForward()}, reply("c", "Note:9"))
		caller := &caller{requests: []string{"7"}}
		wantCode(t, w.stream(t.Context(), "shop.Seats", "Watch", caller), codes.Unimplemented)
		synctest.Wait()
		if watching.ctx.Err() == nil {
			t.Error("the entity believes that somebody listens")
		}
		close(watching.outcomes)
		want(t, "items", caller.got(), "a")
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the entities heard", w.heard(), "Note:9")
	})
}

// REP-CANCEL-006: a caller that leaves is answered at once; the side effects of what still
// comes are started, and a forward is not sent.
func TestWatcherLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, watching := watched(t, map[string]script{"Note": say, "Get": say}, reply("a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		caller := &caller{requests: []string{"7"}}
		wantCode(t, w.stream(ctx, "shop.Seats", "Watch", caller), codes.DeadlineExceeded)
		last := reply("b", "Note:9")
		last.Forward = forward("Get", "8").GetClientAction().GetForward()
		watching.outcomes <- last
		close(watching.outcomes)
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "items", caller.got(), "a")
		want(t, "the entities heard", w.heard(), "Note:9")
	})
}

// blocked is a caller that reads nothing until its end.
type blocked struct {
	caller

	end context.Context
}

func (b *blocked) Send(*entityv1.Reply) error {
	<-b.end.Done()
	return b.end.Err()
}

// REP-STREAM-007, REP-STREAM-011, CORE-FLOW-002: a caller that does not read holds up no side
// effect and not its entity; its call ends when more than 256 responses wait.
func TestWatcherThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, watching := watched(t, map[string]script{"Note": say})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan string, 1)
		caller := &blocked{caller: caller{requests: []string{"7"}}, end: ctx}
		go func() { ended <- w.stream(ctx, "shop.Seats", "Watch", caller) }()
		for range runtime.MaxResponses {
			watching.outcomes <- reply("x")
		}
		watching.outcomes <- reply("y", "Note:9")
		synctest.Wait()
		want(t, "the entities heard", w.heard(), "Note:9")
		if len(ended) > 0 {
			t.Fatalf("the call has ended: %s", <-ended)
		}
		watching.outcomes <- reply("z")
		wantCode(t, <-ended, codes.ResourceExhausted)
		synctest.Wait()
		if watching.ctx.Err() == nil {
			t.Error("the entity believes that somebody listens")
		}
		close(watching.outcomes)
	})
}

// What goes wrong on the way there leads nowhere, as with a call.
func TestWatchThatLeadsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := watched(t, map[string]script{})
		wantCode(t, w.stream(t.Context(), "shop.Seats", "Watch", &caller{requests: []string{""}}), codes.InvalidArgument)
		wantCode(t, w.stream(t.Context(), "shop.Seats", "Nothing", &caller{}), codes.Unimplemented)
		if strings.Contains(w.heard(), "Watch") {
			t.Error("the entity was asked")
		}
	})
}
