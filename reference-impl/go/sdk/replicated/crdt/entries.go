package crdt

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// entries is what all four maps are made of: rows whose values are values too. The maps
// embed it, and have its exported methods and those of its table.
type entries[K any, V Entry] struct {
	table[K, V]

	create func(K) V
	// touched are the rows whose values were handed out since the last commit:
	// only these can have changed.
	touched map[*row[K, V]]struct{}
}

func newEntries[K any, V Entry](codec Codec[K], create func(K) V) entries[K, V] {
	return entries[K, V]{table: newTable[K, V](codec), create: create, touched: map[*row[K, V]]struct{}{}}
}

// get returns the value under the key, for the handler to change.
func (e *entries[K, V]) get(key K) (value V, there bool) {
	rows := e.find(key)
	if len(rows) == 0 {
		return value, false
	}
	return e.touch(rows[0]), true
}

// ensure returns the value under the key, a new one where there is none.
func (e *entries[K, V]) ensure(key K) V {
	if value, there := e.get(key); there {
		return value
	}
	return e.touch(e.add(key, e.create(key)))
}

func (e *entries[K, V]) touch(row *row[K, V]) V {
	e.touched[row] = struct{}{}
	return row.value
}

// all yields keys and values, in no order.
func (e *entries[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for row := range e.table.all() {
			if !yield(row.key, e.touch(row)) {
				return
			}
		}
	}
}

// apply changes the map in this order: cleared, removed, updated, added
// (REP-MAP-002).
func (e *entries[K, V]) apply(delta *replicatedv1.ORMapDelta) (changed bool, err error) {
	clear(e.touched) // nothing is collected, and who only reads would keep the rows that go
	if changed, err = e.take(delta.GetCleared(), delta.GetRemoved()); err != nil {
		return false, err
	}
	for _, entry := range delta.GetUpdated() {
		updated, err := e.update(entry)
		if err != nil {
			return false, err
		}
		changed = changed || updated
	}
	for _, entry := range delta.GetAdded() {
		if err := e.insert(entry); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

// update changes one entry from elsewhere. One whose key is not there is added.
func (e *entries[K, V]) update(entry *replicatedv1.ORMapEntryDelta) (changed bool, err error) {
	_, _, found, err := e.receive(entry)
	if err != nil {
		return false, err
	}
	if found == nil {
		return true, e.insert(entry)
	}
	return found.value.Apply(entry.GetDelta())
}

// insert adds one entry from elsewhere, in place of the one that has its key.
func (e *entries[K, V]) insert(entry *replicatedv1.ORMapEntryDelta) error {
	id, key, found, err := e.receive(entry)
	if err != nil {
		return err
	}
	if found != nil {
		e.drop(id, found)
	}
	value := e.create(key)
	if _, err := value.Apply(entry.GetDelta()); err != nil {
		return fmt.Errorf("the entry %v: %w", key, err)
	}
	e.put(id, &row[K, V]{key: key, form: entry.GetKey(), value: value})
	return nil
}

func (e *entries[K, V]) receive(entry *replicatedv1.ORMapEntryDelta) (id string, key K, found *row[K, V], err error) {
	if entry.GetKey() == nil {
		return "", key, nil, errors.New("an entry without key")
	}
	return e.table.receive(entry.GetKey())
}

// Changed implements [Value].
func (e *entries[K, V]) Changed() bool {
	if e.table.Changed() {
		return true
	}
	for row := range e.touched {
		if e.survives(row) && row.value.Changed() {
			return true
		}
	}
	return false
}

// delta returns what was done, as an ORMap says it (REP-MAP-003 to REP-MAP-007).
func (e *entries[K, V]) delta() *replicatedv1.ORMapDelta {
	delta := &replicatedv1.ORMapDelta{Cleared: e.cleared, Removed: e.gone()}
	for _, row := range sorted(e.touched) {
		if e.survives(row) && row.value.Changed() {
			delta.Updated = append(delta.Updated, entryDelta(row.form, row.value.Delta()))
		}
	}
	for _, row := range sorted(e.added) {
		delta.Added = append(delta.Added, entryDelta(row.form, row.value.Delta()))
	}
	return delta
}

// survives reports whether the row was there at the last commit, and still is.
func (e *entries[K, V]) survives(candidate *row[K, V]) bool {
	if _, added := e.added[candidate]; added {
		return false
	}
	return slices.Contains(e.find(candidate.key), candidate)
}

func entryDelta(key *anypb.Any, delta *replicatedv1.Delta) *replicatedv1.ORMapEntryDelta {
	return &replicatedv1.ORMapEntryDelta{Key: key, Delta: delta}
}

// Commit implements [Value].
func (e *entries[K, V]) Commit() {
	for row := range e.touched {
		row.value.Commit()
	}
	clear(e.touched)
	e.table.Commit()
}

// Rollback implements [Value].
func (e *entries[K, V]) Rollback() {
	for row := range e.touched {
		row.value.Rollback()
	}
	clear(e.touched)
	e.table.Rollback()
}
