package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// log returns all entries of the persistence id.
func (c trial) log(persistence string) []store.Entry {
	c.t.Helper()
	entries, _ := c.logAfter(persistence, 0, 1_000_000)
	return entries
}

// logAfter returns the entries behind the offset, at most so many, and where to resume.
func (c trial) logAfter(persistence string, after int64, most int) (entries []store.Entry, resume int64) {
	c.t.Helper()
	entries, resume, err := readLog(c.t.Context(), c.store, persistence, after, most)
	if err != nil {
		c.t.Fatal(err)
	}
	return entries, resume
}

// readLog reads what Events passes on. It fails when an offset does not grow, when
// there is more than was asked for, or when one resumes before what was passed on.
func readLog(
	ctx context.Context, log store.EventLog, persistence string, after int64, most int,
) (entries []store.Entry, resume int64, err error) {
	last := after
	resume, err = log.Events(ctx, persistence, after, most, func(entry store.Entry) error {
		if entry.Offset <= last {
			return fmt.Errorf("after the offset %d comes %d", last, entry.Offset)
		}
		last = entry.Offset
		entries = append(entries, entry)
		return nil
	})
	switch {
	case err != nil:
		return nil, after, fmt.Errorf("Events(%q, %d): %w", persistence, after, err)
	case resume < last:
		return nil, after, fmt.Errorf("Events(%q, %d) resumes at %d, and has passed on %d", persistence, after, resume, last)
	case len(entries) > most:
		return nil, after, fmt.Errorf("Events passes on %d entries of at most %d", len(entries), most)
	}
	return entries, resume, nil
}

// expectLog fails the test unless the entries are these events of each entity, those
// of one in their order.
func (c trial) expectLog(persistence string, entries []store.Entry, want map[string][]entity.Event) {
	c.t.Helper()
	got := map[string][]entity.Event{}
	for _, entry := range entries {
		got[entry.Entity] = append(got[entry.Entity], entry.Event)
	}
	if !maps.EqualFunc(got, want, func(a, b []entity.Event) bool { return slices.EqualFunc(a, b, sameEvent) }) {
		c.t.Fatalf("the log of %q has\n%s\nwant\n%s", persistence, listEvents(got), listEvents(want))
	}
}

func listEvents(events map[string][]entity.Event) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(events)) {
		for _, event := range events[key] {
			fmt.Fprintf(&text, "  %q %s\n", key, describe(event))
		}
	}
	return text.String()
}

// logHasEachEvent fills two logs by turns. A snapshot hides nothing of a log.
func (c trial) logHasEachEvent() {
	one, two := store.ID{Persistence: "cart", Entity: "1"}, store.ID{Persistence: "cart", Entity: "2"}
	other := store.ID{Persistence: "cart\x00", Entity: "1"}
	c.add(one, batch(0, "a", "b"))
	c.add(other, batch(0, "x"))
	c.add(two, batch(0, "c"))
	b := batch(2, "d")
	b.Snapshot = snapshot(3, "abd")
	c.add(one, b)
	c.expectLog("cart", c.log("cart"), map[string][]entity.Event{"1": events(1, "a", "b", "d"), "2": events(1, "c")})
	c.expectLog("cart\x00", c.log("cart\x00"), map[string][]entity.Event{"1": events(1, "x")})
	c.expectLog("car", c.log("car"), nil)
}

// logResumes reads a log by pages, then what comes later, and from the midst of a page.
func (c trial) logResumes() {
	var want []string
	for i := range int64(5) {
		c.add(cartID(), batch(i, fmt.Sprint("event ", i)))
		want = append(want, fmt.Sprint("event ", i))
	}
	c.add(store.ID{Persistence: "other", Entity: "1"}, batch(0, "x"))
	var got []store.Entry
	after := int64(0)
	for page := range 3 {
		entries, resume := c.logAfter("cart", after, 2)
		if full := min(2, 5-2*page); len(entries) != full {
			c.t.Fatalf("page %d has %d entries, want %d", page, len(entries), full)
		}
		got, after = append(got, entries...), resume
	}
	c.expectLog("cart", got, map[string][]entity.Event{"1": events(1, want...)})

	if entries, resume := c.logAfter("cart", after, 2); len(entries) != 0 || resume < after {
		c.t.Errorf("at the end are %v, and one resumes at %d after %d", entries, resume, after)
	}
	c.add(cartID(), batch(5, "later"))
	entries, _ := c.logAfter("cart", after, 2)
	c.expectLog("cart", entries, map[string][]entity.Event{"1": events(6, "later")})

	entries, _ = c.logAfter("cart", got[2].Offset, 10)
	c.expectLog("cart", entries, map[string][]entity.Event{"1": events(4, "event 3", "event 4", "later")})
}

// logReaderMissesNothing lets readers follow a log while it is written to: each is
// given every event once, whatever the order in which the writes end.
func (c trial) logReaderMissesNothing() {
	const entities, rounds = 24, 8
	want := map[string][]entity.Event{}
	var writing atomic.Int64
	var work []func() error
	for i := range entities {
		id := store.ID{Persistence: "cart", Entity: strconv.Itoa(i)}
		writing.Add(1)
		work = append(work, func() error {
			defer writing.Add(-1)
			for round := range int64(rounds) {
				if err := c.append(c.t.Context(), id, batch(round*2, "x", "y")); err != nil {
					return err
				}
			}
			return nil
		})
		for range rounds {
			n := int64(len(want[id.Entity]))
			want[id.Entity] = append(want[id.Entity], events(n+1, "x", "y")...)
		}
	}
	followed := make([][]store.Entry, 3)
	for reader := range followed {
		work = append(work, func() error {
			after := int64(0)
			for {
				over := writing.Load() == 0 // before the read: then nothing comes after it
				entries, resume, err := readLog(c.t.Context(), c.store, "cart", after, 7)
				if err != nil || over && len(entries) == 0 {
					return err
				}
				followed[reader], after = append(followed[reader], entries...), resume
			}
		})
	}
	c.together(work)
	for _, entries := range followed {
		c.expectLog("cart", entries, want)
	}
}
