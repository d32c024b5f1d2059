package storetest

import (
	"context"
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// calls makes each call of the store once, and returns what came of it.
func (c trial) calls(ctx context.Context) map[string]error {
	_, loadErr := read(ctx, c.store, cartID())
	_, readErr := c.store.Read(ctx, cartID())
	_, _, recordErr := c.store.Record(ctx, cartID(), "k")
	_, claimErr := c.store.Claim(ctx, "nobody", 1)
	_, eventsErr := c.store.Events(ctx, "cart", 0, 1, func(store.Entry) error { return nil })
	_, sweepErr := c.store.Sweep(ctx)
	return map[string]error{
		"Append":    c.append(ctx, cartID(), batch(1, "lost")),
		"Load":      loadErr,
		"Snapshot":  c.store.Snapshot(ctx, cartID(), c.fence, *snapshot(1, "lost")),
		"Write":     c.write(ctx, cartID(), update(0, "lost")),
		"Read":      readErr,
		"Record":    recordErr,
		"Effects":   c.store.Effects(ctx, func(store.Effect) error { return nil }),
		"Delivered": c.store.Delivered(ctx, cartID(), "e"),
		"Park":      c.store.Park(ctx, cartID(), "e", nil),
		"Save":      c.store.Save(ctx, "node", []store.Replica{{ID: cartID(), State: []byte("lost")}}),
		"Replica":   c.store.Replica(ctx, cartID(), func([]byte) error { return nil }),
		"Join":      c.store.Join(ctx, store.Node{ID: "lost"}, long),
		"Renew":     c.store.Renew(ctx, "nobody", long),
		"Claim":     claimErr,
		"Release":   c.store.Release(ctx, "nobody", 1),
		"Leave":     c.store.Leave(ctx, "nobody"),
		"Events":    eventsErr,
		"Kind":      c.store.Kind(ctx, "cart", "lost"),
		"Sweep":     sweepErr,
		"Export":    c.store.Export(ctx, false, func(store.Item) error { return nil }),
		"Ping":      c.store.Ping(ctx),
	}
}

func (c trial) contextCanceled() {
	c.add(cartID(), batch(0, "a"))
	ctx, cancel := context.WithCancel(c.t.Context())
	cancel()
	for call, err := range c.calls(ctx) {
		if !errors.Is(err, context.Canceled) {
			c.t.Errorf("%s = %v, want context.Canceled", call, err)
		}
	}
	c.expect(cartID(), history{Events: events(1, "a")})
	c.expectValue(cartID(), store.Value{})
	c.expectReplica(cartID())
	if err := c.store.Kind(c.t.Context(), "cart", "kind"); err != nil {
		c.t.Errorf("Kind = %v, want that none is stored", err)
	}
}

func (c trial) contextCanceledDuringLoad() {
	c.add(cartID(), batch(0, "a", "b", "c"))
	ctx, cancel := context.WithCancel(c.t.Context())
	calls := 0
	err := c.store.Load(ctx, cartID(),
		func(store.Head) error { return nil },
		func(entity.Event) error { calls++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || calls != 1 {
		c.t.Errorf("Load() = %v after %d events, want context.Canceled after the first", err, calls)
	}
}

func (c trial) closed() {
	c.add(cartID(), batch(0, "a"))
	if err := c.store.Close(); err != nil {
		c.t.Fatalf("Close: %v", err)
	}
	calls := c.calls(c.t.Context())
	calls["Close"] = c.store.Close()
	for call, err := range calls {
		if !errors.Is(err, store.ErrClosed) {
			c.t.Errorf("%s after Close = %v, want ErrClosed", call, err)
		}
	}
}
