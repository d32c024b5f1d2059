package memory

import (
	"context"
	"maps"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Sweep removes all that has had its time, at once.
func (s *Store) Sweep(ctx context.Context) (more bool, err error) {
	now := s.clock()
	return false, s.with(ctx, func(d *data) error {
		maps.DeleteFunc(d.records, func(_ recordID, record store.Record) bool { return !now.Before(record.Expires) })
		for id, v := range d.values {
			if v.over(now) {
				d.values[id] = value{revision: v.revision}
			}
		}
		for id, j := range d.journals {
			if j.deleted && !j.purge.IsZero() && !now.Before(j.purge) {
				d.journals[id] = &journal{last: j.last, deleted: true}
				d.forget(id)
			}
		}
		return nil
	})
}
