package durable_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// open is a store with a write whose outcome is open for a while.
type open struct{ is atomic.Bool }

func (o *open) Record(context.Context, store.ID, string) (store.Record, bool, error) {
	if o.is.Load() {
		return store.Record{}, false, errors.New("a write is open")
	}
	return store.Record{}, false, nil
}

// FX-DUR-003: an effect that was stored by a write of which the outcome was unknown is
// tried once it is known, and one that was not stored is not.
func TestDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := new(open)
		writes.is.Store(true)
		w := start(t, kept(), map[string][]durable.Result{"Send": {{Delivered: true}}, "Lose": {{Delivered: true}}},
			func(c *durable.Config) { c.Records = writes })
		source := store.ID{Persistence: "cart", Entity: "7"}
		both := w.Effects(entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Command{}, []*entityv1.SideEffect{
			{ServiceName: "shop.Mail", CommandName: "Send"}, {ServiceName: "shop.Mail", CommandName: "Lose"},
		})
		w.Doubt(source, both)
		time.Sleep(10 * time.Second) // The time of the bubble.
		want(t, "the attempts while the write is open", w.made(), "")
		both[0].Source = source
		w.store.mu.Lock()
		w.store.kept[both[0].ID] = both[0]
		w.store.mu.Unlock()
		writes.is.Store(false)
		time.Sleep(time.Hour)
		want(t, "the attempts", w.made(), "Send at 15s")
		if len(w.store.kept) > 0 {
			t.Error("the effect is still stored")
		}
	})
}

// An effect of which it is unknown whether it is stored holds up no stop.
func TestDoubtAtStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := new(open)
		writes.is.Store(true)
		w := start(t, kept(), nil, func(c *durable.Config) { c.Records = writes })
		w.Doubt(store.ID{Persistence: "cart", Entity: "7"}, []store.Effect{{ID: "a"}})
		synctest.Wait()
		if err := w.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
