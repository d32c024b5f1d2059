package runtime_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// claimant owns everything under an epoch, until it hears that it has lost it.
type claimant struct{ epoch atomic.Int64 }

func (c *claimant) Own(context.Context, store.ID) (store.Fence, error) {
	return store.Fence{Shard: 3, Epoch: c.epoch.Load()}, nil
}

func (c *claimant) Lost(fence store.Fence) { c.epoch.CompareAndSwap(fence.Epoch, fence.Epoch+1) }

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
		owner := &claimant{}
		owner.epoch.Store(1)
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) {
			c.Owner, c.Kinds = owner, kinds(robbed{memory.New()})
		})
		wantCode(t, <-w.submit(t.Context(), "7", "Add", "tea"), codes.Aborted)
		wantAnswer(t, w.call("7", "Add", "milk"), "milk")
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams were opened", n)
		}
	})
}
