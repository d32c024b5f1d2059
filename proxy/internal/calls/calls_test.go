package calls_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is Calls with a function that follows serve.
type world struct {
	*calls.Calls

	tb       testing.TB
	function *callstest.Function
	// settle is what settling a response comes to; nil where nothing is to be done.
	settle func(ctx context.Context, settle action.Settle) (calls.Item, error)

	// over and ended are how many calls are over, of those that were made.
	over, made, ended atomic.Int32
	open              atomic.Int32
	mu                sync.Mutex
	reports           []string
}

func start(tb testing.TB, serve func(*callstest.Call) error, change func(*calls.Config)) *world {
	tb.Helper()
	w := &world{tb: tb, function: callstest.New(serve)}
	config := calls.Config{Functions: w.function, Reporter: w, Metrics: w, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&config)
	}
	var err error
	if w.Calls, err = calls.New(config); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		w.Close()
		w.function.Wait()
		if n := w.open.Load(); n != 0 {
			tb.Errorf("%d calls are open at the end", n)
		}
		if over, ended, made := w.over.Load(), w.ended.Load(), w.made.Load(); over != made || ended < made {
			tb.Errorf("%d calls of %d are over at the end, and %d were counted", over, made, ended)
		}
	})
	return w
}

func (w *world) Report(_ context.Context, id entity.ID, report entity.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, id.String()+" "+report.Requirement)
}

func (w *world) Opened(change int) { w.open.Add(int32(change)) }

func (w *world) Ended(codes.Code, time.Duration) { w.ended.Add(1) }

// run makes a call and returns what becomes of it: "OK", or the code and the message.
func (w *world) run(ctx context.Context, shape wire.Shape, caller *caller) string {
	w.made.Add(1)
	err := w.Run(ctx, calls.Call{
		Call: action.Call{
			Service: "shop.Rates", Method: "Convert", Shape: shape, Input: "t/test.Text", Output: "test.Text", Request: []byte("tea"),
		},
		Caller: caller,
		Settle: w.settle,
		Over:   func() { w.over.Add(1) },
	})
	if err == nil {
		return "OK"
	}
	s := status.Convert(err)
	return s.Code().String() + ": " + s.Message()
}

// caller is a caller that sends what it is given, and keeps what it gets.
type caller struct {
	ctx context.Context
	// requests are what it streams; it half-closes when the channel is closed.
	requests chan string
	// wrong is what becomes of its stream once requests are read; nil for half-close.
	wrong error
	// blocked makes it read nothing; nil for one that reads all.
	blocked chan struct{}

	mu    sync.Mutex
	items []string
}

// calling returns a caller that streams the requests, and then half-closes.
func calling(ctx context.Context, requests ...string) *caller {
	c := &caller{ctx: ctx, requests: make(chan string, len(requests))}
	for _, request := range requests {
		c.requests <- request
	}
	close(c.requests)
	return c
}

func (c *caller) Receive() ([]byte, error) {
	select {
	case request, more := <-c.requests:
		if more {
			return []byte(request), nil
		}
		if c.wrong != nil {
			return nil, c.wrong
		}
		return nil, io.EOF
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

func (c *caller) Send(item calls.Item) error {
	if c.blocked != nil {
		select {
		case <-c.blocked:
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, string(item.GetPayload().GetValue()))
	return nil
}

// got is what the caller has got, in one text.
func (c *caller) got() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.items, " ")
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// echo answers in the call's shape: each request by itself, or all of them at the end.
func echo(c *callstest.Call) error {
	if !c.Shape.Responses() {
		texts, err := c.All()
		if err != nil {
			return err
		}
		return c.Send(callstest.Reply(strings.Join(texts, "+")))
	}
	for {
		command, err := c.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if command.GetPayload() != nil {
			if err := c.Send(callstest.Reply(string(command.GetPayload().GetValue()))); err != nil {
				return err
			}
		}
	}
}

// ACT-CALL-001, ACT-END-001, ACT-END-003: in each shape one call of the function, every
// request, every item, and the status.
func TestShapes(t *testing.T) {
	for shape, items := range map[wire.Shape]string{
		wire.Unary: "tea", wire.StreamedIn: "a+b+c", wire.StreamedOut: "tea", wire.Streamed: "a b c",
	} {
		t.Run(shape.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, echo, nil)
				caller := calling(t.Context(), "a", "b", "c")
				want(t, "status", w.run(t.Context(), shape, caller), "OK")
				want(t, "items", caller.got(), items)
				if n := w.function.Opened(); n != 1 {
					t.Errorf("%d calls of the function", n)
				}
			})
		})
	}
}

// ACT-CALL-005: nothing is made of a call that has ended already.
func TestCallerHasGoneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, echo, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		want(t, "status", w.run(ctx, wire.Unary, calling(ctx)), "Canceled: the caller has gone")
		if n := w.function.Opened(); n != 0 {
			t.Errorf("%d calls of the function", n)
		}
	})
}

// ACT-OPEN-003: the function hears of a call that streams when it opens.
func TestOpeningBeforeTheFirstRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := make(chan *actionv1.ActionCommand, 1)
		w := start(t, func(c *callstest.Call) error {
			command, err := c.Recv()
			opened <- command
			if err != nil {
				return err
			}
			return echo(c)
		}, nil)
		caller := &caller{ctx: t.Context(), requests: make(chan string)}
		ended := make(chan string, 1)
		go func() { ended <- w.run(t.Context(), wire.Streamed, caller) }()
		synctest.Wait()
		if command := <-opened; command.GetServiceName() != "shop.Rates" || command.GetName() != "Convert" || command.GetPayload() != nil {
			t.Errorf("the function got %v", command)
		}
		close(caller.requests)
		want(t, "status", <-ended, "OK")
	})
}

// ACT-END-003, ACT-END-009: what ends first ends the other, and nobody is left.
func TestEndsTogether(t *testing.T) {
	hang := func(c *callstest.Call) error {
		<-c.Context().Done()
		return nil
	}
	tests := map[string]struct {
		serve func(*callstest.Call) error
		want  string
	}{
		"the function, with OK":       {func(c *callstest.Call) error { return c.Send(callstest.Reply("x")) }, "OK"},
		"the function, with a status": {func(*callstest.Call) error { return status.Error(codes.Aborted, "again") }, "Aborted: again"},
		"a failure": {func(c *callstest.Call) error {
			return errors.Join(c.Send(callstest.Fail(codes.NotFound, "no")), hang(c))
		}, "NotFound: no"},
		"the caller": {hang, "DeadlineExceeded: the caller's deadline has passed"},
		"what cannot be read": {func(*callstest.Call) error {
			return fault.New(fault.Internal, "a message that cannot be read")
		}, "Internal: a message that cannot be read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, test.serve, nil)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				caller := &caller{ctx: ctx, requests: make(chan string)}
				want(t, "status", w.run(ctx, wire.Streamed, caller), test.want)
				w.function.Wait() // its call was cancelled, or is over
			})
		})
	}
}

// ACT-TIME-001: the caller's deadline is that of the function's call, and none is none.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deadlines := make(chan time.Time, 2)
		w := start(t, func(c *callstest.Call) error {
			deadline, _ := c.Context().Deadline()
			deadlines <- deadline
			return echo(c)
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		want(t, "status", w.run(ctx, wire.Unary, calling(ctx)), "OK")
		want(t, "status", w.run(t.Context(), wire.Unary, calling(t.Context())), "OK")
		if first, second := <-deadlines, <-deadlines; !first.Equal(begin.Add(time.Second)) || !second.IsZero() {
			t.Errorf("the calls have the deadlines %v and %v", first, second)
		}
	})
}

// ACT-TIME-002, ACT-TIME-003: 60 s from the half-close for one response, and no limit for
// a stream.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(c *callstest.Call) error {
			<-c.Context().Done()
			return nil
		}, nil)
		for _, shape := range []wire.Shape{wire.Unary, wire.StreamedIn} {
			caller := &caller{ctx: t.Context(), requests: make(chan string)}
			time.AfterFunc(time.Hour, func() { close(caller.requests) })
			begin := time.Now()
			want(t, "status", w.run(t.Context(), shape, caller), "DeadlineExceeded: shop.Rates/Convert did not end the call in the time that the proxy allows")
			expected := 60 * time.Second
			if shape == wire.StreamedIn {
				expected += time.Hour
			}
			if took := time.Since(begin); took != expected {
				t.Errorf("%v took %v", shape, took)
			}
		}
		for _, shape := range []wire.Shape{wire.StreamedOut, wire.Streamed} {
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			begin := time.Now()
			want(t, "status", w.run(ctx, shape, calling(ctx)), "DeadlineExceeded: the caller's deadline has passed")
			if took := time.Since(begin); took != 24*time.Hour {
				t.Errorf("%v took %v", shape, took)
			}
			cancel()
		}
	})
}

// DISC-INC-010: a call waits 60 s for a stream of the function, and no longer than its
// caller.
func TestWaitsForAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, echo, nil)
		w.function.Fill()
		begin := time.Now()
		want(t, "status", w.run(t.Context(), wire.Unary, calling(t.Context())), "Unavailable: the user function took no call in 1m0s: it may serve only so many at once")
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("waited %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		want(t, "status", w.run(ctx, wire.Unary, calling(ctx)), "DeadlineExceeded: the caller's deadline has passed")
	})
}

// ACT-END-008: no function is there.
func TestFunctionGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, echo, nil)
		w.function.Go(errors.New("refused"))
		want(t, "status", w.run(t.Context(), wire.Unary, calling(t.Context())), "Unavailable: the user function takes no call now")
		w.function.Go(fault.New(fault.Unavailable, "it drains"))
		want(t, "status", w.run(t.Context(), wire.Streamed, calling(t.Context())), "Unavailable: it drains")
	})
}

// CORE-LIMIT-003: a request that is too large ends the call, and what came before it
// stays sent.
func TestRequestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := make(chan []string, 1)
		w := start(t, func(c *callstest.Call) error {
			texts, err := c.All()
			heard <- texts
			return err
		}, nil)
		caller := &caller{ctx: t.Context(), requests: make(chan string), wrong: fault.New(fault.Exhausted, "too large")}
		go func() {
			caller.requests <- "a"
			synctest.Wait()
			close(caller.requests)
		}()
		want(t, "status", w.run(t.Context(), wire.StreamedIn, caller), "ResourceExhausted: too large")
		want(t, "the function heard", strings.Join(<-heard, " "), "a")
	})
}
