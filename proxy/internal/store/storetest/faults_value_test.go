package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func valueFaults() map[string]fault {
	return map[string]fault{
		"counts one action of three": {mutant{write: changes(func(c *store.Change) { c.Actions = min(c.Actions, 1) })}, "ValueWrittenAndRead"},
		"takes empty for absent": {mutant{read: values(func(v *store.Value) {
			if len(v.Value.GetValue()) == 0 {
				v.Value = nil
			}
		})}, "ValueWrittenAndRead"},
		"keeps a deleted value": {mutant{write: changes(func(c *store.Change) {
			if c.Actions > 0 && c.Update == nil {
				c.Update = state("d")
			}
		})}, "ValueWrittenAndRead"},
		"writes whatever is expected": {mutant{write: rewrite(nil)}, "ValueConflictStoresNothing"},
		"writes and says conflict":    {mutant{write: rewrite(store.ErrConflict)}, "ValueConflictStoresNothing"},
		"lets two writers win":        {mutant{write: rewrite(nil)}, "WritersOfOneValue"},
		"takes a broken change": {mutant{write: func(ctx context.Context, s *memory.Store, id store.ID, c store.Change) error {
			if c.Validate() == nil {
				return s.Write(ctx, id, c)
			}
			return nil
		}}, "BrokenChangeStoresNothing"},
		"lets no value expire": {mutant{write: changes(func(c *store.Change) { c.ExpireAfter = 0 })}, "ValueExpires"},
		"lets it expire early": {mutant{read: values(func(v *store.Value) {
			if !v.Ends.IsZero() {
				v.Value = nil
			}
		})}, "ValueExpires"},
		"forgets the revision of what expired": {mutant{read: values(func(v *store.Value) {
			if v.Value == nil {
				v.Revision = 0
			}
		})}, "ValueExpires"},
		"goes by the oldest end": {firstEnd(), "ValueOutlivesAnOlderEnd"},
	}
}

// changes writes each change after another change.
func changes(change func(*store.Change)) func(context.Context, *memory.Store, store.ID, store.Change) error {
	return func(ctx context.Context, s *memory.Store, id store.ID, c store.Change) error {
		change(&c)
		return s.Write(ctx, id, c)
	}
}

// values returns what is read after a change.
func values(change func(*store.Value)) func(context.Context, *memory.Store, store.ID) (store.Value, error) {
	return func(ctx context.Context, s *memory.Store, id store.ID) (store.Value, error) {
		v, err := s.Read(ctx, id)
		change(&v)
		return v, err
	}
}

// rewrite writes whatever the change expects; where that is not the revision, it
// returns the error.
func rewrite(conflict error) func(context.Context, *memory.Store, store.ID, store.Change) error {
	var mu sync.Mutex
	return func(ctx context.Context, s *memory.Store, id store.ID, c store.Change) error {
		mu.Lock()
		defer mu.Unlock()
		err := s.Write(ctx, id, c)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		at, err := s.Read(ctx, id)
		if err != nil {
			return err
		}
		c.Expected = at.Revision
		if err := s.Write(ctx, id, c); err != nil {
			return err
		}
		return conflict
	}
}

// firstEnd lets what is there expire when the first value would have.
func firstEnd() mutant {
	ends := map[store.ID]time.Duration{}
	return mutant{write: func(ctx context.Context, s *memory.Store, id store.ID, c store.Change) error {
		if end, has := ends[id]; has && c.Update != nil {
			c.ExpireAfter = end
		}
		ends[id] = c.ExpireAfter
		return s.Write(ctx, id, c)
	}}
}
