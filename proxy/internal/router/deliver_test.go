package router_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
)

// durably makes the side effects of a reply durable.
func durably(reply *eventsourcedv1.EventSourcedReply) *eventsourcedv1.EventSourcedReply {
	for _, effect := range reply.GetSideEffects() {
		effect.Durable = true
	}
	return reply
}

// failing is a script that fails so many times with a failure that may be made again,
// and then answers.
func failing(times int, after time.Duration) script {
	return func(text string) *eventsourcedv1.EventSourcedReply {
		if times--; times >= 0 {
			return runtimetest.Fail(&entityv1.Failure{
				Description: "later", Code: int32(codes.Unavailable), Retryable: true, RetryAfter: after.Milliseconds(),
			})
		}
		return say(text)
	}
}

// keeps is what the store keeps of effects.
func (w *world) keeps() int {
	n := 0
	if err := w.store.Effects(context.Background(), func(store.Effect) error { n++; return nil }); err != nil {
		w.tb.Error(err)
	}
	return n
}

// FX-DUR-001, FX-DUR-004, FX-DUR-006: the durable side effects of a reply are stored, also
// where it changes nothing, tried in its order, and removed once delivered.
func TestDurableSideEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *world
		w = start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				if n := w.keeps(); n != 0 {
					t.Errorf("%d effects are stored before the reply", n)
				}
				return durably(effects(say("done"), "Note:8 a", "!Note:8 b", "Note:8 c"))
			},
			"Note": say,
		}, nil)
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		synctest.Wait()
		want(t, "the entities heard", w.heard(), "Do:7, Note:8 a, Note:8 b, Note:8 c")
		if n := w.keeps(); n != 0 {
			t.Errorf("%d effects are kept", n)
		}
		keys := map[string]bool{}
		for _, command := range w.commands[1:] {
			keys[keysOf(command.GetMetadata())] = true
		}
		if len(keys) != 3 || keys[""] {
			t.Errorf("the keys are %v", keys)
		}
	})
}

// FX-DUR-005, FX-DUR-007, FX-DUR-008, FX-DUR-009, FX-DUR-018, FX-DUR-021: an attempt that fails
// is made again, the same but for its time; who waits goes on after the first, and so does
// what comes behind.
func TestDurableSideEffectIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				reply := durably(effects(say("done"), "!Flaky:8 x", "!Note:9"))
				reply.GetSideEffects()[0].Metadata = noted("red")
				return reply
			},
			"Flaky": failing(2, 5*time.Second), "Note": say,
		}, nil)
		begin := time.Now()
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		want(t, "it took", time.Since(begin).String(), "0s")
		time.Sleep(time.Minute)
		want(t, "the entities heard", w.heard(), "Do:7, Flaky:8 x, Note:9, Flaky:8 x, Flaky:8 x")
		first, last := w.commands[1].GetMetadata(), w.commands[4].GetMetadata()
		if first.String() != last.String() || keysOf(first) == "" || len(first.GetEntries()) != 2 {
			t.Errorf("the attempts came with %v and %v", first, last)
		}
		want(t, "reported", w.reported(), "")
	})
}

// FX-DUR-004: what has delivered an effect, and what has not.
func TestWhatDelivers(t *testing.T) {
	number := func() *eventsourcedv1.EventSourcedReply {
		reply := say("3")
		reply.GetClientAction().GetReply().Payload = &anypb.Any{TypeUrl: "t/test.Number"}
		return reply
	}
	for name, test := range map[string]struct {
		answer    func() *eventsourcedv1.EventSourcedReply
		delivered bool
	}{
		"a failure":            {func() *eventsourcedv1.EventSourcedReply { return runtimetest.Fail(&entityv1.Failure{Code: 9}) }, true},
		"one for another try":  {func() *eventsourcedv1.EventSourcedReply { return failing(1, 0)("") }, false},
		"nothing":              {func() *eventsourcedv1.EventSourcedReply { return &eventsourcedv1.EventSourcedReply{} }, true},
		"another type":         {number, false},
		"a forward":            {func() *eventsourcedv1.EventSourcedReply { return forward("Get", "9") }, true},
		"a forward nowhere":    {func() *eventsourcedv1.EventSourcedReply { return forward("Nowhere", "9") }, false},
		"a forward that fails": {func() *eventsourcedv1.EventSourcedReply { return forward("Never", "9") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, map[string]script{
					"Do":  func(string) *eventsourcedv1.EventSourcedReply { return durably(effects(say("done"), "!Try:8")) },
					"Try": func(string) *eventsourcedv1.EventSourcedReply { return test.answer() },
					"Get": say,
					"Never": func(string) *eventsourcedv1.EventSourcedReply {
						return runtimetest.Fail(&entityv1.Failure{Description: "no"})
					},
				}, nil)
				want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
				synctest.Wait()
				if delivered := w.keeps() == 0; delivered != test.delivered {
					t.Errorf("delivered: %t", delivered)
				}
			})
		})
	}
}

// FX-DUR-004, ACT-ANSWER-004: the same of an action, whose status is no answer.
func TestWhatDeliversToAnAction(t *testing.T) {
	for name, test := range map[string]struct {
		serve     act
		delivered bool
	}{
		"a reply":   {answer(func(string) *actionv1.ActionResponse { return callstest.Reply("x") }), true},
		"a failure": {answer(func(string) *actionv1.ActionResponse { return callstest.Fail(codes.NotFound, "no") }), true},
		"no case":   {answer(func(string) *actionv1.ActionResponse { return &actionv1.ActionResponse{} }), true},
		"a status": {act{serve: func(*callstest.Call, *actionv1.ActionCommand) error {
			return status.Error(codes.NotFound, "no")
		}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, map[string]script{"Do": func(string) *eventsourcedv1.EventSourcedReply {
					reply := say("done")
					reply.SideEffects = []*entityv1.SideEffect{sideEffect("shop.Rates", "!Try:x")}
					return durably(reply)
				}}, nil)
				w.actions = map[string]act{"Try": test.serve}
				want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
				synctest.Wait()
				if delivered := w.keeps() == 0; delivered != test.delivered {
					t.Errorf("delivered: %t", delivered)
				}
			})
		})
	}
}

// FX-DUR-011, FX-DUR-012: what leads nowhere is parked without an attempt, and the function
// is told why, of the command that asked for it.
func TestParkedWithoutAnAttempt(t *testing.T) {
	parked := map[string]struct {
		effect func(*entityv1.SideEffect)
		report string
	}{
		"streams":    {func(e *entityv1.SideEffect) { e.ServiceName, e.CommandName = "shop.Rates", "Out" }, "FX-SHAPE-002"},
		"key":        {func(e *entityv1.SideEffect) { e.Metadata = keyed("a", "b") }, "FX-EFF-001"},
		"replicated": {func(e *entityv1.SideEffect) { e.ServiceName, e.Metadata = "shop.Seats", keyed("a") }, "FX-EFF-001"},
	}
	for name, test := range leadsNowhere {
		parked[name] = struct {
			effect func(*entityv1.SideEffect)
			report string
		}{func(e *entityv1.SideEffect) {
			e.ServiceName, e.CommandName, e.Metadata = test.service, test.method, noted(test.note)
			e.Payload = &anypb.Any{TypeUrl: test.typeURL, Value: []byte(test.request)}
		}, "FX-EFF-001"}
	}
	for name, test := range parked {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, map[string]script{"Get": say, "Do": func(string) *eventsourcedv1.EventSourcedReply {
					reply := durably(effects(say("done"), "!Get:8"))
					test.effect(reply.GetSideEffects()[0])
					return reply
				}}, func(c *router.Config) { c.MaxMetadata = 80 })
				w.actions = map[string]act{"Out": emit()}
				w.maxRequest = 100
				want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
				synctest.Wait()
				want(t, "reported", w.reported(), test.report)
				want(t, "blamed", strings.Join(w.blamed, " "), "7/1")
				if all := w.keeper.Parked(); len(all) != 1 || all[0].Attempts != 0 {
					t.Errorf("parked are %v", all)
				}
				want(t, "the entities heard", w.heard(), "Do:7")
			})
		})
	}
}

// FX-DUR-011: beyond the depth.
func TestParkedForItsDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Loop": func(string) *eventsourcedv1.EventSourcedReply { return durably(effects(say("done"), "Loop:7")) },
		}, nil)
		want(t, "answer", w.call(t.Context(), "Loop", "7"), "done")
		synctest.Wait()
		want(t, "reported", w.reported(), "FX-FWD-004")
		if n := len(w.commands); n != 9 {
			t.Errorf("%d commands, want the first and 8 side effects", n)
		}
	})
}

// FX-DUR-004: a function that does not serve is no reason to park.
func TestNotParkedWhileTheFunctionIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *world
		w = start(t, map[string]script{"Get": say, "Do": func(string) *eventsourcedv1.EventSourcedReply {
			w.gone.Store(true)
			return durably(effects(say("done"), "Get:8 x"))
		}}, nil)
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		time.Sleep(10 * time.Second)
		w.gone.Store(false)
		time.Sleep(10 * time.Second)
		want(t, "the entities heard", w.heard(), "Do:7, Get:8 x")
		want(t, "reported", w.reported(), "")
	})
}

// LIFE-STOP-004: a drain waits for the attempts under way, and begins none at an effect
// that pauses.
func TestDrainLeavesWhatPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				return durably(effects(say("done"), "Flaky:8", "Slow:9"))
			},
			"Flaky": failing(9, 0), "Slow": slow(10 * time.Second),
		}, nil)
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		synctest.Wait()
		begin := time.Now()
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the drain took", time.Since(begin).String(), "10s")
		if heard := w.heard(); strings.Count(heard, "Flaky") != 1 {
			t.Errorf("the entities heard %q", heard)
		}
		if n := w.keeps(); n != 1 {
			t.Errorf("%d effects are kept", n)
		}
	})
}

// FX-DUR-017: an entity that is deleted leaves its effects, which are tried like any
// other.
func TestEffectOfADeletedEntity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"End": func(string) *eventsourcedv1.EventSourcedReply {
				reply := durably(effects(say("done"), "Flaky:8 x"))
				reply.Delete = &eventsourcedv1.Delete{}
				return reply
			},
			"Flaky": failing(2, 0),
		}, nil)
		want(t, "answer", w.call(t.Context(), "End", "7"), "done")
		wantCode(t, w.call(t.Context(), "End", "7"), codes.NotFound)
		time.Sleep(10 * time.Second)
		want(t, "the entities heard", w.heard(), "End:7, Flaky:8 x, Flaky:8 x, Flaky:8 x")
		if n := w.keeps(); n != 0 {
			t.Errorf("%d effects are kept", n)
		}
	})
}

// FX-DUR-011: an effect to an entity that was deleted is parked.
func TestEffectToADeletedEntity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"End": func(string) *eventsourcedv1.EventSourcedReply {
				reply := say("done")
				reply.Delete = &eventsourcedv1.Delete{}
				return reply
			},
			"Do":  func(string) *eventsourcedv1.EventSourcedReply { return durably(effects(say("done"), "!Get:8")) },
			"Get": say,
		}, nil)
		want(t, "the end", w.call(t.Context(), "End", "8"), "done")
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		synctest.Wait()
		want(t, "reported", w.reported(), "FX-DUR-011")
		if all := w.keeper.Parked(); len(all) != 1 || all[0].Code != codes.NotFound {
			t.Errorf("parked are %v", all)
		}
	})
}
