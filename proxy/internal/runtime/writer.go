package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// errUnknown says of a write with several changes that it stays unknown whether they
// are stored.
var errUnknown = errors.New("it is unknown whether the changes are stored")

// What one write takes at most: so many changes, and of their payloads so many bytes,
// but for the first.
const (
	maxChanges = 256
	maxBytes   = 1 << 20
)

// change is one that waits for the store, and what is stored with it.
type change struct {
	entity.Persist

	beside store.Beside
	// trail is that of the change's command.
	trail *trace.Trail
}

// persist has a change stored, behind those that were asked for before: by the goroutine
// that stores those, or by this one when it has nothing else to do for the entity, or by
// another one.
func (a *activation) persist(effect entity.Persist) {
	c := change{Persist: effect, beside: a.beside(effect)}
	a.answered(effect.Command)
	if answered := a.find(effect.Command); answered != nil {
		answered.stores = true
		c.trail = answered.trail
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed {
		return // Nothing behind a failed change is stored.
	}
	a.changes = append(a.changes, c)
	if !a.writing {
		a.writing, a.unwritten = true, true
	}
}

// delegate gives the changes to another goroutine: this one has other things to do, and
// may take its time.
func (a *activation) delegate() {
	if a.unwritten {
		a.unwritten = false
		a.runtime.work(job{stores: a})
	}
}

// write stores what waits, one write after another, until nothing does. Then it returns
// what this goroutine does next.
func (a *activation) write() job {
	for {
		batch := a.batch()
		if batch == nil {
			return a.written()
		}
		a.wrote(batch, a.store(batch))
	}
}

// batch takes what the next write stores; nil when nothing waits. A snapshot that was
// asked for is a write of its own. Who serves the entity is told what became of the last
// write where another one follows.
func (a *activation) batch() []change {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, bytes := 0, 0
	for n < len(a.changes) && n < maxChanges {
		c := a.changes[n]
		bytes += size(c.Persist)
		if n > 0 && (c.Command == 0 || bytes > maxBytes) {
			break
		}
		if n++; c.Command == 0 {
			break
		}
	}
	batch := a.changes[:n:n]
	if a.changes = a.changes[n:]; len(a.changes) == 0 {
		a.changes = nil // An idle entity keeps no array.
	}
	if n == 0 {
		return nil
	}
	if len(a.inbox) > 0 {
		a.stir()
	}
	return batch
}

// written ends the writer, unless something waits after all. It returns what its goroutine
// does next: it tells the machine itself what became of the last write, where nobody
// serves the entity.
func (a *activation) written() job {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.changes) > 0 {
		return job{stores: a}
	}
	a.writing = false
	if a.active == a && len(a.inbox) > 0 && !a.running {
		a.serve()
		return job{serves: a.instance}
	}
	a.changed.Broadcast()
	return job{}
}

// size returns about how many bytes the change brings.
func size(c entity.Persist) int {
	bytes := 0
	for _, event := range c.Events {
		bytes += len(event.Payload.GetValue())
	}
	if c.Snapshot != nil {
		bytes += len(c.Snapshot.State.GetValue())
	}
	if c.Value != nil {
		bytes += len(c.Value.Update.GetValue())
	}
	return bytes
}

// store makes one write.
func (a *activation) store(batch []change) error {
	changes, beside, written := make([]entity.Persist, len(batch)), store.Beside{}, load{}
	for i, c := range batch {
		changes[i] = c.Persist
		written.add(c.Persist)
		for _, record := range c.beside.Records {
			record.Expires = a.expiry() // It has waited.
			beside.Records = append(beside.Records, record)
		}
		beside.Effects = append(beside.Effects, c.beside.Effects...)
	}
	begin := time.Now()
	err := a.inTime(func(ctx context.Context) error {
		return a.kind.State.Store(ctx, a.storeID(), a.fence, changes, beside)
	})
	if err != nil && len(changes) > 1 && !refuses(err) {
		err = a.resolve(changes, err)
	}
	a.persisted(written, time.Since(begin), err)
	if a.runtime.config.Tracer != nil {
		trace.Stored(trails(batch), begin, written.events, err)
	}
	if err != nil {
		a.runtime.config.Log.Error("the store did not take a change", "entity", a.id, "error", err)
	}
	if err != nil && !refuses(err) && len(beside.Effects) > 0 {
		a.runtime.config.Doubt(a.storeID(), beside.Effects)
	}
	if errors.Is(err, store.ErrFenced) {
		a.runtime.config.Owner.Lost(a.fence)
	}
	return err
}

// trails returns those of the changes.
func trails(batch []change) []*trace.Trail {
	all := make([]*trace.Trail, len(batch))
	for i, c := range batch {
		all[i] = c.trail
	}
	return all
}

// inTime makes one call of the store.
func (a *activation) inTime(call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(a.runtime.ctx, a.runtime.config.StoreTimeout)
	defer cancel()
	return call(ctx)
}

// refuses reports whether the error says that nothing was stored.
func refuses(err error) bool { return wasFirst(err) || errors.Is(err, store.ErrDeleted) }

// resolve asks what became of several changes in one write whose outcome is unknown: the
// later ones may neither be made again when they are stored, nor be answered when they
// are not (ES-STORE-008, VAL-STORE-007). Of one alone nobody asks (ES-STORE-005).
func (a *activation) resolve(changes []entity.Persist, cause error) error {
	resolver, can := a.kind.State.(Resolver)
	if !can {
		return fmt.Errorf("%w: %w", errUnknown, cause)
	}
	held := false
	err := a.inTime(func(ctx context.Context) (err error) {
		held, err = resolver.Holds(ctx, a.storeID(), changes)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w; %w", errUnknown, cause, err)
	case held:
		return nil
	default:
		return cause
	}
}

// expiry is when a record that is written now may be forgotten: its time counts from
// when it is durable (IDEM-KEEP-001), which is before the store's time is over.
func (a *activation) expiry() time.Time {
	return time.Now().Add(a.runtime.config.StoreTimeout + a.runtime.config.Keep)
}

// wrote tells the machine what became of a write. Once one has failed none behind it
// is stored; a snapshot alone changes nothing that those behind it rest on, unless
// another writer was first.
func (a *activation) wrote(batch []change, err error) {
	outcomes := make([]entity.Input, 0, len(batch))
	switch {
	case err == nil:
		for range batch {
			outcomes = append(outcomes, entity.Persisted{})
		}
	case errors.Is(err, errUnknown):
		outcomes = append(outcomes, entity.Persisted{Err: err, Along: len(batch) - 1})
	default:
		outcomes = append(outcomes, entity.Persisted{Err: err})
	}
	if alone := batch[0].Command == 0; err != nil && (!alone || wasFirst(err)) {
		a.mu.Lock()
		a.changes, a.failed = nil, true
		a.mu.Unlock()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active == a {
		a.inbox = append(a.inbox, outcomes...) // batch or written stirs
	}
}

// wasFirst reports whether another writer was.
func wasFirst(err error) bool {
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrFenced)
}
