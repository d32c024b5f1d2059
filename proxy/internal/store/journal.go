package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Batch is what one write adds to one event sourced entity, all or none.
type Batch struct {
	Fence Fence
	// Expected is the sequence of the entity's last event; 0 when it has none.
	Expected int64
	// Events get the sequences Expected+1, Expected+2 and so on, whatever their own
	// say.
	Events []entity.Event
	// Snapshot, when not nil, is the state after one of Events.
	Snapshot *entity.Snapshot
	// Delete, when not nil, ends the entity for ever: the batch is its last.
	Delete *entity.Delete
	// Beside is stored with it.
	Beside Beside
}

// Validate returns what is wrong with the batch; nil when a store may take it.
// Every backend calls it first: a batch that breaks the rules is a defect of
// the caller, and nothing of it is stored.
func (b Batch) Validate() error {
	switch {
	case b.Expected < 0:
		return fmt.Errorf("a batch expects the sequence %d; the smallest is 0", b.Expected)
	case b.Snapshot != nil && (b.Snapshot.Sequence <= b.Expected || b.Snapshot.Sequence > b.Expected+int64(len(b.Events))):
		return fmt.Errorf("a batch with a snapshot of %d, which is the sequence of none of its events", b.Snapshot.Sequence)
	case len(b.Events) == 0 && b.Delete == nil && b.Beside.Empty():
		return errors.New("a batch that changes nothing")
	case b.Delete != nil && b.Delete.Retention < 0:
		return fmt.Errorf("a batch deletes the entity and keeps its events for %v", b.Delete.Retention)
	default:
		return b.Beside.Validate()
	}
}

// Head is what the journal holds of an entity besides its events.
type Head struct {
	// Last is the sequence of the last event; 0 when there is none.
	Last int64
	// Snapshot is the newest; nil when there is none.
	Snapshot *entity.Snapshot
	// Deleted says that the entity was deleted for ever. Its events may be gone.
	Deleted bool
}

// Journal keeps the events of each event sourced entity. Its methods may be called
// from any goroutine. A call that waits ends with the context's error when the
// context ends first.
type Journal interface {
	// Append stores the batch, all or none, and returns nil only when it is
	// durable. It keeps no reference to the batch once it has returned. It
	// returns an error that is ErrConflict when the journal is not at
	// batch.Expected, ErrFenced when a newer epoch than the batch's has the shard,
	// and ErrDeleted when the entity was deleted. After any other error the outcome
	// is unknown: the batch may or may not be stored, and a Load tells.
	Append(ctx context.Context, id ID, batch Batch) error
	// Load reads one entity as of one moment: its head by one call of begin, and
	// then, unless it is deleted, each event after the snapshot, in order of
	// sequence, by calls of event. It shows only what is durable: it waits for an
	// Append of the same entity whose outcome is open. What it passes on belongs to
	// the callee, which must not close the store. It stops at the first error that
	// either returns, and returns it unchanged. It returns an error that is
	// ErrCorrupt when a sequence is missing or a record is not what was written;
	// what it passed on before is as written.
	Load(ctx context.Context, id ID, begin func(Head) error, event func(entity.Event) error) error
	// Snapshot stores a snapshot that stands alone, in the place of an older one
	// (ES-ASK-006). The journal has to hold the event of its sequence; a newer
	// snapshot stays. Its errors are those of Append.
	Snapshot(ctx context.Context, id ID, fence Fence, snapshot entity.Snapshot) error
}

// Fence names the right under which a write is made. A store takes the write only
// while no newer epoch has claimed the shard.
type Fence struct {
	// Shard is the one that the entity belongs to.
	Shard int32
	// Epoch is what Claim gave for it, from 1.
	Epoch int64
}

// Beside is what a write carries besides the entity's own state (CORE-EPOCH-004).
type Beside struct {
	// Records are the answers to keyed commands, each key once.
	Records []Record
	// Effects are the durable side effects, in the order in which they start.
	Effects []Effect
}

// Empty reports whether there is nothing beside.
func (b Beside) Empty() bool { return len(b.Records) == 0 && len(b.Effects) == 0 }

// Validate returns what is wrong with it; nil when a store may take it.
func (b Beside) Validate() error {
	for _, record := range b.Records {
		if record.Key == "" || record.Expires.IsZero() {
			return errors.New("a record without a key, or without an end")
		}
	}
	for _, effect := range b.Effects {
		if effect.ID == "" || effect.Stored.IsZero() {
			return errors.New("an effect without an id, or without the time when it was stored")
		}
	}
	return nil
}

// Record is the answer to a keyed command, for those who ask again.
type Record struct {
	// Key is the idempotency key, unique within its entity.
	Key string
	// Command is the method's short name, and Digest stands for the payload.
	Command string
	Digest  [32]byte
	// Answer is for the runtime to read.
	Answer []byte
	// Expires is when the record may be forgotten.
	Expires time.Time
}

// Records finds the answers of keyed commands. Journal and Values store them.
type Records interface {
	// Record returns the record of the entity under the key, and whether there is
	// one, after every write of the same entity whose outcome is open. One whose time
	// is over is none.
	Record(ctx context.Context, id ID, key string) (Record, bool, error)
}
