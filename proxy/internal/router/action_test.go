package router_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// answer is a unary action that answers each request by the response.
func answer(respond func(request string) *actionv1.ActionResponse) act {
	return act{wire.Unary, func(c *callstest.Call, first *actionv1.ActionCommand) error {
		return c.Send(respond(string(first.GetPayload().GetValue())))
	}}
}

// emit is an action with one request that answers by the responses.
func emit(responses ...*actionv1.ActionResponse) act {
	return act{wire.StreamedOut, func(c *callstest.Call, _ *actionv1.ActionCommand) error {
		for _, response := range responses {
			if err := c.Send(response); err != nil {
				return err
			}
		}
		return nil
	}}
}

// chat is an action that streams both ways and answers each request by itself.
var chat = act{wire.Streamed, func(c *callstest.Call, _ *actionv1.ActionCommand) error {
	for {
		command, err := c.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.Send(callstest.Reply(string(command.GetPayload().GetValue()))); err != nil {
			return err
		}
	}
}}

// sideEffect is one to "shop.Cart", written as effects has it.
func sideEffect(service, target string) *entityv1.SideEffect {
	effect := effects(&eventsourcedv1.EventSourcedReply{}, target).GetSideEffects()[0]
	effect.ServiceName = service
	return effect
}

// caller is a caller that streams the requests, half-closes, and keeps what it gets.
type caller struct {
	requests []string
	// hangs makes it neither send nor half-close after the requests, until its end.
	hangs context.Context
	items []*entityv1.Reply
}

func (c *caller) Receive() ([]byte, error) {
	if len(c.requests) > 0 {
		request := c.requests[0]
		c.requests = c.requests[1:]
		return []byte(request), nil
	}
	if c.hangs != nil {
		<-c.hangs.Done()
		return nil, c.hangs.Err()
	}
	return nil, io.EOF
}

func (c *caller) Send(reply *entityv1.Reply) error {
	c.items = append(c.items, reply)
	return nil
}

func (c *caller) got() string {
	var all []string
	for _, item := range c.items {
		all = append(all, string(item.GetPayload().GetValue()))
	}
	return strings.Join(all, " ")
}

// stream calls a method of the service, and returns what becomes of the call.
func (w *world) stream(ctx context.Context, service, name string, caller router.Caller) string {
	err := w.Stream(ctx, service, name, nil, caller)
	if err == nil {
		return "OK"
	}
	s := status.Convert(err)
	return s.Code().String() + ": " + s.Message()
}

// convert calls the method of the action, as call does that of the entity.
func (w *world) convert(ctx context.Context, name, request string) string {
	reply, err := w.Call(ctx, "shop.Rates", name, []byte(request), nil)
	if err != nil {
		s := status.Convert(err)
		return s.Code().String() + ": " + s.Message()
	}
	return string(reply.GetPayload().GetValue())
}

// ACT-OPEN-001, CORE-CMD-011: a unary action gets the caller's request and answers it. It
// needs no key.
func TestUnaryAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, nil)
		w.actions = map[string]act{
			"Convert": answer(func(request string) *actionv1.ActionResponse { return callstest.Reply(request + "!") }),
			"Refuse":  answer(func(string) *actionv1.ActionResponse { return callstest.Fail(codes.NotFound, "no") }),
		}
		metadata := noted("red")
		reply, err := w.Call(t.Context(), "shop.Rates", "Convert", []byte("tea"), metadata)
		if err != nil || string(reply.GetPayload().GetValue()) != "tea!" {
			t.Fatalf("%v, %v", reply, err)
		}
		first := w.performed[0]
		if first.GetServiceName() != "shop.Rates" || first.GetName() != "Convert" || first.GetMetadata().GetEntries()[0].GetStringValue() != "red" {
			t.Errorf("the action got %v", first)
		}
		want(t, "a refusal", w.convert(t.Context(), "Refuse", ""), "NotFound: no")
	})
}

// FX-FWD-002, FX-FWD-005, ACT-ANSWER-011: actions forward to entities and entities to actions,
// after their side effects, of which either may be the target.
func TestActionsAndEntitiesForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Get":  say,
			"Note": say,
			"Ask": func(text string) *eventsourcedv1.EventSourcedReply {
				reply := forward("", "")
				f := reply.GetClientAction().GetForward()
				f.ServiceName, f.CommandName, f.Payload = "shop.Rates", "Convert", callstest.Text(text)
				reply.SideEffects = []*entityv1.SideEffect{sideEffect("shop.Rates", "!Log:entity")}
				return reply
			},
		}, nil)
		var logged []string
		w.actions = map[string]act{
			"Convert": answer(func(request string) *actionv1.ActionResponse {
				return callstest.Forward("shop.Cart", "Get", "8 "+request, sideEffect("shop.Cart", "!Note:9"), sideEffect("shop.Rates", "!Log:action"))
			}),
			"Log": answer(func(request string) *actionv1.ActionResponse {
				logged = append(logged, request)
				return callstest.Reply("")
			}),
			"Lost": answer(func(string) *actionv1.ActionResponse { return callstest.Forward("shop.Bin", "Get", "") }),
		}
		want(t, "answer", w.call(t.Context(), "Ask", "7 tea"), "tea")
		want(t, "the entities heard", w.heard(), "Ask:7 tea, Note:9, Get:8 tea")
		want(t, "logged", strings.Join(logged, " "), "entity action")
		want(t, "a forward that leads nowhere", w.convert(t.Context(), "Lost", ""), "Unimplemented: nobody serves shop.Bin/Get")
		want(t, "reports", w.reported(), "FX-FWD-001")
		want(t, "blamed", strings.Join(w.blamed, " "), "/0")
		if !strings.HasPrefix(w.told[0], "shop.Rates/Lost: ") { // ACT-REPORT-001
			t.Errorf("the function is told %q", w.told[0])
		}
	})
}

// FX-FWD-010: an action that answers rightly for itself and not for the method that the
// caller called, by its own reply or by what it forwards to.
func TestForwardToAnActionOfAnotherType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := func(method string) script {
			return func(string) *eventsourcedv1.EventSourcedReply {
				reply := forward(method, "8")
				f := reply.GetClientAction().GetForward()
				f.ServiceName = "shop.Rates"
				return reply
			}
		}
		w := start(t, map[string]script{
			"Begin": ask("Count"), "Further": ask("Pass"),
			"Tally": func(string) *eventsourcedv1.EventSourcedReply {
				reply := say("3")
				reply.GetClientAction().GetReply().Payload.TypeUrl = "t/test.Number"
				return reply
			},
		}, nil)
		w.response = func(method string) string {
			if method == "Count" || method == "Tally" {
				return "test.Number"
			}
			return "test.Text"
		}
		w.actions = map[string]act{
			"Count": answer(func(string) *actionv1.ActionResponse {
				response := callstest.Reply("3")
				response.GetReply().Payload.TypeUrl = "t/test.Number"
				return response
			}),
			"Pass": answer(func(string) *actionv1.ActionResponse { return callstest.Forward("shop.Cart", "Tally", "9") }),
		}
		wantCode(t, w.call(t.Context(), "Begin", "7"), codes.Internal)
		wantCode(t, w.call(t.Context(), "Further", "7"), codes.Internal)
		want(t, "reported", w.reported(), "FX-FWD-010, FX-FWD-010")
		want(t, "blamed", strings.Join(w.blamed, " "), "7/1 /0")
		want(t, "by itself", w.convert(t.Context(), "Count", ""), "3")
	})
}

// FX-SHAPE-001, FX-SHAPE-002: neither a forward nor a side effect reaches a method that
// streams, of an action or an entity; the target is not asked.
func TestErrandsToMethodsThatStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{
			"Effect": func(string) *eventsourcedv1.EventSourcedReply {
				reply := say("done")
				reply.SideEffects = []*entityv1.SideEffect{sideEffect("shop.Rates", "!Out:x"), sideEffect("shop.Rates", "Chat:x")}
				return reply
			},
			"Forward": func(string) *eventsourcedv1.EventSourcedReply {
				reply := forward("Out", "x")
				reply.GetClientAction().GetForward().ServiceName = "shop.Rates"
				return reply
			},
		}, nil)
		w.actions = map[string]act{
			"Out": emit(callstest.Reply("x")), "Chat": chat,
			"Pass": emit(callstest.Forward("shop.Rates", "Out", "x")),
		}
		want(t, "answer", w.call(t.Context(), "Effect", "7"), "done")
		want(t, "reported", strings.Join(slices.Compact(w.reports), ", "), "FX-SHAPE-002")
		wantCode(t, w.call(t.Context(), "Forward", "7"), codes.Internal)
		wantCode(t, w.stream(t.Context(), "shop.Rates", "Pass", &caller{requests: []string{""}}), codes.Internal)
		want(t, "reported", strings.Join(slices.Compact(w.reports[2:]), ", "), "FX-SHAPE-001")
		if n := w.calling.Opened(); n != 1 {
			t.Errorf("%d calls were made, and one is of the caller", n)
		}
	})
}

// FX-DEPTH-001, FX-DEPTH-003: actions count as commands: an endless chain of them ends.
func TestDepthOfActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, nil)
		w.actions = map[string]act{
			"Loop": answer(func(string) *actionv1.ActionResponse { return callstest.Forward("shop.Rates", "Loop", "") }),
			"Many": emit(
				callstest.Forward("shop.Rates", "One", ""), callstest.Forward("shop.Rates", "One", ""), callstest.Forward("shop.Rates", "One", ""),
				callstest.Forward("shop.Rates", "One", ""), callstest.Forward("shop.Rates", "One", ""), callstest.Forward("shop.Rates", "One", ""),
				callstest.Forward("shop.Rates", "One", ""), callstest.Forward("shop.Rates", "One", ""), callstest.Forward("shop.Rates", "One", ""),
			),
			"One": answer(func(string) *actionv1.ActionResponse { return callstest.Reply("1") }),
		}
		wantCode(t, w.convert(t.Context(), "Loop", ""), codes.FailedPrecondition)
		want(t, "reported", w.reported(), "FX-FWD-004")
		if n := w.calling.Opened(); n != 9 {
			t.Errorf("%d calls were made, want the first and 8 forwards", n)
		}
		caller := &caller{requests: []string{""}}
		want(t, "many forwards of one call", w.stream(t.Context(), "shop.Rates", "Many", caller), "OK")
		want(t, "its items", caller.got(), "1 1 1 1 1 1 1 1 1")
	})
}

// ACT-TIME-001, FX-FWD-009, FX-EFF-010: a forward to an action has what is left of the
// caller's time, and a side effect has none of it.
func TestTimeLeftToActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Do": func(string) *eventsourcedv1.EventSourcedReply {
			time.Sleep(100 * time.Millisecond)
			reply := forward("When", "")
			reply.GetClientAction().GetForward().ServiceName = "shop.Rates"
			reply.SideEffects = []*entityv1.SideEffect{sideEffect("shop.Rates", "!When:x")}
			return reply
		}}, nil)
		var lefts []string
		w.actions = map[string]act{"When": {wire.Unary, func(c *callstest.Call, _ *actionv1.ActionCommand) error {
			left := "none"
			if deadline, ok := c.Context().Deadline(); ok {
				left = time.Until(deadline).String()
			}
			lefts = append(lefts, left)
			return c.Send(callstest.Reply(left))
		}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		want(t, "answer", w.call(ctx, "Do", "7"), "900ms")
		want(t, "left", strings.Join(lefts, " "), "none 900ms")
	})
}

// ACT-CANCEL-001, ACT-END-009: a caller that goes away cancels the action to which its
// call was forwarded, and no side effect of it.
func TestCallerLeavesAForwardToAnAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan time.Duration, 2)
		begin := time.Now()
		hang := func(c *callstest.Call, first *actionv1.ActionCommand) error {
			select {
			case <-c.Context().Done():
				cancelled <- time.Since(begin)
			case <-time.After(10 * time.Second):
			}
			return c.Send(callstest.Reply(""))
		}
		w := start(t, nil, nil)
		w.actions = map[string]act{
			"Begin": answer(func(string) *actionv1.ActionResponse {
				return callstest.Forward("shop.Rates", "Hang", "", sideEffect("shop.Rates", "Effect:x"))
			}),
			"Hang": {wire.Unary, hang}, "Effect": {wire.Unary, hang},
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantCode(t, w.convert(ctx, "Begin", ""), codes.DeadlineExceeded)
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		w.calling.Wait()
		close(cancelled)
		var all []time.Duration
		for at := range cancelled {
			all = append(all, at)
		}
		if len(all) != 1 || all[0] != time.Second {
			t.Errorf("calls were cancelled after %v", all)
		}
	})
}

// FX-ORDER-002, FX-EFF-009: a synchronous side effect to an action has ended when all that
// follows from it synchronously has; one that takes too long is waited for no longer.
func TestSynchronousEffectToAnAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Slow": slow(5 * time.Second), "Do": func(text string) *eventsourcedv1.EventSourcedReply {
			reply := say("done")
			reply.SideEffects = []*entityv1.SideEffect{sideEffect("shop.Rates", "!"+text+":x")}
			return reply
		}}, nil)
		w.actions = map[string]act{
			"Follow": answer(func(string) *actionv1.ActionResponse {
				return callstest.Reply("", sideEffect("shop.Cart", "!Slow:8"))
			}),
			"Hang": {wire.Unary, func(c *callstest.Call, _ *actionv1.ActionCommand) error {
				<-c.Context().Done()
				return nil
			}},
		}
		begin := time.Now()
		want(t, "answer", w.call(t.Context(), "Do", "7 Follow"), "done")
		want(t, "it took", time.Since(begin).String(), "5s")
		begin = time.Now()
		want(t, "answer", w.call(t.Context(), "Do", "7 Hang"), "done")
		want(t, "it took", time.Since(begin).String(), "1m0s")
	})
}

// FX-TIME-002: a side effect that has waited so long for a stream to its action is never
// sent.
func TestEffectToAnActionWaitsInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Do": func(string) *eventsourcedv1.EventSourcedReply {
			reply := say("done")
			reply.SideEffects = []*entityv1.SideEffect{sideEffect("shop.Rates", "One:x")}
			return reply
		}}, func(c *router.Config) { c.EffectTimeout = time.Second })
		w.actions = map[string]act{"One": answer(func(string) *actionv1.ActionResponse { return callstest.Reply("1") })}
		w.calling.Fill()
		want(t, "answer", w.call(t.Context(), "Do", "7"), "done")
		begin := time.Now()
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "the drain took", time.Since(begin).String(), "1s")
	})
}
