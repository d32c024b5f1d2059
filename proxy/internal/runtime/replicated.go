package runtime

import (
	"context"
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/replica"
	"github.com/stateward/stateward/proxy/internal/store"
)

// replicated is the State of replicated entities.
type replicated struct{ *replica.Replicas }

var _ Shared = replicated{}

// Replicated returns the State of replicated entities, of each of which this node has a
// copy. Whoever made the copies closes them, once the runtime has ended.
func Replicated(replicas *replica.Replicas) State { return replicated{replicas} }

// Join begins one activation.
func (r replicated) Join(id store.ID, changed func()) Copy { return r.Replicas.Join(id, changed) }

// Store is not called: a change of a shared entity is applied, and stored behind it.
func (replicated) Store(context.Context, store.ID, store.Fence, []entity.Persist, store.Beside) error {
	return errors.New("a replicated entity is not written by its activation")
}
