package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// never is an epoch that no shard reaches.
const never = 1 << 40

func leaseFaults() map[string]fault {
	return map[string]fault{
		"fences no batch":  {mutant{append: batches(func(b *store.Batch) { b.Fence.Epoch = never })}, "FencedStoresNothing"},
		"fences no change": {mutant{write: changes(func(c *store.Change) { c.Fence.Epoch = never })}, "FencedStoresNothing"},
		"fences no snapshot": {mutant{snapshot: func(
			ctx context.Context, s *memory.Store, id store.ID, f store.Fence, shot entity.Snapshot,
		) error {
			f.Epoch = never
			return s.Snapshot(ctx, id, f, shot)
		}}, "FencedStoresNothing"},
		"fences all shards as one": {fenceAll(), "FencedStoresNothing"},
		"knows no lease": {mutant{claim: func(ctx context.Context, s *memory.Store, node string, shard int32) (store.Claim, error) {
			return s.Claim(ctx, node, shard+int32(len(node))*1000+int32(node[len(node)-1]))
		}}, "LeaseKeepsOthersOut"},
		"gives a new epoch to who has it": {claimAnew(), "LeaseKeepsOthersOut"},
		"does not say who has it": {mutant{claim: claims(func(node string, c *store.Claim) {
			if c.Owner.ID != node {
				c.Owner = store.Node{ID: c.Owner.ID}
			}
		})}, "LeaseKeepsOthersOut"},
		"keeps leases for ever": {mutant{join: func(ctx context.Context, s *memory.Store, node store.Node, _ time.Duration) error {
			return s.Join(ctx, node, long)
		}}, "LeaseOver"},
		"renews nothing": {mutant{renew: func(context.Context, *memory.Store, string, time.Duration) error { return nil }}, "LeaseKeepsOthersOut"},
		"renews whoever was robbed": {mutant{renew: func(ctx context.Context, s *memory.Store, node string, length time.Duration) error {
			_ = s.Renew(ctx, node, length)
			return nil
		}}, "LeaseOver"},
		"renews nobody late":  {onTime(), "LeaseRenewedLate"},
		"takes over in place": {mutant{claim: claims(func(_ string, c *store.Claim) { c.Epoch = 1 })}, "LeaveGivesBack"},
		"releases nothing": {mutant{release: func(context.Context, *memory.Store, string, int32) error {
			return nil
		}}, "ReleaseGivesBack"},
		"releases what is another's": {releaseAny(), "ReleaseGivesBack"},
		"releases all": {mutant{release: func(ctx context.Context, s *memory.Store, node string, shard int32) error {
			return errors.Join(s.Release(ctx, node, shard), s.Release(ctx, node, 2))
		}}, "ReleaseGivesBack"},
		"does not let it go": {mutant{leave: func(context.Context, *memory.Store, string) error { return nil }}, "LeaveGivesBack"},
		"knows no names": {mutant{join: func(ctx context.Context, s *memory.Store, node store.Node, length time.Duration) error {
			node.Name = ""
			return s.Join(ctx, node, length)
		}}, "NameTakesOver"},
		"takes no name for one": {mutant{join: func(ctx context.Context, s *memory.Store, node store.Node, length time.Duration) error {
			if node.Name == "" {
				node.Name = "none"
			}
			return s.Join(ctx, node, length)
		}}, "NameTakesOver"},
		"gives one shard to two": {mutant{claim: claims(func(node string, c *store.Claim) {
			name, _, _ := strings.Cut(node, "#")
			c.Owner = store.Node{ID: node, Address: node + ".example:7777", Name: name}
		})}, "ClaimedByOneOfMany"},
		"gives it to nobody": {claimNobody(), "ClaimedByOneOfMany"},
	}
}

// claims returns each claim after a change.
func claims(change func(node string, c *store.Claim)) func(context.Context, *memory.Store, string, int32) (store.Claim, error) {
	return func(ctx context.Context, s *memory.Store, node string, shard int32) (store.Claim, error) {
		claim, err := s.Claim(ctx, node, shard)
		change(node, &claim)
		return claim, err
	}
}

// fenceAll goes by the epoch of the shard that changed hands last.
func fenceAll() mutant {
	var newest int64
	return mutant{
		claim: claims(func(_ string, c *store.Claim) { newest = max(newest, c.Epoch) }),
		append: func(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
			if b.Fence.Epoch < newest {
				return store.ErrFenced
			}
			return s.Append(ctx, id, b)
		},
	}
}

// claimAnew counts each claim as a change of hands.
func claimAnew() mutant {
	var more int64
	return mutant{claim: claims(func(_ string, c *store.Claim) { more++; c.Epoch += more })}
}

// onTime refuses to renew a lease that is over.
func onTime() mutant {
	return mutant{renew: func(ctx context.Context, s *memory.Store, node string, length time.Duration) error {
		if err := s.Join(ctx, store.Node{ID: "judge"}, length); err != nil {
			return err
		}
		claim, err := s.Claim(ctx, "judge", 1) // robs it where it is over
		if err != nil || claim.Owner.ID == "judge" {
			return store.ErrFenced
		}
		return s.Renew(ctx, node, length)
	}}
}

// releaseAny gives back whatever it is told.
func releaseAny() mutant {
	owners := map[int32]string{}
	return mutant{
		claim: func(ctx context.Context, s *memory.Store, node string, shard int32) (store.Claim, error) {
			claim, err := s.Claim(ctx, node, shard)
			owners[shard] = claim.Owner.ID
			return claim, err
		},
		release: func(ctx context.Context, s *memory.Store, _ string, shard int32) error {
			return s.Release(ctx, owners[shard], shard)
		},
	}
}

// claimNobody refuses everybody who is not the only one.
func claimNobody() mutant {
	var mu sync.Mutex
	asked := map[int32]bool{}
	return mutant{claim: func(ctx context.Context, s *memory.Store, node string, number int32) (store.Claim, error) {
		mu.Lock()
		defer mu.Unlock()
		if !asked[number] && number != shard {
			asked[number] = true
			return store.Claim{}, nil
		}
		claim, err := s.Claim(ctx, node, number)
		if number != shard {
			claim.Owner = store.Node{}
		}
		return claim, err
	}}
}

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
		"forgets what was recorded anew": {earlyAnswers(), "SweepForgetsAnswers"},
		"forgets what was written anew":  {firstEnd(), "SweepForgetsValues"},
	}
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
