package storetest

import (
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// model is what a store means, said in the plainest way: for each id all that is
// stored of it.
type model map[store.ID]*twin

// twin is one entity, event sourced or with a value.
type twin struct {
	events   []entity.Event
	snapshot *entity.Snapshot
	deleted  bool
	purge    time.Time // when the events of a deleted one may go
	purged   bool

	value   store.Value
	records map[string]store.Record
}

func (m model) of(id store.ID) *twin {
	if m[id] == nil {
		m[id] = &twin{records: map[string]store.Record{}}
	}
	return m[id]
}

func (w *twin) last() int64 { return int64(len(w.events)) }

func (w *twin) append(b store.Batch, now time.Time) error {
	switch {
	case w.deleted:
		return store.ErrDeleted
	case b.Expected != w.last():
		return store.ErrConflict
	}
	for _, event := range b.Events {
		event.Sequence = w.last() + 1
		w.events = append(w.events, event)
	}
	if b.Snapshot != nil {
		w.snapshot = b.Snapshot
	}
	if b.Delete != nil {
		w.deleted, w.purge = true, now.Add(b.Delete.Retention)
	}
	w.keep(b.Beside)
	return nil
}

func (w *twin) store(snapshot *entity.Snapshot) error {
	switch {
	case w.deleted:
		return store.ErrDeleted
	case snapshot.Sequence > w.last():
		return store.ErrConflict
	case w.snapshot == nil || w.snapshot.Sequence < snapshot.Sequence:
		w.snapshot = snapshot
	}
	return nil
}

func (w *twin) write(c store.Change, now time.Time) error {
	if c.Expected != w.value.Revision {
		return store.ErrConflict
	}
	if c.Actions > 0 {
		w.value = store.Value{Revision: c.Expected + int64(c.Actions), Value: c.Update}
		if c.ExpireAfter > 0 {
			w.value.Ends = now.Add(c.ExpireAfter)
		}
	}
	w.keep(c.Beside)
	return nil
}

func (w *twin) keep(beside store.Beside) {
	for _, record := range beside.Records {
		w.records[record.Key] = record
	}
}

// history is what a Load passes on.
func (w *twin) history() history {
	h := history{Snapshot: w.snapshot, Events: w.events}
	switch {
	case w.deleted:
		return history{Last: w.last(), Deleted: true}
	case h.Snapshot != nil:
		h.Events = h.Events[h.Snapshot.Sequence:]
	}
	if len(h.Events) == 0 {
		h.Events = nil
	}
	return h
}

// now is what a Read returns.
func (w *twin) now(now time.Time) store.Value {
	v := w.value
	if v.Value == nil || !v.Ends.IsZero() && !now.Before(v.Ends) {
		return store.Value{Revision: v.Revision}
	}
	return v
}

// sweep forgets the events of deleted entities. That records and values whose time is
// over are gone does not show while the clock goes forward.
func (m model) sweep(now time.Time) {
	for _, w := range m {
		w.purged = w.purged || w.deleted && !now.Before(w.purge)
	}
}

// log is what Events passes on.
func (m model) log(persistence string) map[string][]entity.Event {
	events := map[string][]entity.Event{}
	for id, w := range m {
		if id.Persistence == persistence && len(w.events) > 0 && !w.purged {
			events[id.Entity] = w.events
		}
	}
	return events
}
