package simulation

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/stateward/stateward/proxy/internal/cluster"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/store"
)

// state spoils the state of a kind.
func (d defects) state(of runtime.State) runtime.State {
	switch {
	case d.skipping:
		return skipping{of}
	case d.bare:
		return bare{of}
	case d.immortal, d.careless:
		return mortal{of, d}
	case d.lasting, d.hasting, d.keeping:
		return &fleeter{State: of, defects: d, last: map[store.ID]entity.Value{}}
	case d.gullible:
		return gullible{of}
	case d.reviving:
		return reviving{of}
	default:
		return of
	}
}

// skipping feeds all events but the last.
type skipping struct{ runtime.State }

func (s skipping) Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error {
	var last entity.Input
	return s.State.Load(ctx, id, func(in entity.Input) error {
		if _, is := in.(entity.Replayed); !is {
			return feed(in)
		}
		next := last
		if last = in; next == nil {
			return nil
		}
		return feed(next)
	})
}

// bare stores an entity's state without what belongs to it.
type bare struct{ runtime.State }

func (b bare) Store(ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, _ store.Beside) error {
	return b.State.Store(ctx, id, fence, changes, store.Beside{})
}

// mortal spoils what is stored of an entity's end.
type mortal struct {
	runtime.State
	defects
}

func (m mortal) Store(ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, beside store.Beside) error {
	changes = slices.Clone(changes)
	for n := range changes {
		switch {
		case changes[n].Delete == nil:
		case m.careless:
			changes[n].Delete = &entity.Delete{}
		case len(changes[n].Events) > 0:
			changes[n].Delete = nil
		}
	}
	return m.State.Store(ctx, id, fence, changes, beside)
}

// reviving opens what has ended as if it had never been.
type reviving struct{ runtime.State }

func (r reviving) Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error {
	return revived(r.State.Load(ctx, id, feed), feed)
}

func revived(err error, feed func(entity.Input) error) error {
	if errors.Is(err, store.ErrDeleted) {
		return feed(entity.Opened{})
	}
	return err
}

// shared spoils the state of replicated entities.
func (d defects) shared(of runtime.State) runtime.State {
	if shared, is := of.(runtime.Shared); is && d.reviving {
		return revivingShared{shared}
	}
	return of
}

type revivingShared struct{ runtime.Shared }

func (r revivingShared) Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error {
	return revived(r.Shared.Load(ctx, id, feed), feed)
}

// records spoils what is remembered of keyed commands.
func (d defects) records(of store.Store) store.Records {
	if d.amnesic {
		return amnesic{of}
	}
	return of
}

// amnesic forgets the answers of what has ended.
type amnesic struct{ store.Store }

func (a amnesic) Record(ctx context.Context, id store.ID, key string) (store.Record, bool, error) {
	record, found, err := a.Store.Record(ctx, id, key)
	errLoad := a.Load(ctx, id, func(head store.Head) error {
		found = found && !head.Deleted
		return nil
	}, func(entity.Event) error { return nil })
	return record, found, errors.Join(err, errLoad)
}

// fleeter spoils when values end.
type fleeter struct {
	runtime.State
	defects

	mu   sync.Mutex
	last map[store.ID]entity.Value // what was stored last; guarded by mu
}

func (f *fleeter) Store(ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, beside store.Beside) error {
	f.mu.Lock()
	changes = slices.Clone(changes)
	for n := range changes {
		if changes[n].Value == nil {
			continue
		}
		value := *changes[n].Value
		switch last := f.last[id]; {
		case f.lasting:
			value.ExpireAfter = 0
		case f.hasting && value.Update != nil && value.ExpireAfter == 0:
			value.ExpireAfter = last.ExpireAfter
		case f.keeping && value.Update == nil:
			value = last
		}
		changes[n].Value, f.last[id] = &value, value
	}
	f.mu.Unlock()
	return f.State.Store(ctx, id, fence, changes, beside)
}

// overlooking lets the machine miss every timer.
type overlooking struct{ entity.Machine }

func (o overlooking) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	from := len(out)
	out = o.Machine.Step(in, out)
	return append(out[:from:from], slices.DeleteFunc(out[from:], func(effect entity.Effect) bool {
		_, is := effect.(entity.Wait)
		return is
	})...)
}

// owner spoils who may write.
func (d defects) owner(of cluster.Ownership) cluster.Ownership {
	if d.trusting {
		return trusting{of}
	}
	return of
}

// trusting believes that what it once had is still its own.
type trusting struct{ cluster.Ownership }

func (trusting) Holds(store.Fence) bool { return true }

// gullible takes what it has read for everything.
type gullible struct{ runtime.State }

func (g gullible) Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error {
	var read []entity.Input
	err := g.State.Load(ctx, id, func(in entity.Input) error {
		read = append(read, in)
		return nil
	})
	if errors.Is(err, store.ErrCorrupt) && len(read) > 0 {
		opened, _ := read[0].(entity.Opened)
		if opened.Last = int64(len(read) - 1); opened.Snapshot != nil {
			opened.Last += opened.Snapshot.Sequence
		}
		read[0], err = opened, nil
	}
	for n := 0; err == nil && n < len(read); n++ {
		err = feed(read[n])
	}
	return err
}
