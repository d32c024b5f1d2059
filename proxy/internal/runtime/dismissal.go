package runtime

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// parting tells whether an entity that was to leave has left.
type parting struct {
	over chan struct{}
	// stayed says that the entity has got something to do instead; read it once over is
	// closed.
	stayed bool
}

// end tells those who wait. The caller holds instance.mu.
func (v *view) end(stayed bool) {
	if v.parting != nil {
		v.parting.stayed = stayed
		close(v.parting.over)
		v.parting = nil
	}
}

// Passivate has an entity leave memory, and returns once it has. Its function is told
// that room is made. The error is a fault.Error: NotFound when the entity is not in
// memory, Busy when it has commands under way, or gets one before it has left.
func (r *Runtime) Passivate(ctx context.Context, id entity.ID) error {
	i := r.directory.find(id)
	if i == nil {
		return fault.New(fault.NotFound, "%s is not in memory", id)
	}
	parting, err := i.dismiss()
	if err != nil {
		return err
	}
	select {
	case <-parting.over:
	case <-ctx.Done():
		return fault.FromContext(ctx)
	}
	if parting.stayed {
		return busy(id)
	}
	return nil
}

func busy(id entity.ID) error {
	return fault.New(fault.Busy, "%s has commands under way: try again when it rests", id)
}

// dismiss begins the passivation of an entity that rests, or waits for the one that has
// begun.
func (i *instance) dismiss() (*parting, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	a := i.active
	switch {
	case i.over || a == nil && len(i.mailbox) == 0:
		return nil, fault.New(fault.NotFound, "%s is not in memory", i.id)
	case a == nil || !a.evicted && (!a.view.rests || i.running):
		return nil, busy(i.id)
	}
	if a.view.parting == nil {
		a.view.parting = &parting{over: make(chan struct{})}
	}
	waits := a.view.parting
	if !a.evicted && i.runtime.resting.take(i) { // Else it makes room for another already.
		a.evicted = true
		i.stir()
	}
	return waits, nil
}

// PassivateIdle has every entity leave memory that rests now, and returns how many it
// has told so. It does not wait for them.
func (r *Runtime) PassivateIdle() int {
	told := 0
	for most := r.Active(); told < most; told++ {
		i := r.resting.longest()
		if i == nil {
			break
		}
		i.evict()
	}
	return told
}
