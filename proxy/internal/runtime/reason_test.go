package runtime_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

var (
	cancel    = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_CANCEL)
	snapshots = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST)
	notice    = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE)
	deletes   = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE)
)

// partings are the notices that a function was given, by entity.
type partings struct {
	mu      sync.Mutex
	reasons map[string]entityv1.PassivationReason
}

// serve serves one stream, and notes how it parts.
func (p *partings) serve(s *runtimetest.Stream) error {
	key := ""
	model := runtimetest.Model{Watch: func(request *eventsourcedv1.HandleRequest) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if init := request.GetInit(); init != nil {
			key = init.GetEntityId()
		}
		if passivate := request.GetPassivate(); passivate != nil {
			p.reasons[key] = passivate.GetReason()
		}
	}}
	return model.Serve(s)
}

func (p *partings) want(t *testing.T, key string, want entityv1.PassivationReason) {
	t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := p.reasons[key]; got != want {
		t.Errorf("%s was passivated with %v, want %v", key, got, want)
	}
}

// parting starts a world whose function is told why.
func parting(t *testing.T, change func(*runtime.Config)) (*world, *partings) {
	t.Helper()
	p := &partings{reasons: map[string]entityv1.PassivationReason{}}
	w := start(t, p.serve, change)
	w.function.Terms.Capabilities = notice
	return w, p
}

// LIFE-PASS-001, LIFE-PASS-002: the function hears why each entity is passivated.
func TestPassivationReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := parting(t, nil)
		wantAnswer(t, w.call("idle", "Get", ""), "")
		time.Sleep(30 * time.Second) // Fake time: the bubble's clock.
		p.want(t, "idle", entityv1.PassivationReason_PASSIVATION_REASON_IDLE)
		wantAnswer(t, w.call("drained", "Get", ""), "")
		w.function.Retire()
		p.want(t, "drained", entityv1.PassivationReason_PASSIVATION_REASON_DRAIN)
		wantAnswer(t, w.call("stopped", "Get", ""), "")
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		p.want(t, "stopped", entityv1.PassivationReason_PASSIVATION_REASON_SHUTDOWN)
	})
}

// CORE-LIMIT-019: a runtime that holds as many entities as it may passivates the one
// that has rested longest, and refuses no call.
func TestActiveLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := parting(t, func(c *runtime.Config) { c.Active = 2 })
		for _, key := range []string{"a", "b", "a", "c"} {
			wantAnswer(t, w.call(key, "Get", ""), "")
			time.Sleep(time.Second)
		}
		p.want(t, "b", entityv1.PassivationReason_PASSIVATION_REASON_LIMIT)
		p.want(t, "a", 0)
		p.want(t, "c", 0)
		wantAnswer(t, w.call("b", "Get", ""), "")
		p.want(t, "a", entityv1.PassivationReason_PASSIVATION_REASON_LIMIT)
	})
}

// While all of them are busy there are more than may be, until one rests.
func TestActiveLimitOfTheBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{Answer: slow}.Serve, func(c *runtime.Config) { c.Active = 1 })
		var outcomes []<-chan entity.Outcome
		for n := range 5 {
			outcomes = append(outcomes, w.submit(t.Context(), strconv.Itoa(n), "Add", "x"))
		}
		for _, outcome := range outcomes {
			wantAnswer(t, answer(<-outcome), "x")
		}
		synctest.Wait()
		if n := w.function.Streams(); n != 1 {
			t.Errorf("%d streams are open, want 1", n)
		}
	})
}

// DISC-INC-009: whoever needs a stream has the entity passivated that has rested longest.
func TestRelieve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := parting(t, nil)
		wantAnswer(t, w.call("a", "Get", ""), "")
		wantAnswer(t, w.call("b", "Get", ""), "")
		w.Relieve(1)
		p.want(t, "a", entityv1.PassivationReason_PASSIVATION_REASON_LIMIT)
		p.want(t, "b", 0)
		w.Relieve(0)
		wantAnswer(t, w.call("a", "Add", "x"), "x")
		p.want(t, "b", 0)
	})
}

// DISC-INC-009: where all are busy, those who wait get the one that is idle next.
func TestRelieveOfTheBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{Answer: slow}.Serve, nil)
		outcome := w.submit(t.Context(), "a", "Add", "x")
		synctest.Wait()
		w.Relieve(1)
		wantAnswer(t, answer(<-outcome), "x")
		synctest.Wait()
		if n := w.function.Streams(); n != 0 {
			t.Errorf("%d streams are open, want none", n)
		}
	})
}

// owner is an Owner that gives the fence or the error.
type owner struct {
	fence store.Fence
	err   error
}

func (o *owner) Own(context.Context, store.ID) (store.Fence, error) { return o.fence, o.err }

// CORE-EPOCH-001, CORE-EPOCH-002: the right to write is had before each activation; init
// and every write name its epoch, and a write under an old one is ABORTED. Where it
// cannot be had, nothing is opened.
func TestOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, journal := &owner{fence: store.Fence{Shard: 3, Epoch: 4}}, &batches{Journal: memory.New()}
		var epochs []int64
		model := runtimetest.Model{Watch: func(request *eventsourcedv1.HandleRequest) {
			if init := request.GetInit(); init != nil {
				epochs = append(epochs, init.GetEpoch())
			}
		}}
		w := start(t, model.Serve, func(c *runtime.Config) { c.Kinds, c.Owner = kinds(journal), o })
		wantAnswer(t, w.call("7", "Add", "a"), "a")
		if fence := journal.appended()[0].Fence; fence != o.fence {
			t.Errorf("written under %v, want %v", fence, o.fence)
		}
		o.fence.Epoch = 5
		wantAnswer(t, w.call("7", "Restart", "no"), "Unknown: no")
		wantAnswer(t, w.call("7", "Add", "b"), "ab")
		if fmt.Sprint(epochs) != "[4 5]" {
			t.Errorf("the function heard the epochs %v", epochs)
		}
		o.err = errDisk
		wantAnswer(t, w.call("8", "Get", ""), "Unavailable: the right to write the entity cannot be had now")
		o.err = fault.New(fault.Unavailable, "it is elsewhere")
		wantAnswer(t, w.call("8", "Get", ""), "Unavailable: it is elsewhere")
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams, want those of 7", n)
		}
	})
}

func (*owner) Lost(store.Fence) {}

func (*owner) Holds(store.Fence) bool { return true }

// closing is a model that deletes its entity on Close, after a second.
func closing(s *runtimetest.Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	if command.GetName() != "Close" {
		return runtimetest.Model{}.Reply(state, command)
	}
	reply := slow(s, state, command)
	reply.Events = []*anypb.Any{runtimetest.Text("closed")}
	reply.Delete = &eventsourcedv1.Delete{}
	return reply
}

// ES-DEL-003, ES-DEL-004, ES-DEL-006, ES-DEL-009: once a delete is durable its caller is
// answered and the stream half-closed; those that wait or come later get NOT_FOUND, and
// no stream is opened for them, after a restart of the proxy neither.
func TestDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := memory.New()
		w := start(t, runtimetest.Model{Answer: closing}.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
		w.function.Terms.Capabilities = deletes
		wantAnswer(t, w.call("7", "Add", "a"), "a")
		closed, waiting := w.submit(t.Context(), "7", "Close", ""), w.submit(t.Context(), "7", "Add", "b")
		wantAnswer(t, answer(<-closed), "a")
		wantAnswer(t, answer(<-waiting), "NotFound: the entity was deleted")
		wantCode(t, <-w.submit(t.Context(), "7", "Add", "c"), codes.NotFound)
		w.function.Wait() // Its one stream has ended by itself.
		if n := w.function.Opened(); n != 1 {
			t.Errorf("%d streams for an entity that was deleted", n)
		}
		again := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
		wantCode(t, <-again.submit(t.Context(), "7", "Get", ""), codes.NotFound)
		if n := again.function.Opened(); n != 0 {
			t.Errorf("%d streams for an entity that was deleted", n)
		}
		wantReports(t, w)
	})
}
