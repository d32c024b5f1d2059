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

func forward(method, request string) *eventsourcedv1.EventSourcedReply {
	return runtimetest.Forward("shop.Cart", method, request)
}

// FX-FWD-002, FX-FWD-006: the caller gets what the target answers, whatever chain
// leads to it. The type URL's prefix is the proxy's own; metadata is the forward's,
// and absent when it is empty.
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

// leadsNowhere lists errands that cannot be carried out, and the code with which
// a forward of that kind fails.
var leadsNowhere = map[string]struct {
	service, method, typeURL, request, note string
	want                                    codes.Code
}{
	"unknown service": {service: "shop.Bin", method: "Get", typeURL: text, request: "8", want: codes.Unimplemented},
	"unknown method":  {service: "shop.Cart", method: "Put", typeURL: text, request: "8", want: codes.Unimplemented},
	"other input":     {service: "shop.Cart", method: "Get", typeURL: "t/test.Number", request: "8", want: codes.Internal},
	"no payload":      {service: "shop.Cart", method: "Get", want: codes.Internal},
	"no key":          {service: "shop.Cart", method: "Get", typeURL: text, want: codes.InvalidArgument},
	"metadata":        {service: "shop.Cart", method: "Get", typeURL: text, request: "8", note: strings.Repeat("x", 90), want: codes.ResourceExhausted},
	"too large":       {service: "shop.Cart", method: "Get", typeURL: text, request: "8 " + strings.Repeat("x", 99), want: codes.ResourceExhausted},
}

// noted is metadata of one entry; nil without a note.
func noted(note string) *entityv1.Metadata {
	if note == "" {
		return nil
	}
	return &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
		Key: "note", Value: &entityv1.MetadataEntry_StringValue{StringValue: note},
	}}}
}

// FX-FWD-003, FX-FWD-007, FX-LIMIT-001, CORE-LIMIT-013: a forward that leads nowhere, or is too
// large, fails that call alone, and the function is told.
func TestForwardThatLeadsNowhere(t *testing.T) {
	for name, test := range leadsNowhere {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, map[string]script{"Get": say, "Do": func(string) *eventsourcedv1.EventSourcedReply {
					reply := runtimetest.Forward(test.service, test.method, "")
					forward := reply.GetClientAction().GetForward()
					forward.Payload = &anypb.Any{TypeUrl: test.typeURL, Value: []byte(test.request)}
					forward.Metadata = noted(test.note)
					return reply
				}}, func(c *router.Config) { c.MaxMetadata = 80 })
				w.maxRequest = 100
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

// FX-FWD-010: a target that answers rightly for itself, and not for the method that
// the caller called. The function is told of the command that forwarded.
func TestForwardToAnotherType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Get":   say,
			"Begin": func(string) *eventsourcedv1.EventSourcedReply { return effects(forward("Count", "8"), "!Count:9") },
			"Count": func(string) *eventsourcedv1.EventSourcedReply {
				reply := say("3")
				reply.GetClientAction().GetReply().Payload.TypeUrl = "t/test.Number"
				reply.Events = []*anypb.Any{runtimetest.Text("counted")}
				return reply
			},
		}, nil)
		w.response = func(method string) string {
			if method == "Count" {
				return "test.Number"
			}
			return "test.Text"
		}
		want(t, "answer", w.call(t.Context(), "Count", "8"), "3")
		wantCode(t, w.call(t.Context(), "Begin", "7"), codes.Internal)
		want(t, "reported", w.reported(), "FX-FWD-010")
		want(t, "blamed", strings.Join(w.blamed, ", "), "7/1")
		want(t, "the function heard", w.heard(), "Count:8, Begin:7, Count:9, Count:8")
		if n := w.function.Opened(); n != 3 {
			t.Errorf("%d streams were opened for three entities: what both have done stands", n)
		}
	})
}

// FX-FWD-005: a forward waits for the synchronous side effects of its reply, and
// for nothing of the others but that they have started.
func TestForwardAfterSideEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(string) *eventsourcedv1.EventSourcedReply {
			time.Sleep(time.Second)
			return say("slept")
		}
		begin := time.Now()
		w := start(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				return effects(forward("End", "7"), "Slow:8", "!Slow:9")
			},
			"Slow": slow,
			"End": func(string) *eventsourcedv1.EventSourcedReply {
				took := time.Since(begin)
				return say(took.String())
			},
		}, nil)
		want(t, "the forward was sent after", w.call(t.Context(), "Do", "7"), "1s")
		if heard := w.heard(); !strings.HasSuffix(heard, ", End:7") || strings.Count(heard, "Slow") != 2 {
			t.Errorf("the function heard %q, want the forward last", heard)
		}
	})
}

// FX-FWD-004, FX-DEPTH-001, FX-DEPTH-002, FX-DEPTH-003, FX-EFF-007: an endless
// chain, of an entity to itself, ends with a code, which the function is told, and
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
