package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Item is one thing that a store keeps, as a copy of the whole store holds it: one of
// the types below. Leases and nodes are no items: who had the right to write has it in
// no other store.
type Item interface{ item() }

type (
	// Start is the first item of a copy, and no other is one.
	Start struct {
		// Epoch is not below that of any claim.
		Epoch int64
		// Offset is not below any that the log has given, or that its reader resumes at.
		Offset int64
	}
	// KindItem is the kind of a persistence id.
	KindItem struct{ Persistence, Kind string }
	// EventItem is one event and its place in the log. Those of one entity come one
	// after the other, from the first. Of a deleted entity some, or all, may be gone.
	EventItem struct {
		ID     ID
		Offset int64
		Event  entity.Event
	}
	// SnapshotItem is an entity's newest snapshot. It comes after the events.
	SnapshotItem struct {
		ID       ID
		Snapshot entity.Snapshot
	}
	// DeletionItem says that the entity was deleted for ever, and its last sequence. It
	// comes after the events.
	DeletionItem struct {
		ID   ID
		Last int64
	}
	// PurgeItem says when what there is of a deleted entity may go. It comes after the
	// deletion; there is none where all has gone.
	PurgeItem struct {
		ID ID
		At time.Time
	}
	// ValueItem is what is stored of a value entity, its value expired or not.
	ValueItem struct {
		ID    ID
		Value Value
	}
	// RecordItem is the answer to a keyed command, expired or not.
	RecordItem struct {
		ID     ID
		Record Record
	}
	// EffectItem is a durable side effect, parked or not.
	EffectItem struct{ Effect Effect }
	// CopyItem is the copy that a node has of a replicated entity.
	CopyItem struct {
		Node    string
		Replica Replica
	}
	// DamageItem stands where something is that cannot be read, or that contradicts
	// something else. A copy with one is no whole copy.
	DamageItem struct {
		// Of names what is damaged, for people.
		Of string
		// What is wrong with it.
		What string
	}
)

func (Start) item()        {}
func (KindItem) item()     {}
func (EventItem) item()    {}
func (SnapshotItem) item() {}
func (DeletionItem) item() {}
func (PurgeItem) item()    {}
func (ValueItem) item()    {}
func (RecordItem) item()   {}
func (EffectItem) item()   {}
func (CopyItem) item()     {}
func (DamageItem) item()   {}

// Err returns the damage as an error that is ErrCorrupt.
func (d DamageItem) Err() error { return fmt.Errorf("%w: %s: %s", ErrCorrupt, d.Of, d.What) }

// Exporter copies out all that a store keeps. Its methods may be called from any
// goroutine, while others write.
type Exporter interface {
	// Export passes on everything as of one moment, which is not before the call: all
	// that was acknowledged before it, and of each entity whole writes from the first.
	// It passes on nothing that is not durable. What it passes on belongs to the callee.
	// It returns the first error of each unchanged, and an error that is ErrCorrupt
	// where it cannot read on behind damage; other damage is an item. With thorough, it
	// compares what is stored twice besides, which takes longer.
	Export(ctx context.Context, thorough bool, each func(Item) error) error
}

// Fill puts into an empty store, by calls of put, what an Exporter has passed on. Its
// error, or the first of put, ends it.
type Fill func(put func(Item) error) error

// ErrOccupied says that a store which is to be filled holds something, or is in use.
var ErrOccupied = errors.New("the store is not empty")

// What a store that was filled leaves free above the Start of its copy: the store that
// was copied may have gone on since. Whoever has a right from there is refused here, and
// a reader of the log that resumes at an offset from there misses nothing here.
const (
	EpochRoom  = 1 << 10
	OffsetRoom = 1 << 50
)
