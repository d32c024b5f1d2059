package crdt

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"
)

// row is one element of a set, or one entry of a map.
type row[K, V any] struct {
	key K
	// form is the key as it came, or as it was packed here: what is removed is
	// named by it (REP-EQ-003).
	form  *anypb.Any
	value V
}

// table is the rows of a collection, and what was done to them since the last
// commit. Rows are found by how their key is packed here. Mostly there is one
// for a key; there are more where others packed it differently, and to the
// proxy these are different ones (REP-EQ-001). Collections that grow and shrink embed it, and
// have its exported methods.
type table[K, V any] struct {
	codec Codec[K]
	rows  map[string][]*row[K, V]
	size  int

	removed map[string][]*row[K, V] // were there at the last commit
	added   map[*row[K, V]]struct{} // were not
	cleared bool                    // there was something, and all of it went
}

func newTable[K, V any](codec Codec[K]) table[K, V] {
	return table[K, V]{
		codec:   codec,
		rows:    map[string][]*row[K, V]{},
		removed: map[string][]*row[K, V]{},
		added:   map[*row[K, V]]struct{}{},
	}
}

// Len returns how many elements or entries there are.
func (t *table[K, V]) Len() int { return t.size }

// Has reports whether the element, or the key, is there.
func (t *table[K, V]) Has(key K) bool { return len(t.find(key)) > 0 }

// Delete removes the element, or the entry of the key, and reports whether it was there.
func (t *table[K, V]) Delete(key K) bool {
	id := identity(t.codec.mustPack(key))
	gone := t.rows[id]
	for _, row := range gone {
		t.forget(id, row)
	}
	delete(t.rows, id)
	t.size -= len(gone)
	return len(gone) > 0
}

// Clear removes all that is there.
func (t *table[K, V]) Clear() {
	if t.size == 0 {
		return // nothing is done (REP-ORSET-006)
	}
	for id, rows := range t.rows {
		for _, row := range rows {
			t.forget(id, row)
		}
	}
	clear(t.rows)
	t.size = 0
	t.cleared = len(t.removed) > 0
}

// find returns the rows of the key.
func (t *table[K, V]) find(key K) []*row[K, V] { return t.rows[identity(t.codec.mustPack(key))] }

// all yields the rows, in no order.
func (t *table[K, V]) all() iter.Seq[*row[K, V]] {
	return func(yield func(*row[K, V]) bool) {
		for _, rows := range t.rows {
			for _, row := range rows {
				if !yield(row) {
					return
				}
			}
		}
	}
}

// add puts a row into the table, whose key is not there.
func (t *table[K, V]) add(key K, value V) *row[K, V] {
	form := t.codec.mustPack(key)
	row := &row[K, V]{key: key, form: form, value: value}
	t.put(identity(form), row)
	t.added[row] = struct{}{}
	return row
}

// restore takes the key's remove back, and reports whether it could: after a
// clear, what is there again is added (REP-ORSET-004).
func (t *table[K, V]) restore(key K) bool {
	id := identity(t.codec.mustPack(key))
	rows := t.removed[id]
	if t.cleared || len(rows) == 0 {
		return false
	}
	t.put(id, rows...)
	delete(t.removed, id)
	return true
}

// forget notes that the row goes.
func (t *table[K, V]) forget(id string, row *row[K, V]) {
	if _, is := t.added[row]; is {
		delete(t.added, row)
		return
	}
	t.removed[id] = append(t.removed[id], row)
}

func (t *table[K, V]) put(id string, rows ...*row[K, V]) {
	t.rows[id] = append(t.rows[id], rows...)
	t.size += len(rows)
}

// Changed implements [Value].
func (t *table[K, V]) Changed() bool { return t.cleared || len(t.removed) > 0 || len(t.added) > 0 }

// Commit implements [Value].
func (t *table[K, V]) Commit() {
	clear(t.removed)
	clear(t.added)
	t.cleared = false
}

// Rollback implements [Value].
func (t *table[K, V]) Rollback() {
	for id, rows := range t.rows {
		t.set(id, slices.DeleteFunc(rows, func(row *row[K, V]) bool {
			_, is := t.added[row]
			return is
		}))
	}
	for id, rows := range t.removed {
		t.put(id, rows...)
	}
	t.Commit()
}

// receive reads a key from elsewhere, and returns the row that has exactly this
// form, nil where there is none.
func (t *table[K, V]) receive(form *anypb.Any) (id string, key K, found *row[K, V], err error) {
	if key, err = t.codec.unpack(form); err != nil {
		return "", key, nil, fmt.Errorf("an element or key: %w", err)
	}
	id = identity(t.codec.mustPack(key))
	for _, row := range t.rows[id] {
		if identity(row.form) == identity(form) {
			found = row
		}
	}
	return id, key, found, nil
}

// take removes what a delta from elsewhere removes.
func (t *table[K, V]) take(cleared bool, removed []*anypb.Any) (changed bool, err error) {
	if cleared {
		changed = t.size > 0
		clear(t.rows)
		t.size = 0
	}
	for _, form := range removed {
		id, _, found, err := t.receive(form)
		if err != nil {
			return false, err
		}
		if found != nil {
			t.drop(id, found)
			changed = true
		}
	}
	return changed, nil
}

// drop removes one row, as told from elsewhere.
func (t *table[K, V]) drop(id string, gone *row[K, V]) {
	t.set(id, slices.DeleteFunc(t.rows[id], func(row *row[K, V]) bool { return row == gone }))
}

// set leaves these of the rows that have the id.
func (t *table[K, V]) set(id string, rows []*row[K, V]) {
	t.size -= len(t.rows[id]) - len(rows)
	t.rows[id] = rows
	if len(rows) == 0 {
		delete(t.rows, id)
	}
}

// gone returns what a delta names as removed: nothing where it says cleared
// (REP-ORSET-003, REP-MAP-004).
func (t *table[K, V]) gone() []*anypb.Any {
	if t.cleared {
		return nil
	}
	var forms []*anypb.Any
	for _, rows := range t.removed {
		for _, row := range rows {
			forms = append(forms, row.form)
		}
	}
	slices.SortFunc(forms, compare)
	return forms
}

// sorted returns the rows in the order of their forms, so that one change is
// always told in one way.
func sorted[K, V any](rows map[*row[K, V]]struct{}) []*row[K, V] {
	return slices.SortedFunc(maps.Keys(rows), func(a, b *row[K, V]) int { return compare(a.form, b.form) })
}

func compare(a, b *anypb.Any) int {
	return cmp.Or(cmp.Compare(a.GetTypeUrl(), b.GetTypeUrl()), slices.Compare(a.GetValue(), b.GetValue()))
}
