package postgres

import "github.com/stateward/stateward/proxy/internal/store"

// table holds the columns of some rows of a batch, each of one write. Which columns
// they are is for commit.sql to say, but for the first two.
type table struct {
	place   []int32 // the number of the write in the batch
	entity  [][]byte
	numbers [][]*int64 // may be null
	bytes   [][][]byte // may be null
}

// newTable returns a table with so many columns of numbers, and of bytes.
func newTable(numbers, bytes int) *table {
	return &table{numbers: make([][]*int64, numbers), bytes: make([][][]byte, bytes)}
}

// numbers are those of one row.
func numbers(n ...*int64) []*int64 { return n }

// add adds a row.
func (t *table) add(place int, entity []byte, numbers []*int64, bytes ...[]byte) {
	t.place, t.entity = append(t.place, int32(place)), append(t.entity, entity)
	for i, number := range numbers {
		t.numbers[i] = append(t.numbers[i], number)
	}
	for i, b := range bytes {
		t.bytes[i] = append(t.bytes[i], b)
	}
}

// arguments appends the columns to the statement's arguments.
func (t *table) arguments(arguments []any) []any {
	arguments = append(arguments, t.place, t.entity)
	for _, column := range t.numbers {
		arguments = append(arguments, column)
	}
	for _, column := range t.bytes {
		arguments = append(arguments, column)
	}
	return arguments
}

// columns are the arguments of commit.sql.
type columns struct {
	now int64

	place, shard, kind       []int32
	entity, persistence, key [][]byte
	epoch, expected          []int64

	events, snapshots, deletions, values, records, effects *table
}

// columnsOf returns the batch, column by column. What it says of time counts from now.
func columnsOf(writes []*write, now int64) *columns {
	c := &columns{
		now:    now,
		events: newTable(4, 3), snapshots: newTable(2, 2), deletions: newTable(2, 0),
		values: newTable(3, 2), records: newTable(1, 4), effects: newTable(1, 2),
	}
	for place, w := range writes {
		c.add(place, w)
	}
	return c
}

// arguments returns them in the statement's order.
func (c *columns) arguments() []any {
	arguments := []any{c.place, c.entity, c.persistence, c.key, c.shard, c.epoch, c.kind, c.expected}
	for _, t := range []*table{c.events, c.snapshots, c.deletions, c.values, c.records, c.effects} {
		arguments = t.arguments(arguments)
	}
	return arguments
}

func (c *columns) add(place int, w *write) {
	c.place, c.shard, c.kind = append(c.place, int32(place)), append(c.shard, w.fence.Shard), append(c.kind, w.kind)
	c.entity, c.persistence, c.key = append(c.entity, w.key), append(c.persistence, []byte(w.id.Persistence)), append(c.key, []byte(w.id.Entity))
	c.epoch, c.expected = append(c.epoch, w.fence.Epoch), append(c.expected, w.expected)
	log := logOf(w.id.Persistence)
	for i := range w.events {
		e := &w.events[i]
		c.events.add(place, w.key, numbers(&e.sequence, &log, e.time, &e.checksum), e.kind, e.payload, e.metadata)
	}
	if s := w.snapshot; s != nil {
		c.snapshots.add(place, w.key, numbers(&s.sequence, &s.checksum), s.kind, s.payload)
	}
	if w.deleted != nil {
		last, purge := w.expected+int64(len(w.events)), later(c.now, w.deleted.Retention)
		c.deletions.add(place, w.key, numbers(&last, &purge))
	}
	c.addValue(place, w)
	c.addBeside(place, w.key, w.beside)
}

func (c *columns) addValue(place int, w *write) {
	v := w.value
	if v == nil {
		return
	}
	var ends *int64
	if v.lasts > 0 {
		end := later(c.now, v.lasts)
		ends = &end
	}
	var sum *int64
	if v.kind != nil {
		n := checksum(w.key, v.revision, ends, v.kind, v.payload)
		sum = &n
	}
	c.values.add(place, w.key, numbers(&v.revision, ends, sum), v.kind, v.payload)
}

func (c *columns) addBeside(place int, entity []byte, beside store.Beside) {
	for _, r := range beside.Records {
		c.records.add(place, entity, numbers(nanos(r.Expires)), present(r.Key), present(r.Command), r.Digest[:], r.Answer)
	}
	for _, e := range beside.Effects {
		c.effects.add(place, entity, numbers(nanos(e.Stored)), present(e.ID), e.Body)
	}
}
