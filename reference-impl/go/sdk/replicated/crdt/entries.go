package crdt

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// entries is what all four maps are made of: rows whose values are values too.
type entries[K any, V Entry] struct {
	table  table[K, V]
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
	rows := e.table.find(key)
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
	return e.touch(e.table.add(key, e.create(key)))
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
	changed, err = e.table.take(delta.GetCleared(), delta.GetRemoved())
	for _, entry := range delta.GetUpdated() {
		changed, err = e.update(entry, changed, err)
	}
	for _, entry := range delta.GetAdded() {
		if err == nil {
			changed, err = true, e.insert(entry)
		}
	}
	return changed, err
}

// update changes one entry from elsewhere, unless there is an error already. One
// whose key is not there is added.
func (e *entries[K, V]) update(entry *replicatedv1.ORMapEntryDelta, before bool, failed error) (changed bool, err error) {
	if failed != nil {
		return before, failed
	}
	_, _, found, err := e.receive(entry)
	switch {
	case err != nil:
		return false, err
	case found == nil:
		return true, e.insert(entry)
	}
	changed, err = found.value.Apply(entry.GetDelta())
	return before || changed, err
}

// insert adds one entry from elsewhere, in place of the one that has its key.
func (e *entries[K, V]) insert(entry *replicatedv1.ORMapEntryDelta) error {
	id, key, found, err := e.receive(entry)
	if err != nil {
		return err
	}
	if found != nil {
		e.table.drop(id, found)
	}
	value := e.create(key)
	if _, err := value.Apply(entry.GetDelta()); err != nil {
		return fmt.Errorf("the entry %v: %w", key, err)
	}
	e.table.put(id, &row[K, V]{key: key, form: entry.GetKey(), value: value})
	return nil
}

func (e *entries[K, V]) receive(entry *replicatedv1.ORMapEntryDelta) (id string, key K, found *row[K, V], err error) {
	if entry.GetKey() == nil {
		return "", key, nil, errors.New("an entry without key")
	}
	return e.table.receive(entry.GetKey())
}

func (e *entries[K, V]) changed() bool {
	if e.table.changed() {
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
	delta := &replicatedv1.ORMapDelta{Cleared: e.table.cleared, Removed: e.table.gone()}
	for _, row := range sorted(e.touched) {
		if e.survives(row) && row.value.Changed() {
			delta.Updated = append(delta.Updated, entryDelta(row.form, row.value.Delta()))
		}
	}
	for _, row := range sorted(e.table.added) {
		delta.Added = append(delta.Added, entryDelta(row.form, row.value.Delta()))
	}
	return delta
}

// survives reports whether the row was there at the last commit, and still is.
func (e *entries[K, V]) survives(candidate *row[K, V]) bool {
	if _, added := e.table.added[candidate]; added {
		return false
	}
	return slices.Contains(e.table.find(candidate.key), candidate)
}

func entryDelta(key *anypb.Any, delta *replicatedv1.Delta) *replicatedv1.ORMapEntryDelta {
	return &replicatedv1.ORMapEntryDelta{Key: key, Delta: delta}
}

func (e *entries[K, V]) commit() {
	for row := range e.touched {
		row.value.Commit()
	}
	clear(e.touched)
	e.table.commit()
}

func (e *entries[K, V]) rollback() {
	for row := range e.touched {
		row.value.Rollback()
	}
	clear(e.touched)
	e.table.rollback()
}
