package memory

import (
	"context"
	"slices"
	"strings"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// place begins what is behind an entity in the list.
const place = "+"

// Entities returns keys in their order.
func (s *Store) Entities(ctx context.Context, persistence, prefix, after string, most int) ([]string, string, error) {
	var keys []string
	err := s.with(ctx, func(d *data) error {
		for id := range d.entities() {
			if id.Persistence == persistence && strings.HasPrefix(id.Entity, prefix) && (after == "" || place+id.Entity > after) {
				keys = append(keys, id.Entity)
			}
		}
		return nil
	})
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) <= most {
		return keys, "", err
	}
	keys = keys[:most]
	return keys, place + keys[most-1], nil
}

// entities goes through all entities; some may come twice.
func (d *data) entities() func(yield func(store.ID) bool) {
	return func(yield func(store.ID) bool) {
		for id := range d.journals {
			if !yield(id) {
				return
			}
		}
		for id := range d.values {
			if !yield(id) {
				return
			}
		}
		for id := range d.replicas {
			if !yield(id) {
				return
			}
		}
	}
}

// History passes on copies of what was there when it was called.
func (s *Store) History(ctx context.Context, id store.ID, first, last int64, each func(entity.Event) error) error {
	var events []entity.Event
	err := s.with(ctx, func(d *data) error {
		if j := d.journals[id]; j != nil {
			events = j.events
		}
		return nil
	})
	if err != nil {
		return err
	}
	for n := max(first, 1); n <= min(last, int64(len(events))); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := each(cloneEvent(events[n-1])); err != nil {
			return err
		}
	}
	return nil
}

// Figures counts.
func (s *Store) Figures(ctx context.Context) (figures []store.Figure, err error) {
	err = s.with(ctx, func(d *data) error {
		events := 0
		for _, j := range d.journals {
			events += len(j.events)
		}
		for _, f := range []struct {
			name  string
			count int
		}{
			{"event sourced entities", len(d.journals)},
			{"events", events},
			{"value entities", len(d.values)},
			{"replicated entities", len(d.replicas)},
			{"recorded answers", len(d.records)},
			{"durable side effects", len(d.effects)},
		} {
			figures = append(figures, store.Figure{Name: f.name, Value: int64(f.count)})
		}
		return nil
	})
	return figures, err
}
