package single_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/proxy/internal/cluster"
	"github.com/stateward/stateward/proxy/internal/cluster/single"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

const length = 6 * time.Second

var tea = store.ID{Persistence: "cart", Entity: "tea"}

// leases are those of one store as one process reaches them.
type leases struct {
	store.Leases

	down   atomic.Bool   // every call fails
	slow   time.Duration // every renewal takes so long
	claims int           // how many were asked for
}

func (l *leases) Join(ctx context.Context, node store.Node, length time.Duration) error {
	if l.down.Load() {
		return errDown
	}
	return l.Leases.Join(ctx, node, length)
}

func (l *leases) Renew(ctx context.Context, node string, length time.Duration) error {
	if l.down.Load() {
		return errDown
	}
	time.Sleep(l.slow)
	return l.Leases.Renew(ctx, node, length)
}

func (l *leases) Claim(ctx context.Context, node string, shard int32) (store.Claim, error) {
	if l.down.Load() {
		return store.Claim{}, errDown
	}
	l.claims++
	return l.Leases.Claim(ctx, node, shard)
}

func (l *leases) Leave(ctx context.Context, node string) error {
	if l.down.Load() {
		return errDown
	}
	return l.Leases.Leave(ctx, node)
}

var errDown = errors.New("down")

// process joins a node to the store, under ids that begin with the name.
func process(t *testing.T, at *leases, name, stable string) *single.Node {
	t.Helper()
	incarnation := 0
	node, err := single.Join(t.Context(), single.Config{
		Leases: at, Name: stable, Length: length, Log: slog.New(slog.DiscardHandler),
		NewID: func() string { incarnation++; return fmt.Sprint(name, incarnation) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func own(t *testing.T, node *single.Node, id store.ID, epoch int64) store.Fence {
	t.Helper()
	fence, err := node.Own(t.Context(), id)
	if err != nil || fence.Epoch != epoch || !node.Holds(fence) {
		t.Fatalf("own %v: %v, %v; want the epoch %d", id, fence, err, epoch)
	}
	return fence
}

func leave(t *testing.T, node *single.Node) {
	t.Helper()
	if err := node.Leave(t.Context()); err != nil {
		t.Error(err)
	}
}

// refused checks that the node may write nothing.
func refused(t *testing.T, node *single.Node, id store.ID, held store.Fence) {
	t.Helper()
	if fence, err := node.Own(t.Context(), id); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("own: %v, %v", fence, err)
	}
	if node.Holds(held) || len(node.Members()) != 0 {
		t.Errorf("it holds its claim %t, and %v are there", node.Holds(held), node.Members())
	}
}

// A shard is claimed when it is first needed, and kept as long as the lease is renewed.
// CORE-EPOCH-001: the first epoch is 1.
func TestOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := &leases{Leases: memory.New()}
		node := process(t, at, "a", "")
		first := own(t, node, tea, 1)
		time.Sleep(time.Hour)
		if again := own(t, node, tea, 1); again != first || at.claims != 1 {
			t.Errorf("%v after %d claims, %v before", again, at.claims, first)
		}
		if members := node.Members(); len(members) != 1 || members[0].ID != "a1" {
			t.Errorf("%v are there", members)
		}
		leave(t, node)
		next := process(t, at, "b", "")
		own(t, next, tea, 2) // At once: it was given back.
		leave(t, next)
		refused(t, next, tea, first)
	})
}

// A node that the store does not renew stops when its lease is over, and not later than
// anybody else may begin; it goes on where nobody did.
func TestStoreGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := &leases{Leases: memory.New()}
		node := process(t, at, "a", "")
		fence := own(t, node, tea, 1)
		at.down.Store(true)
		time.Sleep(length - 1)
		own(t, node, tea, 1)
		time.Sleep(time.Nanosecond)
		refused(t, node, tea, fence)
		at.down.Store(false)
		time.Sleep(length / 4)
		synctest.Wait()
		own(t, node, tea, 1)
		leave(t, node)
	})
}

// The lease counts from before its renewal was sent, not from when the answer came.
func TestSlowRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := &leases{Leases: memory.New(), slow: time.Second}
		node := process(t, at, "a", "")
		fence := own(t, node, tea, 1)
		time.Sleep(length/4 + time.Second) // One renewal was sent at a quarter, and answered.
		synctest.Wait()
		at.down.Store(true)
		time.Sleep(length - time.Second - 1)
		own(t, node, tea, 1)
		time.Sleep(time.Nanosecond)
		refused(t, node, tea, fence)
		at.down.Store(false)
		leave(t, node)
	})
}

// Whoever comes after a killed proxy waits until its lease is over. The dead one, if it
// was not, has lost its claim, and finds the other in its place.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		at := &leases{Leases: shared}
		old := process(t, at, "a", "")
		lost := own(t, old, tea, 1)
		at.down.Store(true)
		begin := time.Now()
		next := process(t, &leases{Leases: shared}, "b", "")
		own(t, next, tea, 2)
		if waited := time.Since(begin); waited < length || waited > length+length/4 {
			t.Errorf("it waited %v", waited)
		}
		refused(t, old, tea, lost)
		at.down.Store(false)
		time.Sleep(length / 2)
		if len(old.Members()) != 1 || old.Members()[0].ID == "a1" || old.Holds(lost) {
			t.Errorf("it is %v, and holds its old claim %t", old.Members(), old.Holds(lost))
		}
		begin = time.Now()
		_, err := old.Own(t.Context(), tea)
		if elsewhere, is := errors.AsType[*cluster.Elsewhere](err); !is || elsewhere.Owner.ID != "b1" || time.Since(begin) < length {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		leave(t, old)
		leave(t, next)
	})
}

// Under a stable name the next process takes over at once, with a new epoch.
func TestStableName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		at := &leases{Leases: shared}
		old := process(t, at, "a", "shop-0")
		own(t, old, tea, 1)
		at.down.Store(true)
		begin := time.Now()
		next := process(t, &leases{Leases: shared}, "b", "shop-0")
		own(t, next, tea, 2)
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("it waited %v", waited)
		}
		if err := old.Leave(t.Context()); !errors.Is(err, errDown) {
			t.Error(err)
		}
		leave(t, next)
	})
}

// A write that was refused drops the claim, and no newer one.
func TestLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := &leases{Leases: memory.New()}
		node := process(t, at, "a", "")
		fence := own(t, node, tea, 1)
		node.Lost(store.Fence{Shard: fence.Shard, Epoch: fence.Epoch + 1})
		if !node.Holds(fence) {
			t.Error("the loss of another claim has dropped it")
		}
		node.Lost(fence)
		if node.Holds(fence) {
			t.Error("it holds what was lost")
		}
		own(t, node, tea, 1) // The store says that it is still this node's.
		if at.claims != 2 {
			t.Errorf("%d claims", at.claims)
		}
		leave(t, node)
	})
}

// A caller's patience ends the wait for another's lease.
func TestImpatient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		other := process(t, &leases{Leases: shared}, "a", "")
		own(t, other, tea, 1)
		node := process(t, &leases{Leases: shared}, "b", "")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := node.Own(ctx, tea); err == nil || time.Since(begin) != time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		leave(t, node)
		leave(t, other)
	})
}

func TestJoinRefused(t *testing.T) {
	t.Parallel()
	log, id := slog.New(slog.DiscardHandler), func() string { return "a" }
	gone := &leases{}
	gone.down.Store(true)
	for name, config := range map[string]single.Config{
		"no leases":  {NewID: id, Log: log},
		"no ids":     {Leases: &leases{}, Log: log},
		"no log":     {Leases: &leases{}, NewID: id},
		"negative":   {Leases: &leases{}, NewID: id, Log: log, Length: -1},
		"store gone": {Leases: gone, NewID: id, Log: log},
	} {
		if _, err := single.Join(t.Context(), config); err == nil {
			t.Errorf("%s: it has joined", name)
		}
	}
}

// There is nobody to forward to.
func TestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		node := process(t, &leases{Leases: memory.New()}, "a", "")
		_, err := node.Forward(t.Context(), store.Node{ID: "b"}, entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Command{})
		if fault.KindOf(err) != fault.Unavailable {
			t.Error(err)
		}
		select {
		case <-node.Changed():
			t.Error("somebody has come")
		default:
		}
		leave(t, node)
	})
}
