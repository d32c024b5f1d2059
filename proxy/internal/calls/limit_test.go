package calls_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// ACT-LIMIT-001, ACT-CALL-002: 1000 calls are open at once; one more is refused, and the
// function is sent nothing of it. The next one after an end is not.
func TestTooManyOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan struct{})
		w := start(t, func(c *callstest.Call) error {
			<-finish
			return echo(c)
		}, func(c *calls.Config) { c.Open = 1000 })
		ended := make(chan string, 1000)
		for range 1000 {
			go func() { ended <- w.run(t.Context(), wire.Unary, calling(t.Context())) }()
		}
		synctest.Wait()
		want(t, "status", w.run(t.Context(), wire.Unary, calling(t.Context())), "ResourceExhausted: 1000 calls of actions are open already: try again later")
		if n := w.function.Opened(); n != 1000 {
			t.Errorf("%d calls of the function", n)
		}
		close(finish)
		for range 1000 {
			want(t, "status", <-ended, "OK")
		}
		want(t, "status", w.run(t.Context(), wire.Unary, calling(t.Context())), "OK")
	})
}

// ACT-LIMIT-001: fewer than 1000 is no number of a proxy.
func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := calls.New(calls.Config{}); err == nil {
		t.Error("an empty config was accepted")
	}
	if _, err := calls.New(calls.Config{
		Functions: callstest.New(echo), Reporter: new(world), Log: slog.New(slog.DiscardHandler), Open: 999,
	}); err == nil {
		t.Error("999 calls were accepted")
	}
}

// ACT-FLOW-001: of a caller that streams into a function that does not read, 16 requests
// are taken and no more.
func TestHoldsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := start(t, func(c *callstest.Call) error {
			c.Recv() // the opening
			<-c.Context().Done()
			return nil
		}, nil)
		caller := &caller{ctx: ctx, requests: make(chan string, 100)}
		for n := range 100 {
			caller.requests <- strconv.Itoa(n)
		}
		ended := make(chan string, 1)
		go func() { ended <- w.run(ctx, wire.Streamed, caller) }()
		synctest.Wait()
		if sent, taken := 1, 100-len(caller.requests); taken-sent != action.Held {
			t.Errorf("%d requests are held", taken-sent)
		}
		cancel()
		want(t, "status", <-ended, "Canceled: the caller has gone")
	})
}

// ACT-FLOW-001, ACT-FLOW-002: of a function that streams to a caller that does not read, 16
// responses are taken and no more, the caller's requests go on, and so does another call.
func TestHoldsResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent, heard atomic.Int32
		w := start(t, func(c *callstest.Call) error {
			if !c.Shape.Responses() {
				return echo(c)
			}
			c.Recv() // the opening
			responses := make(chan struct{})
			go func() {
				defer close(responses)
				for n := range 100 {
					if c.Send(callstest.Reply(strconv.Itoa(n))) != nil {
						return
					}
					sent.Add(1)
				}
			}()
			for range 30 {
				if _, err := c.Recv(); err == nil {
					heard.Add(1)
				}
			}
			<-responses
			return nil
		}, nil)
		caller := &caller{ctx: t.Context(), requests: make(chan string), blocked: make(chan struct{})}
		ended := make(chan string, 1)
		go func() { ended <- w.run(t.Context(), wire.Streamed, caller) }()
		for n := range 30 {
			caller.requests <- strconv.Itoa(n)
		}
		synctest.Wait()
		if sent, heard := sent.Load(), heard.Load(); sent != action.Held || heard != 30 {
			t.Errorf("%d responses are held, and %d requests arrived", sent, heard)
		}
		want(t, "another call", w.run(t.Context(), wire.Unary, calling(t.Context())), "OK")
		close(caller.blocked)
		want(t, "status", <-ended, "OK")
		if n := len(strings.Fields(caller.got())); n != 100 {
			t.Errorf("the caller got %d items", n)
		}
	})
}

// effect is a side effect with the name; one with "!" before it is synchronous.
func effect(name string) *entityv1.SideEffect {
	rest, synchronous := strings.CutPrefix(name, "!")
	return &entityv1.SideEffect{CommandName: rest, Synchronous: synchronous}
}

// ACT-CANCEL-001, ACT-CANCEL-002, ACT-CANCEL-003: a caller that goes away while a response is
// being settled is answered at once; that response is settled to its end, and the one
// behind it never.
func TestCallerGoesWhileSettling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(c *callstest.Call) error {
			c.Send(callstest.Reply("x", effect("!A"), effect("B")))
			c.Send(callstest.Reply("y", effect("C")))
			<-c.Context().Done()
			return nil
		}, nil)
		started := make(chan string, 3)
		w.settle = func(_ context.Context, settle action.Settle) (calls.Item, error) {
			for _, effect := range settle.SideEffects {
				started <- effect.GetCommandName()
				if effect.GetSynchronous() {
					time.Sleep(10 * time.Second)
				}
			}
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		caller := calling(ctx)
		want(t, "status", w.run(ctx, wire.StreamedOut, caller), "DeadlineExceeded: the caller's deadline has passed")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("answered after %v", took)
		}
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		close(started)
		var all []string
		for name := range started {
			all = append(all, name)
		}
		want(t, "side effects", strings.Join(all, " "), "A B")
		want(t, "items", caller.got(), "")
	})
}

// LIFE-STOP-004, LIFE-STOP-006: a drain refuses new calls and lets open ones end; when its
// time is up, their callers get UNAVAILABLE.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, echo, nil)
		finishing, hanging := &caller{ctx: t.Context(), requests: make(chan string)}, &caller{ctx: t.Context(), requests: make(chan string)}
		first, second := make(chan string, 1), make(chan string, 1)
		go func() { first <- w.run(t.Context(), wire.Streamed, finishing) }()
		go func() { second <- w.run(t.Context(), wire.Streamed, hanging) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		drained := make(chan error, 1)
		go func() { drained <- w.Drain(ctx) }()
		synctest.Wait()
		want(t, "a new call", w.run(t.Context(), wire.Unary, calling(t.Context())), "Unavailable: the proxy is stopping")
		finishing.requests <- "x"
		close(finishing.requests)
		want(t, "one that ends", <-first, "OK")
		want(t, "its item", finishing.got(), "x")
		want(t, "one that does not", <-second, "Unavailable: the proxy is stopping")
		close(hanging.requests) // As its stream ends with its handler.
		if err := <-drained; err == nil {
			t.Error("the drain says that all has ended")
		}
	})
}

// A call that waits for a stream is given up too.
func TestCloseWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, echo, nil)
		w.function.Fill()
		ended := make(chan string, 1)
		go func() { ended <- w.run(t.Context(), wire.Unary, calling(t.Context())) }()
		synctest.Wait()
		w.Close()
		want(t, "status", <-ended, "Unavailable: the proxy is stopping")
	})
}

// Patience shortens the time that a call waits for a stream.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, echo, nil)
		w.function.Fill()
		begin := time.Now()
		err := w.Run(t.Context(), calls.Call{Call: action.Call{Shape: wire.Unary}, Caller: calling(t.Context()), Patience: time.Second, Over: func() {}})
		if took := time.Since(begin); took != time.Second || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v after %v", err, took)
		}
	})
}
