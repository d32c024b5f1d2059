// Package cluster is the contract between a proxy and the others of its service: who is
// there, who writes which entity, and how a command reaches it. Its implementations
// live below it.
//
// The right to write lives where what is written lives: a node owns a shard because the
// store says so, and the store checks it with each write. What the members of a cluster
// believe of each other decides only where a command is tried first.
package cluster

import (
	"context"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Membership says who is there. Its methods may be called from any goroutine.
type Membership interface {
	// Members returns the nodes that take commands now, this one among them while it
	// does, in the order of their ids. It may be wrong: the store decides.
	Members() []store.Node
	// Changed returns a channel that is closed when Members returns something else.
	Changed() <-chan struct{}
}

// Ownership gives the right to write. Its methods may be called from any goroutine.
type Ownership interface {
	// Own returns the fence under which this node may write the entity from now on.
	// It returns an error that is an [Elsewhere] where another node has the entity,
	// and a fault.Error of the kind Unavailable where this one may write nothing now.
	Own(ctx context.Context, id store.ID) (store.Fence, error)
	// Lost says that the store has refused a write under the fence, because the right
	// has changed hands. The next Own asks the store again.
	Lost(fence store.Fence)
	// Holds reports whether this node may still answer for what it has read or written
	// under the fence: by its own clock nobody else can have the entity yet.
	Holds(fence store.Fence) bool
}

// Elsewhere says that another node has the entity.
type Elsewhere struct { //nolint:errname // it says where, and reads so
	// Shard is the one that the entity belongs to.
	Shard int32
	// Owner is the node that has it.
	Owner store.Node
}

// Error names the node.
func (e *Elsewhere) Error() string {
	return fmt.Sprintf("the entity belongs to the proxy %q at %q", e.Owner.ID, e.Owner.Address)
}

// Transport reaches the other nodes. Its methods may be called from any goroutine.
type Transport interface {
	// Forward hands the command to the node, and returns what became of it. An error is
	// a fault.Error, of the kind Unavailable where the node cannot be reached: then the
	// command may have been carried out.
	Forward(ctx context.Context, to store.Node, id entity.ID, command entity.Command) (entity.Outcome, error)
}
