package store

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Entry is one event in the order in which a persistence id's events are read.
type Entry struct {
	// Offset grows from entry to entry, and may have gaps.
	Offset int64
	// Entity is the key of the entity.
	Entity string
	Event  entity.Event
}

// EventLog reads the events of all entities with one persistence id, in one order:
// those of one entity in theirs. Its methods may be called from any goroutine.
type EventLog interface {
	// Events passes on the entries behind the offset, 0 for all of them, and returns
	// how far one may resume: a reader that goes on from there misses no event, also
	// none that was given a smaller offset and became durable later. It passes on at
	// most so many entries, and returns the first error of each unchanged.
	Events(ctx context.Context, persistence string, after int64, most int, each func(Entry) error) (resume int64, err error)
}

// Kinds remembers of what kind the entities of each persistence id are.
type Kinds interface {
	// Kind records the kind of a persistence id that has none, and returns an error
	// that is ErrKind, and names both, where it has another.
	Kind(ctx context.Context, persistence, kind string) error
	// Stored returns the kind of a persistence id; empty when none was recorded.
	Stored(ctx context.Context, persistence string) (string, error)
}

// Sweeper forgets what has had its time: records, expired values, the events of
// deleted entities whose retention is over, and nodes that were killed and have no shard.
type Sweeper interface {
	// Sweep removes some of it, and reports whether there may be more.
	Sweep(ctx context.Context) (more bool, err error)
}
