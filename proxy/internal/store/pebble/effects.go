package pebble

import (
	"context"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Effects reads the effects by one iterator, which sees one moment. One whose source
// has a change under way is passed on once the outcome of that is known.
func (s *Store) Effects(ctx context.Context, each func(store.Effect) error) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	iter, err := s.iterate([]byte{spaceEffects}, []byte{spaceEffects + 1})
	if err != nil {
		return s.explain("read", effects{}, err)
	}
	defer func() { err = release(err, iter) }()
	for iter.First(); iter.Valid(); iter.Next() {
		effect, err := s.effect(iter)
		if err != nil {
			return err
		}
		if err := s.settled(ctx, "read an effect of", effect.Source, func() error { return nil }); err != nil {
			return err
		}
		if err := each(effect); err != nil {
			return err
		}
		if err := s.mayGoOn(ctx); err != nil {
			return err
		}
	}
	if err := iter.Error(); err != nil {
		return s.explain("read", effects{}, err)
	}
	return nil
}

// effects names them all, in errors.
type effects struct{}

func (effects) String() string { return "the durable effects" }

// effect reads the effect at which the iterator stands.
func (s *Store) effect(iter *pebbledb.Iterator) (store.Effect, error) {
	value, err := iter.ValueAndErr()
	if err != nil {
		return store.Effect{}, s.explain("read", effects{}, err)
	}
	id, rest, err := parseString(iter.Key()[1:])
	if err != nil || len(rest) > 0 {
		return store.Effect{}, corrupt(effects{}, fmt.Errorf("the key % x (%w)", iter.Key(), err))
	}
	effect, err := decodeEffect(iter.Key(), value)
	if err != nil {
		return store.Effect{}, corrupt(effects{}, fmt.Errorf("%q: %w", id, err))
	}
	effect.ID = id
	return effect, nil
}

// Delivered removes the effect in one synced commit.
func (s *Store) Delivered(ctx context.Context, source store.ID, id string) error {
	return s.change(ctx, "take away an effect of", source, func(w *writes) error {
		w.remove(effectKey(id))
		return nil
	})
}

// Park notes in one synced commit that the effect is not tried any more, or is.
func (s *Store) Park(ctx context.Context, source store.ID, id string, parking *store.Parking) error {
	return s.change(ctx, "park an effect of", source, func(w *writes) error {
		key := effectKey(id)
		effect, found, err := get(s, source, "effect", key, decodeEffect)
		if err != nil || !found {
			return err
		}
		effect.Parked = parking
		if parking == nil {
			effect.Stored = s.clock()
		}
		w.set(key, encodeEffect(key, effect))
		return nil
	})
}

// iterate returns an iterator over the keys from lower on, below upper.
func (s *Store) iterate(lower, upper []byte) (*pebbledb.Iterator, error) {
	return s.db.NewIter(&pebbledb.IterOptions{LowerBound: lower, UpperBound: upper})
}
