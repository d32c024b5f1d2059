package memory

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/store"
)

// value is what one value entity has stored.
type value struct {
	revision int64
	value    *anypb.Any // nil when there is none
	ends     time.Time  // zero when it does not expire
}

// Write stores a copy of the change.
func (s *Store) Write(ctx context.Context, id store.ID, change store.Change) error {
	if err := change.Validate(); err != nil {
		return err
	}
	return s.with(ctx, func(d *data) error {
		if err := d.leases.Check(change.Fence); err != nil {
			return err
		}
		v := d.values[id]
		if v.revision != change.Expected {
			return store.Conflict(id, change.Expected, v.revision)
		}
		if change.Actions > 0 {
			d.values[id] = s.after(v, change)
		}
		d.beside(id, change.Beside)
		return nil
	})
}

// after returns the value after the change, which has an action.
func (s *Store) after(v value, change store.Change) value {
	v = value{revision: v.revision + int64(change.Actions)}
	if change.Update != nil {
		v.value = clone(change.Update)
	}
	if change.ExpireAfter > 0 {
		v.ends = s.clock().Add(change.ExpireAfter)
	}
	return v
}

// Read returns a copy of the value.
func (s *Store) Read(ctx context.Context, id store.ID) (store.Value, error) {
	var v value
	err := s.with(ctx, func(d *data) error {
		v = d.values[id]
		return nil
	})
	if err != nil || v.value == nil || v.over(s.clock()) {
		return store.Value{Revision: v.revision}, err
	}
	return store.Value{Revision: v.revision, Value: clone(v.value), Ends: v.ends}, nil
}

// over reports whether the value has expired.
func (v value) over(now time.Time) bool { return !v.ends.IsZero() && !now.Before(v.ends) }
