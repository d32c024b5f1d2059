package storetest

import (
	"context"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// mutant is a store with one fault: where a function is set, it is called in the place
// of the method, and is given the store as it should be.
type mutant struct {
	*memory.Store

	append   func(ctx context.Context, s *memory.Store, id store.ID, batch store.Batch) error
	load     func(id store.ID) store.ID             // which entity Load reads instead
	head     func(store.Head) []store.Head          // what it begins with instead
	event    func(entity.Event, int) []entity.Event // what it passes on instead of the nth event
	visited  func(events int)                       // told of the end of a Load
	snapshot func(ctx context.Context, s *memory.Store, id store.ID, f store.Fence, shot entity.Snapshot) error
	write    func(ctx context.Context, s *memory.Store, id store.ID, change store.Change) error
	read     func(ctx context.Context, s *memory.Store, id store.ID) (store.Value, error)
	record   func(ctx context.Context, s *memory.Store, id store.ID, key string) (store.Record, bool, error)
	effects  func(ctx context.Context, s *memory.Store, each func(store.Effect) error) error
	deliver  func(ctx context.Context, s *memory.Store, source store.ID, effect string) error
	park     func(ctx context.Context, s *memory.Store, source store.ID, effect string, p *store.Parking) error
	save     func(ctx context.Context, s *memory.Store, node string, replicas []store.Replica) error
	replica  func(ctx context.Context, s *memory.Store, id store.ID, each func([]byte) error) error
	join     func(ctx context.Context, s *memory.Store, node store.Node, length time.Duration) error
	renew    func(ctx context.Context, s *memory.Store, node string, length time.Duration) error
	claim    func(ctx context.Context, s *memory.Store, node string, shard int32) (store.Claim, error)
	release  func(ctx context.Context, s *memory.Store, node string, shard int32) error
	leave    func(ctx context.Context, s *memory.Store, node string) error
	events   func(ctx context.Context, s *memory.Store, of string, after int64, most int, each func(store.Entry) error) (int64, error)
	kind     func(ctx context.Context, s *memory.Store, persistence, kind string) error
	sweep    func(ctx context.Context, s *memory.Store) (bool, error)

	entities func(ctx context.Context, s *memory.Store, of, prefix, after string, most int) ([]string, string, error)
	history  func(ctx context.Context, s *memory.Store, id store.ID, first, last int64, each func(entity.Event) error) error
	figures  func() []store.Figure

	live   bool // appends and loads go on after Close and after the context
	closed bool
}

func (m *mutant) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if m.live && m.closed {
		return nil
	}
	if m.append != nil {
		return m.append(m.context(ctx), m.Store, id, batch)
	}
	return m.Store.Append(m.context(ctx), id, batch)
}

// context returns the one by which the mutant goes.
func (m *mutant) context(ctx context.Context) context.Context {
	if m.live {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (m *mutant) Load(
	ctx context.Context, id store.ID, begin func(store.Head) error, event func(entity.Event) error,
) error {
	if m.load != nil {
		id = m.load(id)
	}
	count := 0
	if m.visited != nil {
		defer func() { m.visited(count) }()
	}
	return m.Store.Load(m.context(ctx), id, func(head store.Head) error {
		if m.head == nil {
			return begin(head)
		}
		return passOn(m.head(head), begin)
	}, func(e entity.Event) error {
		count++
		if m.event == nil {
			return event(e)
		}
		return passOn(m.event(e, count), event)
	})
}

func passOn[T any](all []T, each func(T) error) error {
	for _, one := range all {
		if err := each(one); err != nil {
			return err
		}
	}
	return nil
}

func (m *mutant) Snapshot(ctx context.Context, id store.ID, fence store.Fence, shot entity.Snapshot) error {
	if m.snapshot != nil {
		return m.snapshot(ctx, m.Store, id, fence, shot)
	}
	return m.Store.Snapshot(ctx, id, fence, shot)
}

func (m *mutant) Write(ctx context.Context, id store.ID, change store.Change) error {
	if m.write != nil {
		return m.write(ctx, m.Store, id, change)
	}
	return m.Store.Write(ctx, id, change)
}

func (m *mutant) Read(ctx context.Context, id store.ID) (store.Value, error) {
	if m.read != nil {
		return m.read(ctx, m.Store, id)
	}
	return m.Store.Read(ctx, id)
}

func (m *mutant) Record(ctx context.Context, id store.ID, key string) (store.Record, bool, error) {
	if m.record != nil {
		return m.record(ctx, m.Store, id, key)
	}
	return m.Store.Record(ctx, id, key)
}

func (m *mutant) Effects(ctx context.Context, each func(store.Effect) error) error {
	if m.effects != nil {
		return m.effects(ctx, m.Store, each)
	}
	return m.Store.Effects(ctx, each)
}

func (m *mutant) Delivered(ctx context.Context, source store.ID, effect string) error {
	if m.deliver != nil {
		return m.deliver(ctx, m.Store, source, effect)
	}
	return m.Store.Delivered(ctx, source, effect)
}

func (m *mutant) Park(ctx context.Context, source store.ID, effect string, parking *store.Parking) error {
	if m.park != nil {
		return m.park(ctx, m.Store, source, effect, parking)
	}
	return m.Store.Park(ctx, source, effect, parking)
}

func (m *mutant) Save(ctx context.Context, node string, replicas []store.Replica) error {
	if m.save != nil {
		return m.save(ctx, m.Store, node, replicas)
	}
	return m.Store.Save(ctx, node, replicas)
}

func (m *mutant) Replica(ctx context.Context, id store.ID, each func([]byte) error) error {
	if m.replica != nil {
		return m.replica(ctx, m.Store, id, each)
	}
	return m.Store.Replica(ctx, id, each)
}

func (m *mutant) Join(ctx context.Context, node store.Node, length time.Duration) error {
	if m.join != nil {
		return m.join(ctx, m.Store, node, length)
	}
	return m.Store.Join(ctx, node, length)
}

func (m *mutant) Renew(ctx context.Context, node string, length time.Duration) error {
	if m.renew != nil {
		return m.renew(ctx, m.Store, node, length)
	}
	return m.Store.Renew(ctx, node, length)
}

func (m *mutant) Claim(ctx context.Context, node string, shard int32) (store.Claim, error) {
	if m.claim != nil {
		return m.claim(ctx, m.Store, node, shard)
	}
	return m.Store.Claim(ctx, node, shard)
}

func (m *mutant) Release(ctx context.Context, node string, shard int32) error {
	if m.release != nil {
		return m.release(ctx, m.Store, node, shard)
	}
	return m.Store.Release(ctx, node, shard)
}

func (m *mutant) Leave(ctx context.Context, node string) error {
	if m.leave != nil {
		return m.leave(ctx, m.Store, node)
	}
	return m.Store.Leave(ctx, node)
}

func (m *mutant) Events(
	ctx context.Context, persistence string, after int64, most int, each func(store.Entry) error,
) (int64, error) {
	if m.events != nil {
		return m.events(ctx, m.Store, persistence, after, most, each)
	}
	return m.Store.Events(ctx, persistence, after, most, each)
}

func (m *mutant) Kind(ctx context.Context, persistence, kind string) error {
	if m.kind != nil {
		return m.kind(ctx, m.Store, persistence, kind)
	}
	return m.Store.Kind(ctx, persistence, kind)
}

func (m *mutant) Sweep(ctx context.Context) (bool, error) {
	if m.sweep != nil {
		return m.sweep(ctx, m.Store)
	}
	return m.Store.Sweep(ctx)
}

func (m *mutant) Close() error {
	m.closed = true
	if m.live {
		return nil
	}
	return m.Store.Close()
}
