package storetest

import (
	"context"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func sweepFaults() map[string]fault {
	nothing := mutant{sweep: func(context.Context, *memory.Store) (bool, error) { return false, nil }}
	endless := mutant{sweep: func(context.Context, *memory.Store) (bool, error) { return true, nil }}
	return map[string]fault{
		"forgets no answers":                 {nothing, "SweepForgetsAnswers"},
		"forgets no values":                  {nothing, "SweepForgetsValues"},
		"forgets no deleted entities":        {nothing, "SweepForgetsDeletedEntities"},
		"never comes to an end":              {endless, "SweepForgetsAnswers"},
		"forgets the revision":               {forgetAfterSweep(), "SweepForgetsValues"},
		"forgets that an entity was deleted": {headAfterSweep(), "SweepForgetsDeletedEntities"},
		"goes by no retention": {mutant{append: batches(func(b *store.Batch) {
			if b.Delete != nil {
				b.Delete = &entity.Delete{}
			}
		})}, "SweepForgetsDeletedEntities"},
		"forgets who has a shard":        {mutant{sweep: forgetNodes}, "LeaseRenewedLate"},
		"forgets what was recorded anew": {earlyAnswers(), "SweepForgetsAnswers"},
		"forgets what was written anew":  {firstEnd(), "SweepForgetsValues"},
	}
}

// forgetNodes takes every node for one that is gone.
func forgetNodes(ctx context.Context, s *memory.Store) (bool, error) {
	for _, node := range []string{"tester#1", "first#2", "second#3"} {
		if err := s.Leave(ctx, node); err != nil {
			return false, err
		}
	}
	return s.Sweep(ctx)
}

// forgetAfterSweep reads nothing of what was swept.
func forgetAfterSweep() mutant {
	swept := false
	return mutant{
		sweep: func(ctx context.Context, s *memory.Store) (bool, error) { swept = true; return s.Sweep(ctx) },
		read: values(func(v *store.Value) {
			if swept && v.Value == nil {
				v.Revision = 0
			}
		}),
	}
}

// headAfterSweep takes a swept entity for a new one.
func headAfterSweep() mutant {
	swept := 0
	return mutant{
		sweep: func(ctx context.Context, s *memory.Store) (bool, error) { swept++; return s.Sweep(ctx) },
		head: heads(func(h *store.Head) {
			if swept > 1 && h.Deleted {
				*h = store.Head{}
			}
		}),
	}
}

// earlyAnswers goes by the first end of a key.
func earlyAnswers() mutant {
	ends := map[string]time.Time{}
	return mutant{append: batches(func(b *store.Batch) {
		for i, record := range b.Beside.Records {
			if end, has := ends[record.Key]; has {
				b.Beside.Records[i].Expires = end
			}
			ends[record.Key] = record.Expires
		}
	})}
}
