// Package store is the contract between the proxy and whatever keeps its state.
// Its backends live below it, each in a package of its own, and all of them
// pass the one suite of package storetest.
package store

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// ID names one entity's stored state.
type ID struct {
	// Persistence is the entity's persistence id, as discovery gave it.
	Persistence string
	// Entity is the entity's key.
	Entity string
}

// String returns the id for people, quoted, for it may hold any characters.
func (id ID) String() string { return fmt.Sprintf("%q/%q", id.Persistence, id.Entity) }

// Batch is what one command adds to one entity.
type Batch struct {
	// Expected is the sequence of the entity's last event; 0 when it has none.
	Expected int64
	// Events get the sequences Expected+1, Expected+2 and so on; never empty.
	Events []*anypb.Any
	// Snapshot, when not nil, is the state after the last of Events.
	Snapshot *anypb.Any
}

// Validate returns what is wrong with the batch; nil when a store may take it.
// Every backend calls it first: a batch that breaks the rules is a defect of
// the caller, and nothing of it is stored.
func (b Batch) Validate() error {
	switch {
	case b.Expected < 0:
		return fmt.Errorf("a batch expects the sequence %d; the smallest is 0", b.Expected)
	case len(b.Events) == 0:
		return errors.New("a batch without events")
	default:
		return nil
	}
}

// ErrConflict says that the journal's last sequence is not the expected one:
// another writer was first. Nothing of the batch was stored.
var ErrConflict = errors.New("another writer has appended to this entity")

// Conflict returns the error that refuses a batch which expects the one
// sequence of a journal that is at the other. It is ErrConflict.
func Conflict(id ID, expected, at int64) error {
	return fmt.Errorf("%w: %v is at sequence %d, not at %d", ErrConflict, id, at, expected)
}

// ErrClosed says that the store has been closed.
var ErrClosed = errors.New("the store is closed")

// ErrCorrupt says that stored bytes are not what was written.
var ErrCorrupt = errors.New("the store is corrupt")

// Journal keeps the events of each entity. Its methods may be called from any
// goroutine. A call that waits ends with the context's error when the context
// ends first.
type Journal interface {
	// Append stores the batch, all or none, and returns nil only when it is
	// durable. It keeps no reference to the batch once it has returned. It
	// returns an error that is ErrConflict when the journal is not at
	// batch.Expected. After any other error the outcome is unknown: the batch
	// may or may not be stored, and a Load tells.
	Append(ctx context.Context, id ID, batch Batch) error
	// Load reads one entity as of one moment: the sequence of its last event,
	// 0 when it has none, and the newest snapshot, or nil, by one call of begin,
	// and then each event after the snapshot, in order of sequence, by calls of
	// event. It shows only what is durable: it waits for
	// an Append of the same entity whose outcome is open. What it passes on
	// belongs to the callee, which must not close the store. It stops at the
	// first error that either returns, and returns it unchanged. It returns an
	// error that is ErrCorrupt when a sequence is missing or a record is not
	// what was written; what it passed on before is as written.
	Load(ctx context.Context, id ID, begin func(last int64, snapshot *entity.Snapshot) error, event func(entity.Event) error) error
}

// Store is one open backend.
type Store interface {
	Journal
	// Ping reports whether the store can take a write now; it returns the
	// reason when it cannot.
	Ping(ctx context.Context) error
	// Close waits for the calls under way and releases the store. Later calls,
	// of Close too, return ErrClosed.
	Close() error
}
