package storetest

import (
	"context"
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

func (c trial) contextCanceled() {
	c.add(cartID(), batch(0, "a"))
	ctx, cancel := context.WithCancel(c.t.Context())
	cancel()
	if err := c.store.Append(ctx, cartID(), batch(1, "lost")); !errors.Is(err, context.Canceled) {
		c.t.Errorf("Append() = %v, want context.Canceled", err)
	}
	if _, err := read(ctx, c.store, cartID()); !errors.Is(err, context.Canceled) {
		c.t.Errorf("Load() = %v, want context.Canceled", err)
	}
	if err := c.store.Ping(ctx); !errors.Is(err, context.Canceled) {
		c.t.Errorf("Ping() = %v, want context.Canceled", err)
	}
	c.expect(cartID(), history{Events: events(1, "a")})
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
	_, loadErr := read(c.t.Context(), c.store, cartID())
	for call, err := range map[string]error{
		"Append": c.store.Append(c.t.Context(), cartID(), batch(1, "b")),
		"Load":   loadErr,
		"Ping":   c.store.Ping(c.t.Context()),
		"Close":  c.store.Close(),
	} {
		if !errors.Is(err, store.ErrClosed) {
			c.t.Errorf("%s after Close = %v, want ErrClosed", call, err)
		}
	}
}
