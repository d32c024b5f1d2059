package router_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// effects adds side effects to a reply, each "Method:request"; a synchronous one
// has "!" before it.
func effects(reply *eventsourcedv1.EventSourcedReply, targets ...string) *eventsourcedv1.EventSourcedReply {
	for _, target := range targets {
		name, synchronous := strings.CutPrefix(target, "!")
		method, request, _ := strings.Cut(name, ":")
		reply.SideEffects = append(reply.SideEffects, &entityv1.SideEffect{
			ServiceName: "shop.Cart", CommandName: method, Payload: runtimetest.Text(request), Synchronous: synchronous,
		})
	}
	return reply
}

// FX-FWD-006: a side effect's metadata is the command's too, and absent when it is
// empty. TestForward shows the same of forwards.
func TestSideEffectMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				reply := effects(say("done"), "!Note:8", "!Note:8")
				reply.GetSideEffects()[0].Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
					Key: "colour", Value: &entityv1.MetadataEntry_StringValue{StringValue: "red"},
				}}}
				reply.GetSideEffects()[1].Metadata = &entityv1.Metadata{}
				return reply
			},
			"Note": say,
		}, nil)
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		if got := w.commands[1].GetMetadata().GetEntries(); len(got) != 1 || got[0].GetStringValue() != "red" {
			t.Errorf("the first side effect came with %v", got)
		}
		if got := w.commands[2].GetMetadata(); got != nil {
			t.Errorf("the second side effect came with %v, want none", got)
		}
	})
}

// FX-EFF-006, FX-LIMIT-001: a side effect of that sort is not started, the function
// is told, and the answer is as if it were not there.
func TestSideEffectThatLeadsNowhere(t *testing.T) {
	for name, test := range leadsNowhere {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, map[string]script{"Get": say, "Do": func(string) *eventsourcedv1.EventSourcedReply {
					reply := say("done")
					reply.SideEffects = []*entityv1.SideEffect{{
						ServiceName: test.service, CommandName: test.method, Synchronous: true,
						Payload: &anypb.Any{TypeUrl: test.typeURL, Value: []byte(test.request)}, Metadata: noted(test.note),
					}}
					return reply
				}}, func(c *router.Config) { c.MaxMetadata = 80 })
				w.maxRequest = 100
				want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
				want(t, "reported", w.reported(), "FX-EFF-001")
				want(t, "the function heard", w.heard(), "Do:7")
			})
		})
	}
}

// FX-EFF-004, FX-ORDER-002: side effects start in their order; a synchronous one ends, with
// all that follows from it, before the next starts and before the answer.
func TestSideEffectsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				return effects(say("done"), "Note:8 a", "Note:8 b", "!Chain:9", "Note:9 z", "!Slow:8")
			},
			"Chain": func(string) *eventsourcedv1.EventSourcedReply {
				return effects(forward("Slow", "9"), "!Note:9 chained")
			},
			"Slow": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(time.Second)
				return say("slept")
			},
			"Note": say,
		}, nil)
		begin := time.Now()
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("answered after %v, want 2 s: both synchronous side effects", took)
		}
		heard := w.heard()
		for _, order := range [][]string{
			{"Note:8 a", "Note:8 b", "Slow:8"},
			{"Chain:9", "Note:9 chained", "Slow:9", "Note:9 z"},
			{"Slow:9", "Slow:8"},
		} {
			last := -1
			for _, command := range order {
				at := strings.Index(heard, command)
				if at <= last {
					t.Errorf("the function heard %q, want the order %v", heard, order)
				}
				last = at
			}
		}
	})
}

// An asynchronous side effect is not waited for.
func TestAsynchronousSideEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply { return effects(say("done"), "Slow:8") },
			"Slow": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(time.Second)
				return say("slept")
			},
		}, nil)
		begin := time.Now()
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		if took := time.Since(begin); took != 0 {
			t.Errorf("answered after %v", took)
		}
	})
}

// FX-EFF-005, FX-EFF-009: side effects that fail, lead nowhere or take too long
// change nothing for the caller.
func TestSideEffectsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				return effects(say("done"), "!Fail:8", "Nowhere:8", "!Slow:9", "!Note:8 after")
			},
			"Fail": func(string) *eventsourcedv1.EventSourcedReply {
				return runtimetest.Fail(&entityv1.Failure{Description: "no"})
			},
			"Slow": func(string) *eventsourcedv1.EventSourcedReply {
				time.Sleep(10 * time.Second)
				return say("slept")
			},
			"Note": say,
		}, func(c *router.Config) { c.EffectTimeout = time.Second })
		begin := time.Now()
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("answered after %v, want the time of one side effect", took)
		}
		want(t, "reported", w.reported(), "FX-EFF-001")
		want(t, "the function heard", w.heard(), "Do:7, Fail:8, Slow:9, Note:8 after")
	})
}

// FX-EFF-007: a side effect of an entity to itself, synchronous too, runs once the
// entity has answered: nothing deadlocks, even with no goroutine to spare.
func TestSideEffectToItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				return effects(say("done"), "!More:7", "More:7", "!More:7")
			},
			"More": func(string) *eventsourcedv1.EventSourcedReply { return effects(say("more"), "!Note:7", "Note:7") },
			"Note": say,
		}, func(c *router.Config) { c.Background = 1 })
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(w.commands); n != 10 {
			t.Errorf("the function heard %d commands, want 10: %s", n, w.heard())
		}
	})
}
