package pebble

import (
	"context"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Save stores the copies in one synced commit. It does not wait for another Save of
// the node; whoever saves the same entity twice at once cannot know which one stays.
func (s *Store) Save(ctx context.Context, node string, replicas []store.Replica) error {
	if size := replicasSize(replicas); size > maxBatch {
		return fmt.Errorf("copies of %d bytes; at most are %d", size, maxBatch)
	}
	return s.change(ctx, "save the copies of", store.ID{Entity: node}, func(w *writes) error {
		for _, replica := range replicas {
			key := replicaKey(replica.ID, node)
			w.set(key, seal(key, replica.State))
		}
		return nil
	})
}

func replicasSize(replicas []store.Replica) int {
	size := 0
	for _, replica := range replicas {
		size += len(replica.State)
	}
	return size
}

// Replica reads the copies by one iterator, which sees one moment. It does not wait for
// a Save under way: merged copies are no less true when one of them is newer.
func (s *Store) Replica(ctx context.Context, id store.ID, each func(state []byte) error) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	prefix := replicaKey(id)
	iter, err := s.iterate(prefix, append(prefix[:len(prefix)-1:len(prefix)-1], 2)) // after the 00 01 of its end
	if err != nil {
		return s.explain("read the copies of", id, err)
	}
	defer func() { err = release(err, iter) }()
	for iter.First(); iter.Valid(); iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return s.explain("read the copies of", id, err)
		}
		stored := unseal(iter.Key(), value)
		state := stored.all()
		if stored.err != nil {
			return corrupt(id, fmt.Errorf("a copy: %w", stored.err))
		}
		if err := each(state); err != nil {
			return err
		}
		if err := s.mayGoOn(ctx); err != nil {
			return err
		}
	}
	if err := iter.Error(); err != nil {
		return s.explain("read the copies of", id, err)
	}
	return nil
}
