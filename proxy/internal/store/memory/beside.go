package memory

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/stateward/stateward/proxy/internal/store"
)

// recordID names one record.
type recordID struct {
	entity store.ID
	key    string
}

// beside stores copies of what the write of the entity carries.
func (d *data) beside(id store.ID, beside store.Beside) {
	for _, record := range beside.Records {
		record.Answer = bytes.Clone(record.Answer)
		d.records[recordID{id, record.Key}] = record
	}
	for _, effect := range beside.Effects {
		effect.Source = id
		d.effects[effect.ID] = cloneEffect(effect)
	}
}

// Record returns a copy of the record.
func (s *Store) Record(ctx context.Context, id store.ID, key string) (record store.Record, found bool, err error) {
	err = s.with(ctx, func(d *data) error {
		record, found = d.records[recordID{id, key}]
		return nil
	})
	if err != nil || !found || !s.clock().Before(record.Expires) {
		return store.Record{}, false, err
	}
	record.Answer = bytes.Clone(record.Answer)
	return record, true, nil
}

// Effects passes on copies of what was there when it was called.
func (s *Store) Effects(ctx context.Context, each func(store.Effect) error) error {
	var all []store.Effect
	err := s.with(ctx, func(d *data) error {
		all = slices.Collect(maps.Values(d.effects))
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b store.Effect) int { return strings.Compare(a.ID, b.ID) })
	for _, effect := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := each(cloneEffect(effect)); err != nil {
			return err
		}
	}
	return nil
}

// Delivered removes the effect.
func (s *Store) Delivered(ctx context.Context, _ store.ID, effect string) error {
	return s.with(ctx, func(d *data) error {
		delete(d.effects, effect)
		return nil
	})
}

// Park parks the effect, or has it tried again from now on.
func (s *Store) Park(ctx context.Context, _ store.ID, id string, parking *store.Parking) error {
	return s.with(ctx, func(d *data) error {
		effect, found := d.effects[id]
		if !found {
			return nil
		}
		effect.Parked = parking
		if parking == nil {
			effect.Stored = s.clock()
		}
		d.effects[id] = cloneEffect(effect)
		return nil
	})
}

func cloneEffect(effect store.Effect) store.Effect {
	effect.Body = bytes.Clone(effect.Body)
	if effect.Parked != nil {
		parked := *effect.Parked
		effect.Parked = &parked
	}
	return effect
}
