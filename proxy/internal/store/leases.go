package store

import (
	"context"
	"time"
)

// Node is one process that writes to the store: one incarnation of one proxy.
type Node struct {
	// ID is that of no other process, past or present.
	ID string
	// Address is where the others reach it; empty when it is alone.
	Address string
	// Name is stable over restarts; empty when there is none. A node takes over at
	// once from an older one with its name.
	Name string
}

// Claim is the right to write the entities of one shard.
type Claim struct {
	// Epoch says how often the right has changed hands, from 1.
	Epoch int64
	// Owner is who has the shard. Where it is another node, the claim was refused.
	Owner Node
}

// Leases says who writes. They live where the journal lives, so that one write
// checks both: a lease in one system cannot fence writes to another. The store's
// own clock judges them. Its methods may be called from any goroutine.
type Leases interface {
	// Join makes the node known, with a lease of the length. A node joins once.
	Join(ctx context.Context, node Node, length time.Duration) error
	// Renew prolongs the lease of the node, from now. It returns an error that is
	// ErrFenced when the lease was over and somebody has taken a shard of it since, or
	// when it has had none and its lease was over for so long that a Sweep has forgotten it.
	Renew(ctx context.Context, node string, length time.Duration) error
	// Claim gives the shard to the node, with an epoch of one more, where it is
	// nobody's or its owner's lease is over; and tells who has it. A node that has it
	// already gets it with the epoch that it has.
	Claim(ctx context.Context, node string, shard int32) (Claim, error)
	// Release gives the shard back. It is no error when it is not the node's.
	Release(ctx context.Context, node string, shard int32) error
	// Leave gives back all that the node has, and forgets it.
	Leave(ctx context.Context, node string) error
}
