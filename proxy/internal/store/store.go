// Package store is the contract between the proxy and whatever keeps its state.
// Its backends live below it, each in a package of its own, and all of them
// pass the one suite of package storetest.
package store

import (
	"context"
	"errors"
	"fmt"
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

// ErrConflict says that the entity's last sequence or revision is not the expected
// one: another writer was first. Nothing of the write was stored.
var ErrConflict = errors.New("another writer has changed this entity")

// Conflict returns the error that refuses a write which expects the one
// sequence or revision of an entity that is at the other. It is ErrConflict.
func Conflict(id ID, expected, at int64) error {
	return fmt.Errorf("%w: %v is at %d, not at %d", ErrConflict, id, at, expected)
}

// ErrFenced says that a newer epoch has the entity's shard: this process may not
// write the entity any more (CORE-EPOCH-002). Nothing of the write was stored.
var ErrFenced = errors.New("the right to write this entity has changed hands")

// ErrDeleted says that the entity was deleted for ever: it takes no write. Nothing
// of this one was stored.
var ErrDeleted = errors.New("the entity was deleted")

// Deleted returns the error that refuses a write to an entity that was deleted. It is
// ErrDeleted.
func Deleted(id ID) error { return fmt.Errorf("%w: %v", ErrDeleted, id) }

// ErrKind says that the persistence id belongs to entities of another kind.
var ErrKind = errors.New("the persistence id has entities of another kind")

// OtherKind returns the error that refuses a kind where another is stored. It is
// ErrKind.
func OtherKind(persistence, stored, kind string) error {
	return fmt.Errorf("%w: under %q are entities of the kind %s, not %s", ErrKind, persistence, stored, kind)
}

// ErrClosed says that the store has been closed.
var ErrClosed = errors.New("the store is closed")

// ErrCorrupt says that stored bytes are not what was written.
var ErrCorrupt = errors.New("the store is corrupt")

// Store is one open backend.
type Store interface { //nolint:interfacebloat // eleven small contracts, and its own life
	Journal
	Values
	Records
	Effects
	Replicas
	Leases
	EventLog
	Kinds
	Sweeper
	Catalogue
	Exporter
	// Ping reports whether the store can take a write now; it returns the
	// reason when it cannot.
	Ping(ctx context.Context) error
	// Close waits for the calls under way and releases the store. Later calls,
	// of Close too, return ErrClosed.
	Close() error
}
