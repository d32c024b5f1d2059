package router_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
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

func forward(method, request string) *eventsourcedv1.EventSourcedReply {
	return runtimetest.Forward("shop.Cart", method, request)
}

// FX-FWD-002: the caller gets what the target answers, whatever chain leads to
// it. The type URL's prefix is the proxy's own; metadata is the forward's, and
// absent when it is empty.
func TestForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"A": func(string) *eventsourcedv1.EventSourcedReply {
				reply := forward("B", "8 on")
				f := reply.GetClientAction().GetForward()
				f.Payload = &anypb.Any{TypeUrl: "example.com/test.Text", Value: f.GetPayload().GetValue()}
				f.Metadata = &entityv1.Metadata{}
				return reply
			},
			"B": func(string) *eventsourcedv1.EventSourcedReply {
				reply := forward("C", "9 end")
				reply.GetClientAction().GetForward().Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
					Key: "colour", Value: &entityv1.MetadataEntry_StringValue{StringValue: "red"},
				}}}
				return reply
			},
			"C":      say,
			"Refuse": func(string) *eventsourcedv1.EventSourcedReply { return forward("Fail", "8 no") },
			"Fail": func(text string) *eventsourcedv1.EventSourcedReply {
				return runtimetest.Fail(&entityv1.Failure{Description: text, Code: int32(codes.NotFound)})
			},
		}, nil)
		want(t, "answer", w.call(t.Context(), "A", "7"), "end")
		want(t, "the function heard", w.heard(), "A:7, B:8 on, C:9 end")
		if b, c := w.commands[1], w.commands[2]; b.GetPayload().GetTypeUrl() != text || b.GetMetadata() != nil ||
			c.GetMetadata().GetEntries()[0].GetStringValue() != "red" {
			t.Errorf("the function got %v and %v", b, c)
		}
		want(t, "answer", w.call(t.Context(), "Refuse", "7"), "NotFound: no")
	})
}

// FX-FWD-003, FX-FWD-007, FX-LIMIT-001: a forward that leads nowhere, or is too
// large, fails that call alone, and the function is told.
func TestForwardThatLeadsNowhere(t *testing.T) {
	for name, test := range map[string]struct {
		service, method, typeURL, request string
		want                              codes.Code
	}{
		"unknown service": {service: "shop.Bin", method: "Get", typeURL: text, request: "8", want: codes.Unimplemented},
		"unknown method":  {service: "shop.Cart", method: "Put", typeURL: text, request: "8", want: codes.Unimplemented},
		"other input":     {service: "shop.Cart", method: "Get", typeURL: "t/test.Number", request: "8", want: codes.Internal},
		"no payload":      {service: "shop.Cart", method: "Get", want: codes.Internal},
		"no key":          {service: "shop.Cart", method: "Get", typeURL: text, want: codes.InvalidArgument},
		"too large":       {service: "shop.Cart", method: "Get", typeURL: text, request: "8 " + strings.Repeat("x", 99), want: codes.ResourceExhausted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, map[string]script{"Get": say, "Do": func(string) *eventsourcedv1.EventSourcedReply {
					reply := runtimetest.Forward(test.service, test.method, "")
					reply.GetClientAction().GetForward().Payload = &anypb.Any{TypeUrl: test.typeURL, Value: []byte(test.request)}
					return reply
				}}, func(c *router.Config) { c.MaxErrand = 100 })
				wantCode(t, w.call(t.Context(), "Do", "7"), test.want)
				want(t, "reported", w.reported(), "FX-FWD-001")
				want(t, "answer", w.call(t.Context(), "Get", "7 tea"), "tea")
				want(t, "the function heard", w.heard(), "Do:7, Get:7 tea")
			})
		})
	}
}

// FX-REPORT-001: a report is about the command that asked for what went wrong,
// also when another forward has led to that.
func TestReportsNameTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Get":   say,
			"Begin": func(string) *eventsourcedv1.EventSourcedReply { return forward("Stray", "8") },
			"Stray": func(string) *eventsourcedv1.EventSourcedReply { return forward("Nowhere", "9") },
		}, nil)
		w.call(t.Context(), "Get", "8 first")
		wantCode(t, w.call(t.Context(), "Begin", "7"), codes.Unimplemented)
		want(t, "blamed", strings.Join(w.blamed, ", "), "8/2")
	})
}

// FX-FWD-004, FX-DEPTH-001, FX-DEPTH-002, FX-DEPTH-003: an endless chain, of an entity to itself, ends with a code and
// without a deadlock; one that is as long as the limit passes.
func TestDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Loop": func(string) *eventsourcedv1.EventSourcedReply { return forward("Loop", "7") },
			"Count": func(text string) *eventsourcedv1.EventSourcedReply {
				if text == "" {
					return say("done")
				}
				return forward("Count", "7 "+text[1:])
			},
			"Spread": func(string) *eventsourcedv1.EventSourcedReply { return effects(say("done"), "!Spread:7") },
		}, nil)
		wantCode(t, w.call(t.Context(), "Loop", "7"), codes.FailedPrecondition)
		want(t, "reported", w.reported(), "FX-FWD-004")
		want(t, "answer", w.call(t.Context(), "Count", "7 12345678"), "done")
		wantCode(t, w.call(t.Context(), "Count", "7 123456789"), codes.FailedPrecondition)
		before := len(w.commands)
		want(t, "answer", w.call(t.Context(), "Spread", "7"), "done")
		if n := len(w.commands) - before; n != 9 {
			t.Errorf("%d commands spread, want the first and 8 side effects", n)
		}
	})
}

// FX-EFF-004: side effects start in their order; a synchronous one ends, with
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

// FX-EFF-005: side effects that fail, lead nowhere or take too long change
// nothing for the caller.
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

// A side effect of an entity to itself, synchronous too, runs once the entity
// has answered: nothing deadlocks, even with no goroutine to spare.
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
