package storetest

import (
	"fmt"
	"strings"

	"github.com/stateward/stateward/proxy/internal/store"
)

// ids returns ids that a careless encoding would take for one another.
func ids() []store.ID {
	parts := []string{
		"", "a", "b", "aa", "ab", "a/b", "/", "a/", "/a", "a\x00", "\x00", "\x00\x00", "a\x00b", "\x00a",
		"a\x01", "a\xff", "\xff", "\xff\xff", "a\x00\xff", "a\x00\x01", "1", "a:1", "a b", "ä", "a\u0308", "\u8cfc\u7269", "🛒",
		"\xc3\x28", strings.Repeat("long", 500),
	}
	var list []store.ID
	for _, persistence := range parts {
		for _, key := range parts {
			list = append(list, store.ID{Persistence: persistence, Entity: key})
		}
	}
	return list
}

func (c trial) idsNeverMix() {
	// Each third entity has a snapshot, which would show in another that has none.
	var appends []func() error
	var want []history
	for i, id := range ids() {
		payloads := []string{fmt.Sprint("first of ", i), fmt.Sprint("second of ", i)}
		b, h := batch(0, payloads...), history{Events: events(1, payloads...)}
		if i%3 == 0 {
			b.Snapshot = snapshot(2, fmt.Sprint("state of ", i))
			h = history{Snapshot: b.Snapshot}
		}
		appends = append(appends, func() error { return c.append(c.t.Context(), id, b) })
		want = append(want, h)
	}
	c.together(appends)
	for i, id := range ids() {
		c.expect(id, want[i])
	}
}

// idsNeverMixBeside does the same for what is not of a journal. A few ids will do:
// a store makes its keys in one way.
func (c trial) idsNeverMixBeside() {
	var all []store.ID
	for i, id := range ids() {
		if i%5 == 0 {
			all = append(all, id)
		}
	}
	var work []func() error
	for i, id := range all {
		work = append(work, func() error {
			change := update(0, fmt.Sprint("value of ", i))
			change.Beside.Records = []store.Record{c.record(fmt.Sprint("key of ", i)), c.record("same")}
			change.Beside.Records[1].Answer = fmt.Append(nil, "answer of ", i)
			if err := c.write(c.t.Context(), id, change); err != nil {
				return err
			}
			return c.store.Save(c.t.Context(), "node", []store.Replica{{ID: id, State: fmt.Append(nil, "copy of ", i)}})
		})
	}
	c.together(work)
	for i, id := range all {
		c.expectValue(id, store.Value{Revision: 1, Value: state(fmt.Sprint("value of ", i))})
		c.expectReplica(id, fmt.Sprint("copy of ", i))
		same := c.record("same")
		same.Answer = fmt.Append(nil, "answer of ", i)
		c.expectRecord(id, "same", &same)
		c.expectRecord(id, fmt.Sprint("key of ", (i+1)%len(all)), nil)
	}
}
