package simulation

import (
	"cmp"
	"context"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// errTorn is what a read says that has come upon something which is not as it was written.
var errTorn = fmt.Errorf("simulation: a torn page: %w", store.ErrCorrupt)

// reads waits until the read may be made. Of a torn one the caller gets the first half of
// what there is, and then the error.
func (g *gate) reads(ctx context.Context, what string, id store.ID, read func(torn bool) error) error {
	op := &operation{name: what + " " + place(id), place: place(id)}
	if err := g.hold(ctx, op); err != nil {
		return err
	}
	return read(op.torn)
}

func (g *gate) Load(ctx context.Context, id store.ID, begin func(store.Head) error, event func(entity.Event) error) error {
	return g.reads(ctx, "load", id, func(torn bool) error {
		if !torn {
			return g.Store.Load(ctx, id, begin, event)
		}
		var events []entity.Event
		err := g.Store.Load(ctx, id, begin, func(e entity.Event) error {
			events = append(events, e)
			return nil
		})
		for n := 0; err == nil && n < len(events)/2; n++ {
			err = event(events[n])
		}
		return cmp.Or(err, errTorn)
	})
}

func (g *gate) Read(ctx context.Context, id store.ID) (value store.Value, err error) {
	err = g.reads(ctx, "read", id, func(torn bool) (err error) {
		if torn {
			return errTorn
		}
		value, err = g.Store.Read(ctx, id)
		return err
	})
	return value, err
}

func (g *gate) Record(ctx context.Context, id store.ID, key string) (record store.Record, found bool, err error) {
	err = g.reads(ctx, "record "+key, id, func(torn bool) (err error) {
		if torn {
			return errTorn
		}
		record, found, err = g.Store.Record(ctx, id, key)
		return err
	})
	return record, found, err
}

func (g *gate) Replica(ctx context.Context, id store.ID, each func([]byte) error) error {
	return g.reads(ctx, "copy", id, func(torn bool) error {
		if torn {
			return errTorn
		}
		return g.Store.Replica(ctx, id, each)
	})
}
