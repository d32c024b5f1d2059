package runtime_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	recorded "github.com/stateward/stateward/proxy/internal/entity/answer"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// claimant owns everything under an epoch, until it hears that it has lost it, or its
// lease is over.
type claimant struct {
	mu    sync.Mutex
	epoch int64
	over  bool
	// claims, when not nil, is called by Own before the right is had.
	claims func()
}

func (c *claimant) Own(context.Context, store.ID) (store.Fence, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return store.Fence{}, fault.New(fault.Unavailable, "no lease")
	}
	if c.claims != nil {
		c.claims()
		c.claims = nil
	}
	return store.Fence{Shard: 3, Epoch: c.epoch}, nil
}

func (c *claimant) Lost(fence store.Fence) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch == fence.Epoch {
		c.epoch++
	}
}

func (c *claimant) Holds(fence store.Fence) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.over && fence == store.Fence{Shard: 3, Epoch: c.epoch}
}

// lease says whether the lease lasts.
func (c *claimant) lease(lasts bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = !lasts
}

// robbed is a journal whose shard somebody else has had since the first epoch.
type robbed struct{ *memory.Store }

func (r robbed) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if batch.Fence.Epoch < 2 {
		return store.ErrFenced
	}
	return r.Store.Append(ctx, id, batch)
}

// CORE-EPOCH-002: nothing is stored under an old epoch, the caller gets ABORTED, and the
// entity goes on under the right that is asked for anew.
func TestRightIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) {
			c.Owner, c.Kinds = &claimant{epoch: 1}, kinds(robbed{memory.New()})
		})
		wantCode(t, <-w.submit(t.Context(), "7", "Add", "tea"), codes.Aborted)
		wantAnswer(t, w.call("7", "Add", "milk"), "milk")
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams were opened", n)
		}
	})
}

// CORE-EPOCH-002: what was read or written under a right that is gone is no answer, for
// another proxy may have changed the entity since. What was stored stays.
func TestRightIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		owner := &claimant{epoch: 1}
		d := newDesk(t, func(c *runtime.Config) { c.Owner = owner })
		held := d.submit(t.Context(), "7", "Hold", "tea")
		waits := d.submit(t.Context(), "7", "Add", "milk")
		synctest.Wait()
		owner.lease(false)
		d.hold <- "Add"
		wantCode(t, <-held, codes.Unavailable)
		wantCode(t, <-waits, codes.Unavailable)
		owner.lease(true)
		wantAnswer(t, d.call("7", "Get", ""), "tea")
		if n := d.function.Opened(); n != 2 {
			t.Errorf("%d streams were opened", n)
		}
	})
}

// CORE-EPOCH-002: a copy that may be out of date is shown no further command.
func TestRightIsOverBetweenCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		owner := &claimant{epoch: 1}
		d := newDesk(t, func(c *runtime.Config) { c.Owner = owner })
		wantAnswer(t, d.call("7", "Add", "tea"), "tea")
		owner.Lost(store.Fence{Shard: 3, Epoch: 1})
		wantAnswer(t, d.call("7", "Get", ""), "tea")
		d.wantAsked("Add tea", "Get ")
		if n := d.function.Opened(); n != 2 {
			t.Errorf("%d streams were opened", n)
		}
	})
}

// other is what another proxy stores of the entity 7 under the key k.
func (d *desk) other(t *testing.T, expected int64, fence store.Fence) {
	t.Helper()
	id := store.ID{Persistence: "cart", Entity: "7"}
	err := d.store.Append(t.Context(), id, store.Batch{
		Fence: fence, Expected: expected,
		Events: []entity.Event{{Sequence: expected + 1, Payload: runtimetest.Text("tea")}},
		Beside: store.Beside{Records: []store.Record{{
			Key: "k", Command: "Add", Digest: sha256.Sum256([]byte("tea")), Expires: time.Now().Add(time.Hour),
			Answer: recorded.Encode(entity.Outcome{Reply: &entityv1.Reply{Payload: runtimetest.Text("tea")}}),
		}}},
	})
	if err != nil {
		t.Error(err)
	}
}

// IDEM-REPEAT-002: what another proxy has still on its way into the store, when this one
// takes the entity over, answers a repeat.
func TestRepeatOfWhatAnotherProxyHasAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		owner := &claimant{epoch: 1}
		d := newDesk(t, func(c *runtime.Config) { c.Owner = owner })
		owner.claims = func() { d.other(t, 0, store.Fence{Shard: 3, Epoch: 1}) }
		wantAnswer(t, answer(<-d.keyed(t.Context(), "Add", "tea")), "tea")
		d.wantAsked()
	})
}

// IDEM-REPEAT-002: a command that waits while another proxy has the entity, and carries it
// out for somebody who asks again there, is not carried out again.
func TestRepeatIsAnsweredElsewhereMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		owner := &claimant{epoch: 1}
		d := newDesk(t, func(c *runtime.Config) { c.Owner = owner })
		held := d.submit(t.Context(), "7", "Hold", "milk")
		keyed := d.keyed(t.Context(), "Add", "tea")
		owner.Lost(store.Fence{Shard: 3, Epoch: 1})
		d.other(t, 0, store.Fence{Shard: 3, Epoch: 1})
		d.hold <- "Get"
		wantCode(t, <-held, codes.Unavailable)
		wantAnswer(t, answer(<-keyed), "tea")
		d.wantAsked("Hold milk")
	})
}
