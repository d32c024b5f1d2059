package lease_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/lease"
)

// start is when the tests begin.
var start = time.Unix(1_790_000_000, 0)

func join(t *testing.T, table *lease.Table, node store.Node) {
	t.Helper()
	if err := table.Join(node, start, time.Minute); err != nil {
		t.Fatal(err)
	}
}

func TestFirstEpoch(t *testing.T) {
	t.Parallel()
	table := lease.New(5)
	join(t, table, store.Node{ID: "a"})
	for shard := range int32(2) {
		claim, err := table.Claim("a", shard, start)
		if err != nil || claim.Epoch != 5 {
			t.Errorf("Claim(%d) = %v, %v, want the epoch 5", shard, claim, err)
		}
	}
	table.Release("a", 1)
	if claim, err := table.Claim("a", 1, start); err != nil || claim.Epoch != 6 {
		t.Errorf("Claim after a release = %v, %v, want the epoch 6", claim, err)
	}
}

func TestJoinTwice(t *testing.T) {
	t.Parallel()
	table := lease.New(1)
	join(t, table, store.Node{ID: "a", Name: "stable"})
	if err := table.Join(store.Node{ID: "a"}, start, time.Minute); err == nil {
		t.Error("a node joins twice")
	}
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	table := lease.New(1)
	join(t, table, store.Node{ID: "gone"})
	table.Leave("gone")
	table.Leave("gone") // once more does no harm
	for _, id := range []string{"gone", "never", ""} {
		if _, err := table.Claim(id, 1, start); !errors.Is(err, store.ErrFenced) {
			t.Errorf("Claim of %q = %v, want ErrFenced", id, err)
		}
		if err := table.Renew(id, start, time.Minute); !errors.Is(err, store.ErrFenced) {
			t.Errorf("Renew of %q = %v, want ErrFenced", id, err)
		}
		table.Release(id, 1)
	}
}

// TestOneWriter covers, for the table alone, CORE-EPOCH-001 and CORE-EPOCH-002:
// whatever nodes do, and however time passes, epochs of a shard only grow, each is of
// one node, and a node that was told that it has a shard is not fenced while its lease
// lasts.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := world{table: lease.New(1), now: start, until: map[string]time.Time{}, held: map[int32]store.Claim{}}
		rt.Repeat(map[string]func(*rapid.T){
			"join":    w.join,
			"renew":   w.renew,
			"claim":   w.claim,
			"release": w.release,
			"wait":    func(rt *rapid.T) { w.now = w.now.Add(time.Duration(rapid.IntRange(1, 8).Draw(rt, "s")) * time.Second) },
			"": func(rt *rapid.T) {
				for shard, claim := range w.held {
					err := w.table.Check(store.Fence{Shard: shard, Epoch: claim.Epoch})
					if err != nil && w.now.Before(w.until[claim.Owner.ID]) {
						rt.Fatalf("the shard %d of %v is fenced: %v", shard, claim, err)
					}
					if w.table.Check(store.Fence{Shard: shard, Epoch: claim.Epoch - 1}) == nil {
						rt.Fatalf("an epoch older than %v writes to the shard %d", claim, shard)
					}
				}
			},
		})
	})
}

// world is what the nodes of a table know.
type world struct {
	table *lease.Table
	now   time.Time
	count int
	nodes []string
	until map[string]time.Time  // of each node's lease
	held  map[int32]store.Claim // the newest one of each shard
}

func (w *world) node(rt *rapid.T) string {
	if len(w.nodes) == 0 {
		rt.Skip("nobody is there")
	}
	return rapid.SampledFrom(w.nodes).Draw(rt, "node")
}

func (w *world) join(rt *rapid.T) {
	w.count++
	id := fmt.Sprint("node ", w.count)
	if err := w.table.Join(store.Node{ID: id}, w.now, 6*time.Second); err != nil {
		rt.Fatal(err)
	}
	w.nodes = append(w.nodes, id)
	w.until[id] = w.now.Add(6 * time.Second)
}

func (w *world) renew(rt *rapid.T) {
	id := w.node(rt)
	if w.table.Renew(id, w.now, 6*time.Second) == nil {
		w.until[id] = w.now.Add(6 * time.Second)
	} else if w.now.Before(w.until[id]) {
		rt.Fatalf("the lease of %s lasts, and is not renewed", id)
	}
}

func (w *world) claim(rt *rapid.T) {
	id, shard := w.node(rt), int32(rapid.IntRange(0, 2).Draw(rt, "shard"))
	claim, err := w.table.Claim(id, shard, w.now)
	if err != nil {
		rt.Fatal(err)
	}
	old, had := w.held[shard]
	switch {
	case claim.Owner.ID != id:
		if !had || claim != old || !w.now.Before(w.until[old.Owner.ID]) {
			rt.Fatalf("the shard %d is refused by %v; the newest claim is %v", shard, claim, old)
		}
	case had && claim.Epoch < old.Epoch, had && claim.Epoch == old.Epoch && claim.Owner != old.Owner:
		rt.Fatalf("the shard %d is given by %v after %v", shard, claim, old)
	}
	w.held[shard] = claim
}

func (w *world) release(rt *rapid.T) {
	id, shard := w.node(rt), int32(rapid.IntRange(0, 2).Draw(rt, "shard"))
	w.table.Release(id, shard)
	if w.held[shard].Owner.ID == id {
		delete(w.held, shard)
	}
}
