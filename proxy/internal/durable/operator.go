package durable

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// Parked is an effect that somebody has to look at (FX-DUR-013).
type Parked struct {
	// ID names it to Retry and Remove.
	ID string
	// Source is the entity whose reply asked for it, Target the service and the
	// method.
	Source entity.ID
	Target string
	// Key is its idempotency key.
	Key string
	// Stored and At are when it was stored and parked.
	Stored, At time.Time
	// Attempts is how many were made since the proxy was started, Code and Text are
	// those of the last one, or say why there was none.
	Attempts int
	Code     codes.Code
	Text     string
}

// Parked returns the effects that are parked, in the order in which they were stored.
func (k *Keeper) Parked() []Parked {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []Parked
	for _, j := range k.schedule.jobs {
		if j.phase == parked {
			all = append(all, Parked{
				ID: j.id, Source: j.body.Source, Target: j.target(), Key: j.body.key(), Stored: j.stored, At: j.parked.At,
				Attempts: j.parked.Attempts, Code: codes.Code(j.parked.Code), Text: j.parked.Text,
			})
		}
	}
	slices.SortFunc(all, func(a, b Parked) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// key is the effect's idempotency key, as far as it has one.
func (b Body) key() string {
	if b.Key != "" {
		return b.Key
	}
	own, _ := header.Key(b.Errand.GetMetadata()) // A wrong one is told when the effect is parked.
	return own
}

// Retry has a parked effect tried again, as if it were stored now (FX-DUR-014).
func (k *Keeper) Retry(ctx context.Context, id string) error {
	j, err := k.take(id)
	if err != nil {
		return err
	}
	err = k.config.Store.Park(ctx, j.source, id, nil)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		j.phase = parked
		return fmt.Errorf("the store does not take it: %w", err)
	}
	k.schedule.retry(j, time.Now())
	k.config.Metrics.Kept(+1, -1)
	k.hurry()
	return nil
}

// Remove takes a parked effect out of the store.
func (k *Keeper) Remove(ctx context.Context, id string) error {
	j, err := k.take(id)
	if err != nil {
		return err
	}
	err = k.config.Store.Delivered(ctx, j.source, id)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		j.phase = parked
		return fmt.Errorf("the store does not take it: %w", err)
	}
	delete(k.schedule.jobs, id)
	k.config.Metrics.Kept(0, -1)
	return nil
}

// take gives the caller a parked effect to itself.
func (k *Keeper) take(id string) (*job, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	j := k.schedule.jobs[id]
	if j == nil || j.phase != parked {
		return nil, fault.New(fault.NotFound, "no effect with the id %q is parked", id)
	}
	j.phase = noting
	return j, nil
}
