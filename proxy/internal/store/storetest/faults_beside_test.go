package storetest

import (
	"context"
	"errors"
	"slices"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func besideFaults() map[string]fault {
	return map[string]fault{
		"forgets the records of a batch":  {mutant{append: batches(func(b *store.Batch) { b.Beside.Records = nil })}, "RecordsStoredWithTheWrite"},
		"forgets the records of a change": {mutant{write: changes(func(c *store.Change) { c.Beside.Records = nil })}, "RecordsStoredWithTheWrite"},
		"forgets all but one": {mutant{append: batches(func(b *store.Batch) {
			b.Beside.Records = b.Beside.Records[:min(len(b.Beside.Records), 1)]
		})}, "RecordsStoredWithTheWrite"},
		"forgets the digest": {mutant{record: records(func(r *store.Record) { r.Digest = [32]byte{} })}, "RecordsStoredWithTheWrite"},
		"finds the record of another entity": {mutant{record: func(
			ctx context.Context, s *memory.Store, id store.ID, key string,
		) (store.Record, bool, error) {
			record, found, err := s.Record(ctx, id, key)
			if !found {
				record, found, err = s.Record(ctx, cartID(), key)
			}
			return record, found, err
		}}, "RecordsStoredWithTheWrite"},
		"keeps records for ever":          {mutant{append: batches(lasting)}, "RecordsEnd"},
		"takes no record for an old key":  {onlyNewKeys(), "RecordsEnd"},
		"forgets what is beside alone":    {mutant{append: onlyWithEvents}, "WriteOfWhatIsBesideAlone"},
		"counts what is beside an action": {mutant{write: changes(func(c *store.Change) { c.Actions = max(c.Actions, 1) })}, "WriteOfWhatIsBesideAlone"},
		"keeps what is beside a conflict": {mutant{append: besideAnyway}, "RefusedWriteStoresNothingBeside"},
		"keeps what is beside a refused change": {mutant{write: func(
			ctx context.Context, s *memory.Store, id store.ID, c store.Change,
		) error {
			err := s.Write(ctx, id, c)
			if errors.Is(err, store.ErrConflict) {
				_ = s.Write(ctx, id, store.Change{Fence: c.Fence, Beside: c.Beside})
			}
			return err
		}}, "RefusedWriteStoresNothingBeside"},

		"passes effects on backwards":     {mutant{effects: allEffects(slices.Reverse[[]store.Effect])}, "EffectsInOrder"},
		"does not say whose an effect is": {mutant{effects: eachEffect(func(e *store.Effect) { e.Source = store.ID{} })}, "EffectsInOrder"},
		"keeps no effects of values":      {mutant{write: changes(func(c *store.Change) { c.Beside.Effects = nil })}, "EffectsInOrder"},
		"delivers nothing": {mutant{deliver: func(context.Context, *memory.Store, store.ID, string) error {
			return nil
		}}, "EffectsUntilDelivered"},
		"delivers all": {mutant{deliver: func(ctx context.Context, s *memory.Store, id store.ID, _ string) error {
			return errors.Join(s.Delivered(ctx, id, "1"), s.Delivered(ctx, id, "2"))
		}}, "EffectsUntilDelivered"},
		"delivers once": {deliverOnce(), "EffectsUntilDelivered"},
		"hides what is parked": {mutant{effects: allEffects(func(all []store.Effect) {
			for i := range all {
				all[i].Parked = nil
			}
		})}, "EffectsParked"},
		"lets it lie": {mutant{park: func(
			ctx context.Context, s *memory.Store, id store.ID, effect string, p *store.Parking,
		) error {
			if p == nil {
				return nil
			}
			return s.Park(ctx, id, effect, p)
		}}, "EffectsParked"},
		"forgets why": {mutant{effects: eachEffect(func(e *store.Effect) {
			if e.Parked != nil {
				e.Parked.Code = 0
			}
		})}, "EffectsParked"},
		"brings back what is gone": {mutant{park: func(
			ctx context.Context, s *memory.Store, id store.ID, effect string, p *store.Parking,
		) error {
			if effect == "gone" {
				return s.Append(ctx, store.ID{}, store.Batch{
					Fence:  store.Fence{Shard: 99},
					Beside: store.Beside{Effects: []store.Effect{{ID: effect, Stored: p.At, Parked: p}}},
				})
			}
			return s.Park(ctx, id, effect, p)
		}}, "EffectsParked"},
	}
}

// records returns what is found after a change.
func records(change func(*store.Record)) func(context.Context, *memory.Store, store.ID, string) (store.Record, bool, error) {
	return func(ctx context.Context, s *memory.Store, id store.ID, key string) (store.Record, bool, error) {
		record, found, err := s.Record(ctx, id, key)
		change(&record)
		return record, found, err
	}
}

// lasting lets records last.
func lasting(b *store.Batch) {
	b.Beside.Records = slices.Clone(b.Beside.Records)
	for i := range b.Beside.Records {
		b.Beside.Records[i].Expires = b.Beside.Records[i].Expires.Add(long)
	}
}

// onlyNewKeys forgets a record whose key there was before.
func onlyNewKeys() mutant {
	seen := map[string]bool{}
	return mutant{append: batches(func(b *store.Batch) {
		var kept []store.Record
		for _, record := range b.Beside.Records {
			if !seen[record.Key] {
				kept = append(kept, record)
			}
			seen[record.Key] = true
		}
		if b.Beside.Records = kept; b.Beside.Empty() {
			b.Beside.Records = []store.Record{{Key: "other", Expires: newClock().time()}}
		}
	})}
}

// onlyWithEvents stores nothing of a batch that has no event.
func onlyWithEvents(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
	if len(b.Events) == 0 {
		return nil
	}
	return s.Append(ctx, id, b)
}

// besideAnyway stores what is beside a batch that conflicts.
func besideAnyway(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
	err := s.Append(ctx, id, b)
	if errors.Is(err, store.ErrConflict) {
		_ = s.Append(ctx, id, store.Batch{Fence: b.Fence, Beside: b.Beside})
	}
	return err
}

// allEffects passes on all after a change.
func allEffects(change func([]store.Effect)) func(context.Context, *memory.Store, func(store.Effect) error) error {
	return func(ctx context.Context, s *memory.Store, each func(store.Effect) error) error {
		var all []store.Effect
		err := s.Effects(ctx, func(effect store.Effect) error { all = append(all, effect); return nil })
		if err != nil {
			return err
		}
		change(all)
		return passOn(all, each)
	}
}

// eachEffect passes on each after a change.
func eachEffect(change func(*store.Effect)) func(context.Context, *memory.Store, func(store.Effect) error) error {
	return allEffects(func(all []store.Effect) {
		for i := range all {
			change(&all[i])
		}
	})
}

// deliverOnce takes it for an error that an effect is gone.
func deliverOnce() mutant {
	gone := map[string]bool{}
	return mutant{deliver: func(ctx context.Context, s *memory.Store, id store.ID, effect string) error {
		if gone[effect] {
			return errors.New("it is gone")
		}
		gone[effect] = true
		return s.Delivered(ctx, id, effect)
	}}
}

func replicaFaults() map[string]fault {
	return map[string]fault{
		"keeps one copy of an entity": {mutant{save: func(ctx context.Context, s *memory.Store, _ string, all []store.Replica) error {
			return s.Save(ctx, "one", all)
		}}, "ReplicasOfEachNode"},
		"keeps one copy of a node": {mutant{save: func(ctx context.Context, s *memory.Store, node string, all []store.Replica) error {
			return s.Save(ctx, node, all[:1])
		}}, "ReplicasOfEachNode"},
		"keeps what was first": {firstCopy(), "ReplicasOfEachNode"},
		"passes on one copy": {mutant{replica: func(ctx context.Context, s *memory.Store, id store.ID, each func([]byte) error) error {
			passed := false
			return s.Replica(ctx, id, func(state []byte) error {
				if passed {
					return nil
				}
				passed = true
				return each(state)
			})
		}}, "ReplicasOfEachNode"},
		"takes any kind": {mutant{kind: func(context.Context, *memory.Store, string, string) error { return nil }}, "KindIsOne"},
		"has one kind for all": {mutant{kind: func(ctx context.Context, s *memory.Store, _, kind string) error {
			return s.Kind(ctx, "all", kind)
		}}, "KindIsOne"},
		"takes the newest kind": {newestKind(), "KindIsOne"},
		"names no kinds": {mutant{kind: func(ctx context.Context, s *memory.Store, persistence, kind string) error {
			if s.Kind(ctx, persistence, kind) != nil {
				return store.ErrKind
			}
			return nil
		}}, "KindIsOne"},
	}
}

// firstCopy keeps the first copy of each node.
func firstCopy() mutant {
	type copied struct {
		node string
		id   store.ID
	}
	seen := map[copied]bool{}
	return mutant{save: func(ctx context.Context, s *memory.Store, node string, all []store.Replica) error {
		var kept []store.Replica
		for _, replica := range all {
			if !seen[copied{node, replica.ID}] {
				kept = append(kept, replica)
			}
			seen[copied{node, replica.ID}] = true
		}
		return s.Save(ctx, node, kept)
	}}
}

// newestKind refuses another kind, and takes it from then on.
func newestKind() mutant {
	kinds := map[string]string{}
	return mutant{kind: func(_ context.Context, _ *memory.Store, persistence, kind string) error {
		old, found := kinds[persistence]
		kinds[persistence] = kind
		if found && old != kind {
			return store.OtherKind(persistence, old, kind)
		}
		return nil
	}}
}
