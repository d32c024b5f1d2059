package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/replicated"
	"github.com/stateward/stateward/proxy/internal/replica"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

const replicatedKind = "stateward.replicated.v1.ReplicatedEntityService"

// tally is a function in memory that keeps counters as a support library would: one
// goroutine for each stream, which reads, answers, and then tells every open call of
// the new value.
type tally struct {
	serving sync.WaitGroup

	mu      sync.Mutex
	streams int
	// held are commands named "Hold": they are answered when the test says so.
	held []func()
}

func (f *tally) Open(ctx context.Context, _ string) (runtime.Stream, error) {
	s := &tallyStream{ctx: ctx, requests: make(chan *replicatedv1.HandleRequest, 1), responses: make(chan *replicatedv1.HandleResponse, 300), half: make(chan struct{})}
	f.mu.Lock()
	f.streams++
	f.mu.Unlock()
	f.serving.Go(func() {
		defer close(s.responses)
		f.serve(s)
	})
	return s, nil
}

// tallyStream is one stream between the proxy and the function.
type tallyStream struct {
	ctx       context.Context
	requests  chan *replicatedv1.HandleRequest
	responses chan *replicatedv1.HandleResponse
	half      chan struct{}
}

func (s *tallyStream) Send(message proto.Message) error {
	select {
	case s.requests <- message.(*replicatedv1.HandleRequest):
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

func (s *tallyStream) Recv() (proto.Message, error) {
	select {
	case response, more := <-s.responses:
		if !more {
			return nil, io.EOF
		}
		return response, nil
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
}

func (s *tallyStream) CloseSend() error {
	close(s.half)
	return nil
}

func (*tallyStream) Retired() <-chan struct{} { return nil }

func (*tallyStream) Terms() entity.Terms {
	return entity.Terms{MaxMessage: 4 << 20, MaxMetadata: 8 << 10}
}

// counted is what the function holds of one activation.
type counted struct {
	*tallyStream

	value   uint64
	watches []int64
	// crash ends the stream.
	crash chan struct{}
}

func (f *tally) serve(s *tallyStream) {
	c := &counted{tallyStream: s, crash: make(chan struct{})}
	for {
		select {
		case request := <-s.requests:
			c.value += request.GetInit().GetDelta().GetGcounter().GetIncrement() + request.GetDelta().GetGcounter().GetIncrement()
			if command := request.GetCommand(); command != nil {
				f.handle(c, command)
			}
			if request.GetDelta() != nil {
				c.tell()
			}
			if ended := request.GetStreamCancelled(); ended != nil {
				c.cancel(ended.GetId())
			}
		case <-c.crash:
			return
		case <-s.half:
			return
		case <-s.ctx.Done():
			return
		}
	}
}

func (f *tally) handle(c *counted, command *entityv1.Command) {
	switch text := string(command.GetPayload().GetValue()); command.GetName() {
	case "Hold":
		f.mu.Lock()
		defer f.mu.Unlock()
		f.held = append(f.held, func() { c.reply(command.GetId(), nil, false) })
	case "Crash":
		close(c.crash)
	case "Watch":
		c.watches = append(c.watches, command.GetId())
		c.reply(command.GetId(), nil, true)
	case "Delete":
		c.reply(command.GetId(), &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Delete{Delete: &replicatedv1.Delete{}}}, false)
	default:
		n, _ := strconv.ParseUint(text, 10, 64)
		c.value += n
		action := &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: &replicatedv1.Delta{
			Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: n}},
		}}}
		if command.GetName() == "AddSafely" {
			action.WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY
		}
		c.reply(command.GetId(), action, false)
		c.tell()
	}
}

func (c *counted) action() *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: runtimetest.Text(strconv.FormatUint(c.value, 10))}}}
}

func (c *counted) reply(id int64, action *replicatedv1.StateAction, streamed bool) {
	c.responses <- &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
		CommandId: id, ClientAction: c.action(), StateAction: action, Streamed: streamed,
	}}}
}

// tell tells every open call the value.
func (c *counted) tell() {
	for _, id := range c.watches {
		c.responses <- &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamedMessage{
			StreamedMessage: &replicatedv1.StreamedMessage{CommandId: id, ClientAction: c.action()},
		}}
	}
}

// cancel counts each watch that ends as one more, and starts a side effect.
func (c *counted) cancel(id int64) {
	for at, watch := range c.watches {
		if watch == id {
			c.watches = append(c.watches[:at:at], c.watches[at+1:]...)
		}
	}
	c.value++
	c.responses <- &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{
		StreamCancelledResponse: &replicatedv1.StreamCancelledResponse{
			CommandId: id, SideEffects: []*entityv1.SideEffect{{ServiceName: "shop.Log", CommandName: "Left"}},
			StateAction: &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: &replicatedv1.Delta{
				Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: 1}},
			}}},
		},
	}}
	c.tell()
}

// counters is a runtime of replicated counters.
type counters struct {
	*runtime.Runtime

	t        *testing.T
	function *tally
	replicas *replica.Replicas
	target   runtime.Target

	mu      sync.Mutex
	started []string
	reports []string
}

func (c *counters) Report(_ context.Context, _ entity.ID, report entity.Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reports = append(c.reports, report.Requirement+" "+report.Text)
}

func startCounters(t *testing.T, keeper store.Replicas, self string) *counters {
	t.Helper()
	c := &counters{t: t, function: &tally{}, target: runtime.Target{Kind: replicatedKind, Persistence: "counters"}}
	var err error
	c.replicas, err = replica.New(replica.Config{Store: keeper, Self: self, Slot: "node", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	c.Runtime, err = runtime.New(runtime.Config{
		Functions: c.function,
		Kinds: map[string]runtime.Kind{replicatedKind: {
			New:   func(id entity.ID, terms entity.Terms) entity.Machine { return replicated.New(id, terms) },
			State: runtime.Replicated(c.replicas),
		}},
		Start: func(_ entity.ID, effects entity.Start) {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, effect := range effects.SideEffects {
				c.started = append(c.started, fmt.Sprintf("%d %s %s", effects.ID, effects.Command.Name, effect.GetCommandName()))
			}
		},
		Reporter: c,
		Log:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// stop ends everything; what was changed is in the store then.
func (c *counters) stop() {
	c.t.Helper()
	c.Close()
	if err := c.replicas.Close(context.Background()); err != nil {
		c.t.Error(err)
	}
	c.function.serving.Wait()
	if len(c.reports) > 0 {
		c.t.Errorf("the function was told %q", c.reports)
	}
}

func (c *counters) submit(ctx context.Context, name, text string) <-chan entity.Outcome {
	c.t.Helper()
	command := entity.Command{Name: name, Payload: runtimetest.Text(text), Response: "test.Text"}
	submit := c.Submit
	if name == "Watch" {
		submit = c.SubmitStreamed
	}
	outcome, err := submit(ctx, c.target, entity.ID{Service: "shop.Counter", Entity: "7"}, command)
	if err != nil {
		c.t.Fatal(err)
	}
	return outcome
}

func (c *counters) want(outcome <-chan entity.Outcome, want string) {
	c.t.Helper()
	got := <-outcome
	text := string(got.Reply.GetPayload().GetValue())
	if got.Err != nil {
		text = status.Code(got.Err).String()
	}
	if text != want {
		c.t.Errorf("the caller gets %q, want %q (%v)", text, want, got.Err)
	}
}

// elsewhereAdds adds to the counter on another node.
func (c *counters) elsewhereAdds(node string, n uint64) {
	c.t.Helper()
	change, err := (&crdt.State{}).Apply(&replicatedv1.Delta{
		Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: n}},
	}, crdt.Author{Replica: node})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.replicas.Receive(c.t.Context(), store.ID{Persistence: "counters", Entity: "7"}, change.Encode()); err != nil {
		c.t.Fatal(err)
	}
}

// REP-TURN-002, REP-TURN-003, REP-TURN-005, REP-STREAM-005, REP-CANCEL-001, REP-CANCEL-006: several commands outstanding,
// two open calls, a change from elsewhere that is held back, and a caller that leaves.
func TestReplicatedConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCounters(t, memory.New(), "p1")
		defer c.stop()
		ctx, leave := context.WithCancel(t.Context())
		first, second := c.submit(ctx, "Watch", ""), c.submit(t.Context(), "Watch", "")
		c.want(first, "0")
		c.want(second, "0")
		held := c.submit(t.Context(), "Hold", "")
		c.want(c.submit(t.Context(), "Add", "5"), "5")
		c.want(first, "5")
		c.want(second, "5")
		c.elsewhereAdds("q1", 10)
		synctest.Wait()
		if len(first) != 0 {
			t.Error("the function was shown a change in its turn")
		}
		c.function.held[0]()
		c.want(held, "5")
		c.want(first, "15")
		c.want(second, "15")
		leave()
		c.want(first, "Canceled")
		if _, more := <-first; more {
			t.Error("the call goes on")
		}
		c.want(second, "16")
		synctest.Wait()
		if fmt.Sprint(c.started) != "[1 Watch Left]" {
			t.Errorf("side effects: %q", c.started)
		}
		time.Sleep(time.Minute) // REP-PASS-001: an open call keeps the entity active.
		c.want(c.submit(t.Context(), "Add", "1"), "17")
		c.want(second, "17")
		if c.function.streams != 1 {
			t.Errorf("%d streams", c.function.streams)
		}
	})
}

// REP-TURN-004: what has been held back for 100 ms keeps new commands away until it is
// shown.
func TestReplicatedOldNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCounters(t, memory.New(), "p1")
		defer c.stop()
		held := c.submit(t.Context(), "Hold", "")
		synctest.Wait()
		c.elsewhereAdds("q1", 10)
		c.want(c.submit(t.Context(), "Add", "1"), "1")
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		late := c.submit(t.Context(), "Add", "1")
		synctest.Wait()
		if len(late) != 0 {
			t.Fatal("a command was sent before old news")
		}
		c.function.held[0]()
		c.want(held, "1")
		c.want(late, "12")
	})
}

// REP-WRITE-004, REP-WRITE-007, REP-STORE-002, REP-STORE-001, REP-INIT-003: what a majority has is in the store;
// another process with the same store goes on from there.
func TestReplicatedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := memory.New()
		first := startCounters(t, keeper, "p1")
		var answers []<-chan entity.Outcome
		for range 20 {
			answers = append(answers, first.submit(t.Context(), "AddSafely", "1"))
		}
		for n, answer := range answers {
			first.want(answer, strconv.Itoa(n+1))
		}
		stored := &crdt.State{}
		if err := keeper.Replica(t.Context(), store.ID{Persistence: "counters", Entity: "7"}, func(encoded []byte) error {
			state, err := crdt.Decode(encoded)
			stored.Merge(state)
			return err
		}); err != nil || stored.Value(crdt.View{}).Number != 20 {
			t.Errorf("answered, and the store has %d: %v", stored.Value(crdt.View{}).Number, err)
		}
		first.want(first.submit(t.Context(), "Add", "1"), "21")
		first.stop()
		second := startCounters(t, keeper, "p2")
		defer second.stop()
		second.want(second.submit(t.Context(), "Add", "1"), "22")
		time.Sleep(time.Minute)
		synctest.Wait()
		if second.replicas.Len() != 0 {
			t.Error("the copy of an entity that is not active is still in memory")
		}
		second.want(second.submit(t.Context(), "Add", "1"), "23")
		if second.function.streams != 2 {
			t.Errorf("%d streams", second.function.streams)
		}
	})
}

// REP-FAIL-005, REP-FAIL-006, REP-FAIL-007: a stream that ends takes along what is outstanding, which is not sent again,
// and open calls. What comes later finds every change that was answered.
func TestReplicatedStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCounters(t, memory.New(), "p1")
		defer c.stop()
		watch, held := c.submit(t.Context(), "Watch", ""), c.submit(t.Context(), "Hold", "")
		c.want(watch, "0")
		c.want(c.submit(t.Context(), "Add", "3"), "3")
		c.want(watch, "3")
		c.want(c.submit(t.Context(), "Crash", ""), "Unavailable")
		c.want(watch, "Unavailable")
		c.want(held, "Unavailable")
		c.want(c.submit(t.Context(), "Add", "1"), "4")
		if c.function.streams != 2 || len(c.function.held) != 1 {
			t.Errorf("%d streams, and Hold was sent %d times", c.function.streams, len(c.function.held))
		}
	})
}

// REP-DEL-004, REP-DEL-006, REP-DEL-008, REP-STORE-003: once deleted, deleted for ever: outstanding commands, open
// calls, those that wait and those that come later get NOT_FOUND, and no stream opens.
func TestReplicatedDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCounters(t, refusing{memory.New()}, "p1")
		watch, held := c.submit(t.Context(), "Watch", ""), c.submit(t.Context(), "Hold", "")
		c.want(watch, "0")
		c.want(c.submit(t.Context(), "Delete", ""), "0")
		c.want(watch, "NotFound")
		c.want(held, "NotFound")
		for range 2 {
			c.want(c.submit(t.Context(), "Add", "1"), "NotFound")
		}
		if c.function.streams != 1 {
			t.Errorf("%d streams", c.function.streams)
		}
		c.Close()
		_ = c.replicas.Close(t.Context())
		c.function.serving.Wait()
	})
}

// refusing is a store that takes no writes.
type refusing struct{ store.Replicas }

func (refusing) Save(context.Context, string, []store.Replica) error { return errors.New("disk full") }

// REP-WRITE-005, REP-WRITE-006, REP-STORE-003: without a store a majority is missed after 5 s, while LOCAL goes on;
// what was written stays.
func TestReplicatedStoreRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCounters(t, refusing{memory.New()}, "p1")
		begin := time.Now()
		safe := c.submit(t.Context(), "AddSafely", "1")
		c.want(c.submit(t.Context(), "Add", "1"), "2")
		c.want(safe, codes.DeadlineExceeded.String())
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("missed after %v", took)
		}
		c.want(c.submit(t.Context(), "Add", "1"), "3")
		time.Sleep(time.Minute) // Passivated, and activated again from the copy in memory.
		c.want(c.submit(t.Context(), "Add", "1"), "4")
		c.Close()
		_ = c.replicas.Close(t.Context())
		c.function.serving.Wait()
	})
}

// REP-STREAM-011: a caller that does not read ends its own call, and no other.
func TestReplicatedSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCounters(t, memory.New(), "p1")
		defer c.stop()
		slow := c.submit(t.Context(), "Watch", "")
		for range 300 {
			if got := <-c.submit(t.Context(), "Add", "0"); got.Err != nil {
				t.Fatal(got.Err)
			}
		}
		var last entity.Outcome
		got := 0
		for last = range slow {
			got++
		}
		if got != runtime.MaxResponses+1 || status.Code(last.Err) != codes.ResourceExhausted {
			t.Errorf("%d responses, and then %v", got-1, last.Err)
		}
	})
}
