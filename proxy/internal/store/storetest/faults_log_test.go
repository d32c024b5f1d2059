package storetest

import (
	"context"
	"sync"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func logFaults() map[string]fault {
	return map[string]fault{
		"has the events of one entity": {mutant{events: entries(func(e store.Entry) []store.Entry {
			if e.Entity != "1" {
				return nil
			}
			return []store.Entry{e}
		})}, "LogHasEachEvent"},
		"mixes two logs": {mutant{events: func(
			ctx context.Context, s *memory.Store, of string, after int64, most int, each func(store.Entry) error,
		) (int64, error) {
			if of == "cart\x00" {
				of = "cart"
			}
			return s.Events(ctx, of, after, most, each)
		}}, "LogHasEachEvent"},
		"names no entity": {mutant{events: entries(func(e store.Entry) []store.Entry {
			e.Entity = ""
			return []store.Entry{e}
		})}, "LogHasEachEvent"},
		"begins anew": {mutant{events: func(
			ctx context.Context, s *memory.Store, of string, _ int64, most int, each func(store.Entry) error,
		) (int64, error) {
			return s.Events(ctx, of, 0, most, each)
		}}, "LogResumes"},
		"passes on too many": {mutant{events: func(
			ctx context.Context, s *memory.Store, of string, after int64, most int, each func(store.Entry) error,
		) (int64, error) {
			return s.Events(ctx, of, after, most+1, each)
		}}, "LogResumes"},
		"resumes one too far": {mutant{events: func(
			ctx context.Context, s *memory.Store, of string, after int64, most int, each func(store.Entry) error,
		) (int64, error) {
			resume, err := s.Events(ctx, of, after, most, each)
			return resume + 1, err
		}}, "LogResumes"},
		"resumes behind what is not there yet": {lateEvent(), "LogReaderMissesNothing"},
	}
}

// entries passes on what the function returns for each.
func entries(change func(store.Entry) []store.Entry) func(
	context.Context, *memory.Store, string, int64, int, func(store.Entry) error,
) (int64, error) {
	return func(
		ctx context.Context, s *memory.Store, of string, after int64, most int, each func(store.Entry) error,
	) (int64, error) {
		return s.Events(ctx, of, after, most, func(e store.Entry) error { return passOn(change(e), each) })
	}
}

// lateEvent gives one event its offset, and shows it only to readers that come after
// one that should have waited for it.
func lateEvent() mutant {
	var mu sync.Mutex
	late := int64(-1) // the offset
	shown := 0
	return mutant{events: func(
		ctx context.Context, s *memory.Store, of string, after int64, most int, each func(store.Entry) error,
	) (int64, error) {
		mu.Lock()
		defer mu.Unlock()
		return s.Events(ctx, of, after, most, func(e store.Entry) error {
			if late < 0 {
				late = e.Offset
			}
			if e.Offset == late && shown == 0 {
				shown++
				return nil
			}
			return each(e)
		})
	}}
}
