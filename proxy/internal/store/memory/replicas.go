package memory

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Save stores copies of the replicas.
func (s *Store) Save(ctx context.Context, node string, replicas []store.Replica) error {
	return s.with(ctx, func(d *data) error {
		for _, replica := range replicas {
			states := d.replicas[replica.ID]
			if states == nil {
				states = map[string][]byte{}
				d.replicas[replica.ID] = states
			}
			states[node] = bytes.Clone(replica.State)
		}
		return nil
	})
}

// Replica passes on copies of what was there when it was called, by node.
func (s *Store) Replica(ctx context.Context, id store.ID, each func(state []byte) error) error {
	var states map[string][]byte
	err := s.with(ctx, func(d *data) error {
		states = maps.Clone(d.replicas[id])
		return nil
	})
	if err != nil {
		return err
	}
	for _, node := range slices.Sorted(maps.Keys(states)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := each(bytes.Clone(states[node])); err != nil {
			return err
		}
	}
	return nil
}
