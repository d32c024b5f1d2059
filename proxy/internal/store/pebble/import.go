package pebble

import (
	"context"
	"errors"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble/internal/disk"
)

// importSize is how large one commit of an import becomes, in bytes.
const importSize = 4 << 20

// ErrUnfinished says that the directory was being filled, and that this was cut short.
var ErrUnfinished = errors.New("the store was being filled, and that was cut short")

// Import makes a store in the directory, which is missing or empty, and fills it. Until it
// is whole and durable, the FORMAT says so, and every program refuses the directory. What
// Import has made it removes when it fails. It refuses a directory that holds anything
// with store.ErrOccupied, and changes nothing there.
func Import(ctx context.Context, config Config, fill store.Fill) (err error) {
	config, err = config.validate()
	if err != nil {
		return err
	}
	lock, err := claimEmpty(config.Files, config.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err = importInto(ctx, config, fill); err != nil {
		return errors.Join(err, removeMade(config.Files, config.Dir))
	}
	if err := writeFormat(config.Files, config.Dir, encodeFormat()); err != nil {
		return fmt.Errorf("finish the store at %s: %w", config.Dir, err)
	}
	return nil
}

// claimEmpty locks an empty directory and marks it as one that is being filled.
func claimEmpty(files vfs.FS, dir string) (lock *pebbledb.Lock, err error) {
	if err := empty(files, dir); err != nil {
		return nil, err
	}
	if err := makeDir(files, dir); err != nil {
		return nil, fmt.Errorf("make the store's directory: %w", err)
	}
	if lock, err = pebbledb.LockDirectory(dir, files); err != nil {
		return nil, explainLock(dir, err)
	}
	if err = empty(files, dir); err == nil { // again: it may have changed before it was locked
		err = writeFormat(files, dir, encodeUnfinished())
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// empty refuses a directory with anything in it.
func empty(files vfs.FS, dir string) error {
	version, err := inspect(files, dir)
	switch {
	case errors.Is(err, ErrUnfinished):
		return fmt.Errorf("%w: %w", store.ErrOccupied, err)
	case err != nil:
		return fmt.Errorf("%w: %w", store.ErrOccupied, err)
	case version > 0:
		return fmt.Errorf("%w: there is a store of version %d at %s; nothing was changed: choose an empty directory",
			store.ErrOccupied, version, dir)
	default:
		return nil
	}
}

// removeMade removes what an import has made, the mark last.
func removeMade(files vfs.FS, dir string) error {
	if err := files.RemoveAll(files.PathJoin(dir, journalDir)); err != nil {
		return err
	}
	return files.Remove(files.PathJoin(dir, formatFile))
}

// importInto fills pebble's directory and syncs it.
func importInto(ctx context.Context, config Config, fill store.Fill) (err error) {
	name := config.Files.PathJoin(config.Dir, journalDir)
	files := disk.New(config.Files, config.Logger) // which passes failures on until it serves
	options := options(files, config.Logger)
	options.DisableWAL = true // nobody goes on from the midst: the tables are synced at the end
	db, err := pebbledb.Open(name, options)
	if err != nil {
		return explainOpen(name, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	i := &importer{db: db, batch: db.NewBatch(), heads: map[string]head{}}
	defer func() { err = errors.Join(err, i.batch.Close()) }()
	err = fill(func(item store.Item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return i.put(item)
	})
	if err == nil {
		err = i.end()
	}
	return errors.Join(err, files.Err())
}

// importer writes what is put, in commits of some size.
type importer struct {
	db    *pebbledb.DB
	batch *pebbledb.Batch
	heads map[string]head // those in the batch, by what their entity's keys begin with
	order store.Order

	of   store.ID // whose events come
	last int64    // the sequence of the last of them; 0 when there is none
}

// put adds the item.
func (i *importer) put(item store.Item) error {
	if err := i.order.Next(item); err != nil {
		return err
	}
	event, is := item.(store.EventItem)
	if !is || event.ID != i.of {
		if err := i.endEvents(); err != nil {
			return err
		}
	}
	if err := i.add(item); err != nil {
		return err
	}
	if i.batch.Len() < importSize {
		return nil
	}
	return i.flush()
}

func (i *importer) add(item store.Item) error {
	switch item := item.(type) {
	case store.Start:
		return i.start(item)
	case store.KindItem:
		key := kindKey(item.Persistence)
		return i.set(key, seal(key, []byte(item.Kind)))
	case store.EventItem:
		return i.event(item)
	case store.SnapshotItem:
		return i.snapshot(item)
	case store.DeletionItem:
		return i.deletion(item)
	case store.PurgeItem:
		return i.due(due{at: item.At, id: item.ID, kind: kindHead})
	case store.ValueItem:
		return i.value(item)
	case store.RecordItem:
		key := answerKey(appendPrefix(nil, item.ID), item.Record.Key)
		return errors.Join(i.set(key, encodeAnswer(key, item.Record)),
			i.due(due{at: item.Record.Expires, id: item.ID, kind: kindAnswer, key: item.Record.Key}))
	case store.EffectItem:
		key := effectKey(item.Effect.ID)
		return i.set(key, encodeEffect(key, item.Effect))
	case store.CopyItem:
		key := replicaKey(item.Replica.ID, item.Node)
		return i.set(key, seal(key, item.Replica.State))
	default:
		return fmt.Errorf("an item of the type %T", item)
	}
}

// start leaves room above what the copy has given: the epochs of openings, with the
// offsets that belong to each.
func (i *importer) start(s store.Start) error {
	epoch := max(s.Epoch+store.EpochRoom, (s.Offset+store.OffsetRoom)/offsetsOfEpoch)
	if s.Offset > maxOffset || epoch >= maxEpoch {
		return fmt.Errorf("the copy starts at the epoch %d and the offset %d: above them is no room left", s.Epoch, s.Offset)
	}
	return i.set(stateKey(), encodeState(stateKey(), state{epoch: epoch, upgraded: true}))
}

// maxOffset is the last that an opening can give.
const maxOffset = (maxEpoch+1)*offsetsOfEpoch - 1

func (i *importer) event(e store.EventItem) error {
	prefix := appendPrefix(nil, e.ID)
	if e.Event.Sequence == 1 {
		if _, found, err := i.head(prefix); err != nil {
			return err
		} else if found {
			return fmt.Errorf("the events of %v come twice", e.ID)
		}
	}
	i.of, i.last = e.ID, e.Event.Sequence
	key := eventKey(prefix, e.Event.Sequence)
	value, err := encodeEvent(key, e.Offset, e.Event)
	if err != nil {
		return err
	}
	at := logKey(e.ID.Persistence, e.Offset)
	return errors.Join(i.set(key, value), i.set(at, encodeEntry(at, entry{entity: e.ID.Entity, sequence: e.Event.Sequence})))
}

// endEvents writes the head of the entity whose events have come.
func (i *importer) endEvents() error {
	if i.last == 0 {
		return nil
	}
	last := i.last
	i.last = 0
	return i.setHead(appendPrefix(nil, i.of), head{last: last})
}

func (i *importer) setHead(prefix []byte, h head) error {
	i.heads[string(prefix)] = h
	key := recordKey(prefix, kindHead)
	return i.set(key, encodeHead(key, h))
}

// head returns that of the entity, which has been put before.
func (i *importer) head(prefix []byte) (h head, found bool, err error) {
	if h, found := i.heads[string(prefix)]; found {
		return h, true, nil
	}
	key := recordKey(prefix, kindHead)
	value, closer, err := i.db.Get(key)
	if errors.Is(err, pebbledb.ErrNotFound) {
		return head{}, false, nil
	}
	if err != nil {
		return head{}, false, err
	}
	h, err = decodeHead(key, value)
	return h, true, release(err, closer)
}

func (i *importer) snapshot(s store.SnapshotItem) error {
	prefix := appendPrefix(nil, s.ID)
	h, _, err := i.head(prefix)
	if err != nil {
		return err
	}
	if s.Snapshot.Sequence > h.last {
		return fmt.Errorf("the snapshot of %v covers the sequence %d, and its last is %d", s.ID, s.Snapshot.Sequence, h.last)
	}
	key := recordKey(prefix, kindSnapshot)
	return i.set(key, encodeSnapshot(key, &s.Snapshot))
}

func (i *importer) deletion(d store.DeletionItem) error {
	prefix := appendPrefix(nil, d.ID)
	h, _, err := i.head(prefix)
	if err != nil {
		return err
	}
	if d.Last < h.last {
		return fmt.Errorf("%v was deleted at %d, and its last is %d", d.ID, d.Last, h.last)
	}
	return i.setHead(prefix, head{last: d.Last, deleted: true})
}

func (i *importer) value(v store.ValueItem) error {
	key := recordKey(appendPrefix(nil, v.ID), kindValue)
	stored := value{revision: v.Value.Revision, value: v.Value.Value, ends: v.Value.Ends}
	if err := i.set(key, encodeValue(key, stored)); err != nil || stored.ends.IsZero() {
		return err
	}
	return i.due(due{at: stored.ends, id: v.ID, kind: kindValue})
}

func (i *importer) due(d due) error {
	key := dueKey(d)
	return i.set(key, seal(key, nil))
}

func (i *importer) set(key, value []byte) error { return i.batch.Set(key, value, nil) }

// flush commits what has been put. It is durable once the tables are.
func (i *importer) flush() error {
	if err := i.batch.Commit(pebbledb.NoSync); err != nil {
		return err
	}
	if err := i.batch.Close(); err != nil {
		return err
	}
	i.batch = i.db.NewBatch()
	clear(i.heads)
	return nil
}

// end makes durable what has been put.
func (i *importer) end() error {
	if err := i.endEvents(); err != nil {
		return err
	}
	if err := i.flush(); err != nil {
		return err
	}
	return i.db.Flush()
}
