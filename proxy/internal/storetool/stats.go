package storetool

import (
	"cmp"
	"context"
	"slices"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Stats is what there is in a store, in numbers. Sizes are bytes of what callers and
// functions gave, before a backend adds its own or compresses.
type Stats struct {
	Epoch  int64 `json:"epoch"`
	Offset int64 `json:"offset"`
	// Groups are the persistence ids, by name.
	Groups []*Group `json:"groups"`
	// Effects are durable side effects, Parked those of them that are not tried any more.
	Effects Measure `json:"effects"`
	Parked  int64   `json:"parked"`
	// Damaged is how much could not be read.
	Damaged int64 `json:"damaged"`
}

// Measure is how many there are, and how large they are together.
type Measure struct {
	Count int64 `json:"count"`
	Bytes int64 `json:"bytes"`
}

// Group is what there is under one persistence id.
type Group struct {
	Persistence string `json:"persistence"`
	Kind        string `json:"kind"`
	// Entities are those that have events, a value or copies; Deleted those that were
	// deleted for ever, of which some may have events for a while.
	Entities int64 `json:"entities"`
	Deleted  int64 `json:"deleted"`
	// Events are those of journals, and the log has each of them: from FirstOffset to
	// LastOffset.
	Events      Measure `json:"events"`
	FirstOffset int64   `json:"firstOffset"`
	LastOffset  int64   `json:"lastOffset"`
	Snapshots   Measure `json:"snapshots"`
	Values      Measure `json:"values"`
	Records     Measure `json:"records"`
	Copies      Measure `json:"copies"`
}

func (m *Measure) add(bytes int64) { m.Count, m.Bytes = m.Count+1, m.Bytes+bytes }

// Count measures the source.
func Count(ctx context.Context, from store.Exporter, progress *Progress) (*Stats, error) {
	c := counting{stats: &Stats{}, groups: map[string]*Group{}}
	err := from.Export(ctx, false, func(item store.Item) error {
		progress.count(item)
		c.add(item)
		return nil
	})
	for _, g := range c.groups {
		c.stats.Groups = append(c.stats.Groups, g)
	}
	slices.SortFunc(c.stats.Groups, func(a, b *Group) int { return cmp.Compare(a.Persistence, b.Persistence) })
	return c.stats, err
}

// counting is a measurement under way.
type counting struct {
	stats  *Stats
	groups map[string]*Group // by persistence id
	copied store.ID          // the last entity that had a copy: those of one stand together
}

func (c *counting) of(persistence string) *Group {
	if c.groups[persistence] == nil {
		c.groups[persistence] = &Group{Persistence: persistence}
	}
	return c.groups[persistence]
}

func (c *counting) add(item store.Item) {
	bytes := size(item)
	switch item := item.(type) {
	case store.Start:
		c.stats.Epoch, c.stats.Offset = item.Epoch, item.Offset
	case store.KindItem:
		c.of(item.Persistence).Kind = item.Kind
	case store.EventItem:
		c.of(item.ID.Persistence).event(item, bytes)
	case store.SnapshotItem:
		c.of(item.ID.Persistence).Snapshots.add(bytes)
	case store.DeletionItem:
		c.of(item.ID.Persistence).Deleted++
	case store.ValueItem:
		g := c.of(item.ID.Persistence)
		g.Entities++
		g.Values.add(bytes)
	case store.RecordItem:
		c.of(item.ID.Persistence).Records.add(bytes)
	case store.EffectItem:
		c.stats.Effects.add(bytes)
		if item.Effect.Parked != nil {
			c.stats.Parked++
		}
	case store.CopyItem:
		g := c.of(item.Replica.ID.Persistence)
		if g.Copies.Count == 0 || c.copied != item.Replica.ID {
			g.Entities++
		}
		c.copied = item.Replica.ID
		g.Copies.add(bytes)
	case store.DamageItem:
		c.stats.Damaged++
	}
}

func (g *Group) event(e store.EventItem, bytes int64) {
	if e.Event.Sequence == 1 {
		g.Entities++
	}
	if g.Events.Count == 0 || e.Offset < g.FirstOffset {
		g.FirstOffset = e.Offset
	}
	g.LastOffset = max(g.LastOffset, e.Offset)
	g.Events.add(bytes)
}
