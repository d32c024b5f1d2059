package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
)

// elsewhere is the State of one shared entity, which the test changes.
type elsewhere struct {
	mu      sync.Mutex
	changed func()
	news    []byte
	applied []string
	spread  []func(error)
	left    int
}

var (
	_ runtime.Shared = (*elsewhere)(nil)
	_ runtime.Copy   = (*elsewhere)(nil)
)

func (e *elsewhere) Load(_ context.Context, _ store.ID, feed func(entity.Input) error) error {
	return feed(entity.Opened{})
}

func (e *elsewhere) Store(context.Context, store.ID, store.Fence, []entity.Persist, store.Beside) error {
	return errors.New("nobody writes a shared entity")
}

func (e *elsewhere) Join(_ store.ID, changed func()) runtime.Copy {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changed = changed
	return e
}

func (e *elsewhere) Changes() entity.Merged {
	e.mu.Lock()
	defer e.mu.Unlock()
	news := e.news
	e.news = nil
	return entity.Merged{Delta: news}
}

func (e *elsewhere) Apply(change entity.Apply, spread func(error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.applied = append(e.applied, string(change.Delta))
	e.spread = append(e.spread, spread)
}

func (e *elsewhere) Leave() { e.left++ }

// change changes the entity elsewhere.
func (e *elsewhere) change(delta string) {
	e.mu.Lock()
	e.news = append(e.news, delta...)
	changed := e.changed
	e.mu.Unlock()
	changed()
}

// puppet is a function whose one stream the test serves itself.
type puppet struct {
	stream chan *runtimetest.Stream
	done   chan struct{}
}

func newPuppet(t *testing.T) *puppet {
	t.Helper()
	p := &puppet{stream: make(chan *runtimetest.Stream, 1), done: make(chan struct{})}
	t.Cleanup(func() { close(p.done) })
	return p
}

func (p *puppet) serve(s *runtimetest.Stream) error {
	if _, err := s.Recv(); err != nil { // init
		return err
	}
	p.stream <- s
	select {
	case <-s.Context().Done():
	case <-p.done:
	}
	return nil
}

// relaying starts a world whose entities are relays, shared with elsewhere.
func relaying(t *testing.T, change func(*runtime.Config)) (*world, *puppet, *elsewhere) {
	t.Helper()
	p, e := newPuppet(t), &elsewhere{}
	w := start(t, p.serve, func(c *runtime.Config) {
		c.Kinds = map[string]runtime.Kind{kind: {New: newRelay, State: e}}
		if change != nil {
			change(c)
		}
	})
	return w, p, e
}

// say answers a command of the stream.
func say(t *testing.T, s *runtimetest.Stream, id int64, text string) {
	t.Helper()
	reply := runtimetest.Reply(text)
	reply.CommandId = id
	if err := s.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}); err != nil {
		t.Fatal(err)
	}
}

// hear receives the next message of the stream, which prints as wanted.
func hear(t *testing.T, s *runtimetest.Stream, want string) {
	t.Helper()
	request, err := s.Recv()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	switch {
	case request.GetCommand() != nil:
		got = fmt.Sprintf("command %d %s", request.GetCommand().GetId(), request.GetCommand().GetPayload().GetValue())
	case request.GetCancel() != nil:
		got = fmt.Sprintf("cancel %d", request.GetCancel().GetCommandId())
	case request.GetEvent() != nil:
		got = fmt.Sprintf("merged %s", request.GetEvent().GetPayload().GetValue())
	}
	if got != want {
		t.Fatalf("the function hears %q, want %q", got, want)
	}
}

// A machine may have several commands outstanding, and answer them in any order
// (REP-TURN-005). The next one waits until it is ready.
func TestSeveralOutstanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p, _ := relaying(t, nil)
		var outcomes []<-chan entity.Outcome
		for _, text := range []string{"a", "b", "c", "d", "e"} {
			outcomes = append(outcomes, w.submit(t.Context(), "7", "Do", text))
		}
		s := <-p.stream
		for n, text := range []string{"a", "b", "c", "d"} {
			hear(t, s, fmt.Sprintf("command %d %s", n+1, text))
		}
		say(t, s, 3, "third")
		wantAnswer(t, answer(<-outcomes[2]), "third")
		hear(t, s, "command 5 e")
		for n, at := range map[int64]int{5: 4, 1: 0, 4: 3, 2: 1} {
			say(t, s, n, "done")
			wantAnswer(t, answer(<-outcomes[at]), "done")
		}
	})
}

// CORE-TIME-003: the proxy's limit is that of the oldest command that the function has
// not answered, whatever came meanwhile.
func TestOldestOutstandingTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p, _ := relaying(t, nil)
		begin := time.Now()
		first := w.submit(t.Context(), "7", "Do", "a")
		s := <-p.stream
		hear(t, s, "command 1 a")
		time.Sleep(20 * time.Second) // Fake time: the bubble's clock.
		second := w.submit(t.Context(), "7", "Do", "b")
		hear(t, s, "command 2 b")
		say(t, s, 1, "done")
		wantAnswer(t, answer(<-first), "done")
		third := w.submit(t.Context(), "7", "Do", "c")
		hear(t, s, "command 3 c")
		wantAnswer(t, answer(<-second), "Unknown: timed out")
		wantAnswer(t, answer(<-third), "Unknown: timed out")
		if took := time.Since(begin); took != 80*time.Second {
			t.Errorf("given up after %v, want 60 s from when the second was sent", took)
		}
	})
}

// Each response of a streamed call reaches its caller in order, and the channel is
// closed after the last (REP-STREAM-005). A call that is open keeps no time of the
// function's.
func TestStreamedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p, _ := relaying(t, nil)
		responses, err := w.SubmitStreamed(t.Context(), w.target, entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Command{Name: "Watch"})
		if err != nil {
			t.Fatal(err)
		}
		s := <-p.stream
		hear(t, s, "command 1 ")
		for n := range 3 {
			say(t, s, 1, fmt.Sprintf("more %d", n))
			wantAnswer(t, answer(<-responses), strconv.Itoa(n))
			time.Sleep(time.Minute) // Fake time: the bubble's clock.
		}
		say(t, s, 1, "last")
		wantAnswer(t, answer(<-responses), "last")
		if _, open := <-responses; open {
			t.Error("there is something behind the last response")
		}
	})
}

// REP-STREAM-011: a caller who does not keep up loses its call with RESOURCE_EXHAUSTED,
// and the machine hears that it is gone.
func TestStreamedCallerDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p, _ := relaying(t, nil)
		responses, err := w.SubmitStreamed(t.Context(), w.target, entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Command{Name: "Watch"})
		if err != nil {
			t.Fatal(err)
		}
		s := <-p.stream
		hear(t, s, "command 1 ")
		for range runtime.MaxResponses {
			say(t, s, 1, "more x")
		}
		other := w.submit(t.Context(), "7", "Do", "a")
		hear(t, s, "command 2 a")
		say(t, s, 1, "more x")
		hear(t, s, "cancel 1")
		say(t, s, 1, "more x") // It has crossed the news.
		say(t, s, 2, "done")
		wantAnswer(t, answer(<-other), "done")
		for range runtime.MaxResponses {
			wantAnswer(t, answer(<-responses), "x")
		}
		wantCode(t, <-responses, codes.ResourceExhausted)
		if _, open := <-responses; open {
			t.Error("there is something behind the end")
		}
		say(t, s, 1, "the end")
	})
}

// A streamed call whose caller leaves is the machine's to end.
func TestStreamedCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p, _ := relaying(t, nil)
		ctx, leave := context.WithCancel(t.Context())
		responses, err := w.SubmitStreamed(ctx, w.target, entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Command{Name: "Watch"})
		if err != nil {
			t.Fatal(err)
		}
		s := <-p.stream
		hear(t, s, "command 1 ")
		say(t, s, 1, "more x")
		synctest.Wait()
		leave()
		hear(t, s, "cancel 1")
		say(t, s, 1, "bye")
		wantAnswer(t, answer(<-responses), "x")
		wantAnswer(t, answer(<-responses), "bye")
	})
}

// A machine's timers go off once each, and a change of a shared entity is answered when
// it has spread, or not.
func TestTimersAndChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p, e := relaying(t, nil)
		begin := time.Now()
		waiting, applied, missed := w.submit(t.Context(), "7", "Do", "a"), w.submit(t.Context(), "7", "Do", "b"), w.submit(t.Context(), "7", "Do", "c")
		s := <-p.stream
		for n, text := range []string{"a", "b", "c"} {
			hear(t, s, fmt.Sprintf("command %d %s", n+1, text))
		}
		say(t, s, 1, "wait 90s")
		say(t, s, 2, "apply x")
		say(t, s, 3, "apply y")
		e.change("news ")
		hear(t, s, "merged news ")
		synctest.Wait()
		e.spread[0](nil)
		wantAnswer(t, answer(<-applied), "x")
		e.spread[1](errors.New("nobody has it"))
		wantAnswer(t, answer(<-missed), "Unknown: nobody has it")
		wantAnswer(t, answer(<-waiting), "90s")
		if took := time.Since(begin); took != 90*time.Second {
			t.Errorf("the timer went off after %v", took)
		}
		if fmt.Sprint(e.applied) != "[x y]" {
			t.Errorf("applied %q", e.applied)
		}
		w.Close()
		if e.left != 1 {
			t.Errorf("the copy was left %d times", e.left)
		}
	})
}

// An idle shared entity is shown what has changed elsewhere.
func TestChangeElsewhereWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p, e := relaying(t, nil)
		first := w.submit(t.Context(), "7", "Do", "a")
		s := <-p.stream
		hear(t, s, "command 1 a")
		say(t, s, 1, "done")
		wantAnswer(t, answer(<-first), "done")
		synctest.Wait()
		e.change("one ")
		hear(t, s, "merged one ")
	})
}
