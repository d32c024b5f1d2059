package pebble

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Kind stores the kind in one synced commit, or checks the one that is stored.
func (s *Store) Kind(ctx context.Context, persistence, kind string) error {
	id := store.ID{Persistence: persistence}
	return s.change(ctx, "store the kind of", id, func(w *writes) error {
		key := kindKey(persistence)
		stored, found, err := get(s, id, "kind", key, decodeKind)
		switch {
		case err != nil:
			return err
		case !found:
			w.set(key, seal(key, []byte(kind)))
		case stored != kind:
			return store.OtherKind(persistence, stored, kind)
		}
		return nil
	})
}

func decodeKind(key, value []byte) (string, error) {
	b := unseal(key, value)
	return string(b.all()), b.end()
}

// Stored returns the kind that was recorded first.
func (s *Store) Stored(ctx context.Context, persistence string) (string, error) {
	kind, _, err := read(ctx, s, store.ID{Persistence: persistence}, "kind", kindKey(persistence), decodeKind)
	return kind, err
}
