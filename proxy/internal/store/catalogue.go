package store

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Figure is one thing that a store counts or measures.
type Figure struct {
	// Name says of what, such as "events".
	Name  string
	Value int64
	// Bytes says that Value is a size in bytes, and not a number.
	Bytes bool
	// Estimated says that Value is about right.
	Estimated bool
}

// Catalogue is for whoever runs the proxy, and looks for what the store holds. No command
// needs it, and none waits for it. Its methods may be called from any goroutine.
type Catalogue interface {
	// Entities returns keys of entities with the persistence id that begin with the
	// prefix, at most so many, in an order of the store's own: those behind after, which
	// is empty at first, and then the next of the call before. It may find fewer, or
	// none, and return a next all the same; where next is empty there are no more. What
	// is written at the same time may be missing.
	Entities(ctx context.Context, persistence, prefix, after string, most int) (keys []string, next string, err error)
	// History passes on the events of one entity from the one sequence to the other, in
	// order, whether a snapshot covers them or not: those that are there. It returns the
	// first error of each unchanged, and one that is ErrCorrupt where a record is not
	// what was written.
	History(ctx context.Context, id ID, first, last int64, each func(entity.Event) error) error
	// Figures returns what the store knows of its size without counting.
	Figures(ctx context.Context) ([]Figure, error)
}
