package runtime

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Kind says how the entities of one kind are run.
type Kind struct {
	// New makes the machine for one activation, whose stream has the terms.
	New func(entity.ID, entity.Terms) entity.Machine
	// Bars returns what a function on these terms is told, and an error for those who
	// wait, where it is to get no stream of what is stored. Nil bars nothing.
	Bars func(entity.Terms, entity.Opened) (entity.Report, error)
	// State is where they keep their state.
	State State
}

// State keeps the state of the entities of one kind, behind a store. Its methods may
// be called from any goroutine, for one entity from one at a time.
type State interface {
	// Load feeds what there is of the entity: Opened, and what follows it. The
	// runtime adds the epoch, and Recovered at the end. It stops at the first error
	// of feed and returns it unchanged, and returns an error that is
	// store.ErrDeleted, and feeds nothing, where the entity was deleted for ever.
	Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error
	// Store makes the changes durable, in one write, all or none. They are one or
	// more, in the order in which the machine asked for them; one that is a snapshot
	// alone comes alone. Beside belongs to all of them. Its errors are those of
	// store.Journal.Append.
	Store(ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, beside store.Beside) error
}

// Resolver is a State that can tell what became of a write.
type Resolver interface {
	// Holds reports whether the changes of one write, whose outcome is unknown, are
	// stored; all of them are, or none. An error means that it stays unknown.
	Holds(ctx context.Context, id store.ID, changes []entity.Persist) (bool, error)
}

// Shared is the State of a kind that several proxies write at once: it has no fence,
// and changes come from elsewhere. Its Store is not called.
type Shared interface {
	State
	// Join begins one activation, before Load. Changed is called, from any goroutine,
	// when there may be something new in Copy.Changes; it does not wait.
	Join(id store.ID, changed func()) Copy
}

// Copy is one activation's part in a shared entity. Its methods are called from one
// goroutine at a time.
type Copy interface {
	// Changes returns what has changed elsewhere since Load, or since it was called
	// last, as one delta; an empty one when nothing has.
	Changes() entity.Merged
	// Apply makes the change, and does not wait. Where the change asks for more than
	// local consistency, spread is called once with what came of it, from any
	// goroutine.
	Apply(change entity.Apply, spread func(error))
	// Leave ends the activation. Later calls of spread and changed do nothing.
	Leave()
}
