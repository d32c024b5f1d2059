package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// copyings lists the tests of a copy of one place at another.
func copyings() []struct {
	name string
	run  func(place)
} {
	return []struct {
		name string
		run  func(place)
	}{
		{"CopyOfNothing", place.copyOfNothing},
		{"CopyIsTheSame", place.copyIsTheSame},
		{"CopyGoesOn", place.copyGoesOn},
		{"CopyOfACopy", place.copyOfACopy},
		{"CopyOfWhatGoes", place.copyOfWhatGoes},
		{"CopyUnderLoad", place.copyUnderLoad},
		{"CopyStopsAtFirstError", place.copyStopsAtFirstError},
		{"CopyIntoAnOccupiedPlace", place.copyIntoAnOccupiedPlace},
		{"CopyCutShort", place.copyCutShort},
		{"CopyOutOfOrder", place.copyOutOfOrder},
	}
}

// Stock stores something of everything, as of the clock's time.
func Stock(tb testing.TB, s store.Store, now time.Time) {
	tb.Helper()
	clock := newClock()
	clock.now = now
	newTrial(tb, s, clock).stock()
}

// stock stores something of everything.
func (c trial) stock() {
	c.t.Helper()
	value, gone := store.ID{Persistence: "profile", Entity: "1"}, store.ID{Persistence: "profile", Entity: "gone"}
	deleted, never := store.ID{Persistence: "cart", Entity: "deleted"}, store.ID{Persistence: "cart", Entity: "never"}
	b := batch(0, "a", "b")
	b.Events[1].Time = c.clock.time()
	b.Snapshot, b.Beside = snapshot(1, "a"), c.answer("k")
	b.Beside.Effects = []store.Effect{c.effect("4")}
	c.add(cartID(), b)
	c.add(deleted, batch(0, "x", "y"))
	c.add(store.ID{Persistence: "cart\x00", Entity: "\xff"}, batch(0, "odd"))
	c.add(cartID(), batch(2, "c"))
	c.add(deleted, store.Batch{Expected: 2, Delete: &entity.Delete{Retention: time.Minute}, Events: events(3, "z")})
	c.add(never, store.Batch{Delete: &entity.Delete{}})
	change := update(0, "value")
	change.ExpireAfter, change.Beside = time.Hour, c.answer("k\x00")
	change.Beside.Effects = []store.Effect{c.effect("1"), c.effect("2"), c.effect("3")}
	c.put(value, change)
	c.put(gone, update(0, "value"))
	c.put(gone, store.Change{Expected: 1, Actions: 2})
	c.save("node", store.Replica{ID: value, State: []byte("copy")}, store.Replica{ID: gone, State: []byte{}})
	c.save("other\x00", store.Replica{ID: value, State: []byte("\x00\xff")})
	parking := &store.Parking{At: c.clock.time(), Attempts: 3, Code: -5, Text: "why"}
	if err := errors.Join(
		c.store.Kind(c.t.Context(), "cart", "one kind"),
		c.store.Kind(c.t.Context(), "profile", ""),
		c.store.Park(c.t.Context(), value, "2", parking),
		c.store.Delivered(c.t.Context(), value, "3"),
	); err != nil {
		c.t.Fatal(err)
	}
}

// Items returns what the store exports, a line for each, sorted; and where it starts.
func Items(tb testing.TB, s store.Exporter) (start store.Start, lines []string) {
	tb.Helper()
	start, lines, err := items(tb.Context(), s)
	if err != nil {
		tb.Fatalf("Export: %v", err)
	}
	return start, lines
}

func items(ctx context.Context, s store.Exporter) (start store.Start, lines []string, err error) {
	var order store.Order
	err = s.Export(ctx, true, func(item store.Item) error {
		if begins, is := item.(store.Start); is {
			start = begins
		} else {
			lines = append(lines, line(item))
		}
		return order.Next(item)
	})
	slices.Sort(lines)
	return start, lines, err
}

// line tells items apart.
func line(item store.Item) string {
	switch item := item.(type) {
	case store.EventItem:
		return fmt.Sprintf("event %q at %d: %s", item.ID, item.Offset, describe(item.Event))
	case store.SnapshotItem:
		return fmt.Sprintf("snapshot %q at %d: %s", item.ID, item.Snapshot.Sequence, short(item.Snapshot.State))
	case store.PurgeItem:
		return fmt.Sprintf("purge %q at %d", item.ID, item.At.UnixMilli())
	case store.ValueItem:
		value := "none"
		if item.Value.Value != nil {
			value = short(item.Value.Value)
		}
		return fmt.Sprintf("value %q at %d until %d: %s", item.ID, item.Value.Revision, item.Value.Ends.UnixMilli(), value)
	case store.RecordItem:
		r := item.Record
		return fmt.Sprintf("record %q %q %q %x %q until %d", item.ID, r.Key, r.Command, r.Digest, r.Answer, r.Expires.UnixMilli())
	case store.EffectItem:
		e, parked := item.Effect, "no"
		if p := e.Parked; p != nil {
			parked = fmt.Sprint(p.At.UnixMilli(), p.Attempts, p.Code, p.Text)
		}
		return fmt.Sprintf("effect %q of %q, %q, at %d, parked %s", e.ID, e.Source, e.Body, e.Stored.UnixMilli(), parked)
	default:
		return fmt.Sprintf("%T %q", item, item)
	}
}

// to copies the place to another, and returns that.
func (p place) to(s store.Exporter) place {
	p.t.Helper()
	copied := place{t: p.t, backend: p.backend, dir: p.t.TempDir(), clock: p.clock}
	err := p.backend.Import(p.t.Context(), copied.dir, p.clock.time, func(put func(store.Item) error) error {
		return s.Export(p.t.Context(), false, put)
	})
	if err != nil {
		p.t.Fatalf("Import: %v", err)
	}
	return copied
}

func (p place) copyOfNothing() {
	c := p.open()
	_, lines := Items(p.t, c.store)
	if len(lines) > 0 {
		p.t.Errorf("an empty store has %q", lines)
	}
	copied := p.to(c.store).open()
	copied.expect(cartID(), history{})
	copied.add(cartID(), batch(0, "a"))
	copied.expectLog("cart", copied.log("cart"), map[string][]entity.Event{"1": events(1, "a")})
}

func (p place) copyIsTheSame() {
	c := p.open()
	c.stock()
	_, want := Items(p.t, c.store)
	if len(want) != 24 {
		p.t.Errorf("there are %d items:\n%s", len(want), strings.Join(want, "\n"))
	}
	copied := p.to(c.store).open()
	if _, got := Items(p.t, copied.store); !slices.Equal(got, want) {
		p.t.Errorf("the copy has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	value := store.ID{Persistence: "profile", Entity: "1"}
	copied.expect(cartID(), history{Snapshot: snapshot(1, "a"), Events: c.tail(cartID())})
	copied.expectValue(value, store.Value{Revision: 1, Value: state("value"), Ends: c.clock.time().Add(time.Hour)})
	copied.expectValue(store.ID{Persistence: "profile", Entity: "gone"}, store.Value{Revision: 3})
	copied.expectReplica(value, "copy", "\x00\xff")
	record := c.record("k")
	copied.expectRecord(cartID(), "k", &record)
	copied.expect(store.ID{Persistence: "cart", Entity: "deleted"}, history{Last: 3, Deleted: true})
	copied.expect(store.ID{Persistence: "cart", Entity: "never"}, history{Deleted: true})
	if kind, err := copied.store.Stored(p.t.Context(), "cart"); kind != "one kind" || err != nil {
		p.t.Errorf("Stored() = %q, %v", kind, err)
	}
	if got, want := copied.log("cart"), c.log("cart"); !slices.EqualFunc(got, want, sameEntry) {
		p.t.Errorf("the log is %v, want %v", got, want)
	}
}

// tail returns the events that a Load passes on.
func (c trial) tail(id store.ID) []entity.Event {
	h, err := read(c.t.Context(), c.store, id)
	if err != nil {
		c.t.Fatal(err)
	}
	return h.Events
}

func sameEntry(a, b store.Entry) bool {
	return a.Offset == b.Offset && a.Entity == b.Entity && sameEvent(a.Event, b.Event)
}

// copyGoesOn: whoever wrote the first place cannot write the second, a reader of the log
// goes on in the second where it was in the first, though that has gone on since, and
// what has its time there goes.
func (p place) copyGoesOn() {
	c := p.open()
	c.stock()
	second := p.to(c.store)
	for range 40 { // openings, or claims, of which the copy knows nothing
		c.takeover(c.again(), c.fence)
	}
	c.add(store.ID{Persistence: "cart", Entity: "later"}, store.Batch{Fence: c.fenceNow(), Events: events(1, "lost")})
	_, after := c.logAfter("cart", 0, 100)
	old := c.fenceNow()

	copied := second.open()
	if copied.fence.Epoch <= old.Epoch {
		p.t.Errorf("the epoch of the copy is %d, and that of the other %d", copied.fence.Epoch, old.Epoch)
	}
	b := batch(3, "refused")
	b.Fence = old
	if err := copied.store.Append(p.t.Context(), cartID(), b); !errors.Is(err, store.ErrFenced) {
		p.t.Errorf("an old right writes: %v", err)
	}
	copied.add(cartID(), batch(3, "d"))
	entries, _ := copied.logAfter("cart", after, 100)
	copied.expectLog("cart", entries, map[string][]entity.Event{"1": events(4, "d")})

	copied.sweepAt(time.Hour)
	copied.expectValue(store.ID{Persistence: "profile", Entity: "1"}, store.Value{Revision: 1})
	copied.expectRecord(cartID(), "k", nil)
	log := map[string][]entity.Event{}
	for _, entry := range copied.log("cart") {
		log[entry.Entity] = append(log[entry.Entity], entry.Event)
	}
	if len(log) != 1 || len(log["1"]) != 4 {
		p.t.Errorf("the log has %v, want what is not deleted", log)
	}
	_, lines := Items(p.t, copied.store)
	if swept := strings.Join(lines, "\n"); strings.Contains(swept, "record") || strings.Contains(swept, "purge") {
		p.t.Errorf("after a sweep there is\n%s", swept)
	}
}

// again joins under the trial's name.
func (c trial) again() store.Node {
	node := c.clock.node("tester")
	c.join(node, long)
	return node
}

// fenceNow returns the newest right to the trial's shard.
func (c trial) fenceNow() store.Fence {
	return c.claim(c.again(), shard)
}

// copyOfACopy: a place that was filled can be copied, and has room above it again.
func (p place) copyOfACopy() {
	c := p.open()
	c.stock()
	first, want := Items(p.t, c.store)
	for range 3 {
		c = p.to(c.store).open()
		start, got := Items(p.t, c.store)
		if !slices.Equal(got, want) {
			p.t.Fatalf("the copy has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if start.Offset < first.Offset+store.OffsetRoom || start.Epoch < first.Epoch+store.EpochRoom {
			p.t.Errorf("the copy starts at %v after %v", start, first)
		}
		first = start
	}
}

// copyOfWhatGoes: of a deleted entity whose events are swept away bit by bit, what is
// left makes a copy at any time.
func (p place) copyOfWhatGoes() {
	c := p.open()
	id, many := store.ID{Persistence: "cart", Entity: "many"}, make([]string, 2500)
	c.add(id, batch(0, many...))
	c.add(id, store.Batch{Expected: int64(len(many)), Delete: &entity.Delete{}})
	for more := true; more; {
		var err error
		if more, err = c.store.Sweep(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
		copied := p.to(c.store).open()
		copied.expect(id, history{Last: int64(len(many)), Deleted: true})
		copied.sweep()
		copied.expectLog("cart", copied.log("cart"), nil)
	}
}

// copyUnderLoad copies while writers write. The copy has of each entity all that was
// acknowledged before it began, and nothing behind a gap.
func (p place) copyUnderLoad() {
	c := p.open()
	const entities, rounds = 16, 60
	id := func(i int) store.ID { return store.ID{Persistence: "cart", Entity: strconv.Itoa(i)} }
	var mu sync.Mutex
	acknowledged := map[int]int64{}
	half := make(chan struct{})
	var work []func() error
	for i := range entities {
		work = append(work, func() error {
			for n := range int64(rounds) {
				b := batch(n, fmt.Sprint("event ", n))
				b.Beside.Records = []store.Record{c.record(strconv.FormatInt(n, 10))}
				if err := c.append(p.t.Context(), id(i), b); err != nil {
					return err
				}
				mu.Lock()
				acknowledged[i] = n + 1
				mu.Unlock()
				if i == 0 && n == rounds/2 {
					close(half)
				}
			}
			return nil
		})
	}
	var copied place
	before := map[int]int64{}
	work = append(work, func() error {
		<-half
		mu.Lock()
		maps.Copy(before, acknowledged)
		mu.Unlock()
		copied = p.to(c.store)
		return nil
	})
	c.together(work)
	d := copied.open()
	for i := range entities {
		h, err := read(p.t.Context(), d.store, id(i))
		if err != nil {
			p.t.Fatal(err)
		}
		if h.last() < before[i] {
			p.t.Errorf("the copy of %v ends at %d, and %d were acknowledged before it", id(i), h.last(), before[i])
		}
		for n := range h.last() {
			record := d.record(strconv.FormatInt(n, 10))
			d.expectRecord(id(i), record.Key, &record)
		}
		d.expectRecord(id(i), strconv.FormatInt(h.last(), 10), nil)
	}
}

func (p place) copyStopsAtFirstError() {
	c := p.open()
	c.stock()
	stop := errors.New("stop")
	_, all := Items(p.t, c.store)
	for allowed := range all {
		calls := 0
		err := c.store.Export(p.t.Context(), allowed%2 == 0, func(store.Item) error {
			if calls++; calls > allowed {
				return stop
			}
			return nil
		})
		if err != stop || calls != allowed+1 { //nolint:errorlint // the contract is: unchanged
			p.t.Errorf("Export = %v after %d calls, want the error of call %d", err, calls, allowed+1)
		}
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	calls := 0
	err := c.store.Export(ctx, false, func(store.Item) error { calls++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || calls != 1 {
		p.t.Errorf("Export = %v after %d calls, want that the context has ended", err, calls)
	}
}

// copyIntoAnOccupiedPlace: nothing of it is changed.
func (p place) copyIntoAnOccupiedPlace() {
	if !p.backend.Durable {
		return // there is no place
	}
	c := p.open()
	c.stock()
	_, want := Items(p.t, c.store)
	fill := func(func(store.Item) error) error {
		p.t.Error("it is asked for items")
		return nil
	}
	for range 2 {
		if err := p.backend.Import(p.t.Context(), p.dir, p.clock.time, fill); !errors.Is(err, store.ErrOccupied) {
			p.t.Errorf("Import = %v, want ErrOccupied", err)
		}
		p.close(c)
		c = p.open()
		if _, got := Items(p.t, c.store); !slices.Equal(got, want) {
			p.t.Errorf("there is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// copyCutShort: nothing is left, and the place can be filled again.
func (p place) copyCutShort() {
	c := p.open()
	c.stock()
	second, stop := p.t.TempDir(), errors.New("stop")
	for _, allowed := range []int{0, 1, 20} {
		err := p.backend.Import(p.t.Context(), second, p.clock.time, func(put func(store.Item) error) error {
			return c.store.Export(p.t.Context(), false, func(item store.Item) error {
				if allowed--; allowed < 0 {
					return stop
				}
				return put(item)
			})
		})
		if !errors.Is(err, stop) {
			p.t.Fatalf("Import = %v, want what cut it short", err)
		}
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	err := p.backend.Import(ctx, second, p.clock.time, func(put func(store.Item) error) error {
		cancel()
		return c.store.Export(p.t.Context(), false, put)
	})
	if !errors.Is(err, context.Canceled) {
		p.t.Fatalf("Import = %v, want that the context has ended", err)
	}
	d := place{t: p.t, backend: p.backend, dir: second, clock: p.clock}.open()
	if _, got := Items(p.t, d.store); len(got) > 0 {
		p.t.Errorf("there is\n%s", strings.Join(got, "\n"))
	}
}

// copyOutOfOrder: what no store exports, none takes.
func (p place) copyOutOfOrder() {
	one := func(sequence, offset int64) store.Item {
		return store.EventItem{ID: cartID(), Offset: offset, Event: entity.Event{Sequence: sequence, Payload: event("a")}}
	}
	other := store.KindItem{Persistence: "cart", Kind: "kind"}
	start, dir := store.Start{Epoch: 1, Offset: 100}, p.t.TempDir()
	for name, all := range map[string][]store.Item{
		"no start":          {other},
		"two starts":        {start, start},
		"negative start":    {store.Start{Epoch: -1}},
		"no room":           {store.Start{Offset: 1<<63 - 1}},
		"gap":               {start, one(1, 1), one(3, 2)},
		"not the first":     {start, one(2, 1)},
		"offset twice":      {start, one(1, 1), one(2, 1)},
		"offset too great":  {start, one(1, 101)},
		"offset 0":          {start, one(1, 0)},
		"entity twice":      {start, one(1, 1), other, store.EventItem{ID: store.ID{Entity: "2"}, Offset: 2, Event: entity.Event{Sequence: 1}}, one(1, 3)},
		"snapshot of none":  {start, store.SnapshotItem{ID: cartID(), Snapshot: *snapshot(1, "a")}},
		"snapshot at 0":     {start, one(1, 1), store.SnapshotItem{ID: cartID(), Snapshot: *snapshot(0, "a")}},
		"deleted too early": {start, one(1, 1), store.DeletionItem{ID: cartID()}},
		"purge at none":     {start, store.DeletionItem{ID: cartID()}, store.PurgeItem{ID: cartID()}},
		"value at 0":        {start, store.ValueItem{ID: cartID()}},
		"no key":            {start, store.RecordItem{ID: cartID()}},
		"no effect":         {start, store.EffectItem{}},
		"damage":            {start, store.DamageItem{Of: "it"}},
	} {
		err := p.backend.Import(p.t.Context(), dir, p.clock.time, func(put func(store.Item) error) error {
			for _, item := range all {
				if err := put(item); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			p.t.Errorf("%s: Import = nil, want an error", name)
		}
	}
}
