package storetest

import (
	"context"
	"strings"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func (m *mutant) Entities(ctx context.Context, of, prefix, after string, most int) ([]string, string, error) {
	if m.entities != nil {
		return m.entities(ctx, m.Store, of, prefix, after, most)
	}
	return m.Store.Entities(ctx, of, prefix, after, most)
}

func (m *mutant) History(ctx context.Context, id store.ID, first, last int64, each func(entity.Event) error) error {
	if m.history != nil {
		return m.history(ctx, m.Store, id, first, last, each)
	}
	return m.Store.History(ctx, id, first, last, each)
}

func (m *mutant) Figures(ctx context.Context) ([]store.Figure, error) {
	if m.figures != nil {
		return m.figures(), nil
	}
	return m.Store.Figures(ctx)
}

func catalogueFaults() map[string]fault {
	type entities = func(ctx context.Context, s *memory.Store, of, prefix, after string, most int) ([]string, string, error)
	listing := func(list entities) fault { return fault{mutant{entities: list}, "EntitiesInPages"} }
	type history = func(ctx context.Context, s *memory.Store, id store.ID, first, last int64, each func(entity.Event) error) error
	telling := func(tell history) fault { return fault{mutant{history: tell}, "HistoryIsWhole"} }
	counting := func(figures ...store.Figure) fault {
		return fault{mutant{figures: func() []store.Figure { return figures }}, "FiguresAreNamed"}
	}
	return map[string]fault{
		"lists nothing": listing(func(context.Context, *memory.Store, string, string, string, int) ([]string, string, error) {
			return nil, "", nil
		}),
		"lists one page": listing(func(ctx context.Context, s *memory.Store, of, prefix, after string, most int) ([]string, string, error) {
			page, _, err := s.Entities(ctx, of, prefix, after, most)
			return page, "", err
		}),
		"begins each page at the start": listing(func(ctx context.Context, s *memory.Store, of, prefix, _ string, most int) ([]string, string, error) {
			return s.Entities(ctx, of, prefix, "", most)
		}),
		"does not heed the prefix": listing(func(ctx context.Context, s *memory.Store, of, _, after string, most int) ([]string, string, error) {
			return s.Entities(ctx, of, "", after, most)
		}),
		"takes a zero byte for the end": listing(func(ctx context.Context, s *memory.Store, of, prefix, after string, most int) ([]string, string, error) {
			cut, _, _ := strings.Cut(prefix, "\x00")
			return s.Entities(ctx, of, cut, after, most)
		}),
		"begins behind the snapshot": telling(func(ctx context.Context, s *memory.Store, id store.ID, first, last int64, each func(entity.Event) error) error {
			return s.Load(ctx, id, func(store.Head) error { return nil }, each)
		}),
		"leaves out the last": telling(func(ctx context.Context, s *memory.Store, id store.ID, first, last int64, each func(entity.Event) error) error {
			return s.History(ctx, id, first, last-1, each)
		}),
		"goes on after an error": telling(func(ctx context.Context, s *memory.Store, id store.ID, first, last int64, each func(entity.Event) error) error {
			var wrong error
			err := s.History(ctx, id, first, last, func(event entity.Event) error {
				if err := each(event); err != nil {
					wrong = err
				}
				return nil
			})
			if wrong != nil {
				return wrong
			}
			return err
		}),
		"has no figures":         counting(),
		"has one without a name": counting(store.Figure{Value: 1}),
		"has one twice":          counting(store.Figure{Name: "a"}, store.Figure{Name: "a"}),
	}
}
