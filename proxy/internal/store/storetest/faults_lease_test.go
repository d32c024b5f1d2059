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
