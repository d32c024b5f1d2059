package memory

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// log is the events of one persistence id in the order in which they came.
type log struct {
	last    int64         // the offset that was given last
	entries []store.Entry // by offset
}

// log adds the events of the entity to the log of its persistence id.
func (d *data) log(id store.ID, events []entity.Event) {
	l := d.logOf(id.Persistence)
	for _, event := range events {
		l.last++
		l.entries = append(l.entries, store.Entry{Offset: l.last, Entity: id.Entity, Event: event})
	}
}

// logOf returns the log of the persistence id, which it makes where there is none.
func (d *data) logOf(persistence string) *log {
	l := d.logs[persistence]
	if l == nil {
		l = &log{last: d.first}
		d.logs[persistence] = l
	}
	return l
}

// sortLogs puts the entries that came by entity in the order of their offsets.
func (d *data) sortLogs() {
	for _, l := range d.logs {
		slices.SortFunc(l.entries, func(a, b store.Entry) int { return cmp.Compare(a.Offset, b.Offset) })
	}
}

// forget takes the entity's events out of the log.
func (d *data) forget(id store.ID) {
	l := d.logs[id.Persistence]
	if l == nil {
		return
	}
	var kept []store.Entry // new: a reader may hold the old one
	for _, entry := range l.entries {
		if entry.Entity != id.Entity {
			kept = append(kept, entry)
		}
	}
	l.entries = kept
}

// Events passes on copies of what was there when it was called.
func (s *Store) Events(
	ctx context.Context, persistence string, after int64, most int, each func(store.Entry) error,
) (int64, error) {
	var entries []store.Entry
	end := after
	err := s.with(ctx, func(d *data) error {
		if l := d.logs[persistence]; l != nil {
			end = max(end, l.last)
			first := sort.Search(len(l.entries), func(i int) bool { return l.entries[i].Offset > after })
			entries = l.entries[first:]
		}
		return nil
	})
	if err != nil {
		return after, err
	}
	for i, entry := range entries {
		if i == most {
			return after, nil
		}
		if err := ctx.Err(); err != nil {
			return after, err
		}
		entry.Event = cloneEvent(entry.Event)
		if err := each(entry); err != nil {
			return after, err
		}
		after = entry.Offset
	}
	return end, nil
}
