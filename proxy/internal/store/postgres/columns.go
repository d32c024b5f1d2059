package postgres

import "github.com/stateward/stateward/proxy/internal/store"

// table holds the columns of some rows of a batch, each of one write. What they are is
// for the clause of commit.sql to say, but for the first two.
type table struct {
	clause  string
	place   []int32 // the number of the write in the batch
	entity  [][]byte
	numbers [][]*int64 // may be null
	bytes   [][][]byte // may be null
}

// newTable returns a table with so many columns of numbers, and of bytes.
func newTable(clause string, numbers, bytes int) *table {
	return &table{clause: clause, numbers: make([][]*int64, numbers), bytes: make([][][]byte, bytes)}
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

func (t *table) empty() bool { return len(t.place) == 0 }

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

// columns are the rows of a batch, column by column.
type columns struct {
	now int64

	judge, names                                           *table
	events, snapshots, deletions, values, records, effects *table
}

// columnsOf returns those of the batch. What it says of time counts from now.
func columnsOf(writes []*write, now int64) *columns {
	c := &columns{
		now:   now,
		judge: newTable("judge", 4, 0), names: newTable("names", 0, 2),
		events: newTable("events", 4, 3), snapshots: newTable("snapshots", 2, 2), deletions: newTable("deletions", 2, 0),
		values: newTable("values", 3, 2), records: newTable("records", 1, 4), effects: newTable("effects", 1, 2),
	}
	for place, w := range writes {
		c.add(place, w)
	}
	return c
}

// tables returns them in the order of the statement's clauses.
func (c *columns) tables() []*table {
	return []*table{c.judge, c.names, c.events, c.snapshots, c.deletions, c.values, c.records, c.effects}
}

func (c *columns) add(place int, w *write) {
	shard, kind := int64(w.fence.Shard), int64(w.kind)
	c.judge.add(place, w.key, numbers(&shard, &w.fence.Epoch, &kind, &w.expected))
	if w.expected == 0 { // later ones find its name there
		c.names.add(place, w.key, nil, []byte(w.id.Persistence), []byte(w.id.Entity))
	}
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
