package store

import "context"

// Replica is one node's copy of one replicated entity.
type Replica struct {
	ID ID
	// State is what package crdt encodes. It holds all that was merged, so that a
	// later one takes the place of an earlier one; several nodes may store the same
	// entity, and a store keeps what each has stored.
	State []byte
}

// Replicas keeps the copies of replicated entities. Nobody waits for it but those
// who want more than local consistency. Its methods may be called from any
// goroutine.
type Replicas interface {
	// Save stores the copies of the node, all or none, each in the place of what the
	// node has stored before, and returns nil only when they are durable.
	Save(ctx context.Context, node string, replicas []Replica) error
	// Replica passes on what each node has stored of the entity; nothing where nobody
	// has. It is for the caller to merge them.
	Replica(ctx context.Context, id ID, each func(state []byte) error) error
}
