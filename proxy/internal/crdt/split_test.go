package crdt_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

// REP-TURN-003, REP-INIT-004: a delta that is too large comes in parts, each of which fits; one that
// fits comes whole; and a single thing that does not fit cannot be sent.
func TestSplit(t *testing.T) {
	t.Parallel()
	var names []string
	for n := range 100 {
		names = append(names, fmt.Sprintf("element-%d", n))
	}
	many := &replicatedv1.ORMapDelta{}
	for _, name := range names {
		many.Removed = append(many.Removed, text("old "+name), text("replaced "+name))
		many.Updated = append(many.Updated, entry(name, gcounter(1)))
		many.Added = append(many.Added, entry("new "+name, add(names[:3]...)), entry("replaced "+name, flagged(true)))
	}
	for name, delta := range map[string]*replicatedv1.Delta{
		"a set that grows":           gset(texts(names)...),
		"a set":                      orset(&replicatedv1.ORSetDelta{Cleared: true, Removed: texts(names), Added: texts(names)}),
		"a map":                      ormap(many),
		"one entry":                  added("k", add(names...)),
		"one entry that is there":    updated("k", add(names...)),
		"one entry, deep":            added("k", added("l", gset(texts(names)...))),
		"a map of sets":              oneType(crdt.ORMultiMap, &replicatedv1.ORMapDelta{Added: lines{entry("k", add(names...))}}),
		"a map of registers":         oneType(crdt.LWWRegisterMap, &replicatedv1.ORMapDelta{Added: registers(names)}),
		"a map of counters, cleared": oneType(crdt.PNCounterMap, &replicatedv1.ORMapDelta{Cleared: true, Added: counters(names)}),
	} {
		whole, ok := crdt.Split(delta, proto.Size(delta))
		if !ok || len(whole) != 1 || whole[0] != delta {
			t.Errorf("%s: one that fits comes in %d parts", name, len(whole))
		}
		parts, ok := crdt.Split(delta, 128)
		if !ok || len(parts) < 4 {
			t.Errorf("%s: %d parts", name, len(parts))
		}
		want, got := started(delta), started(delta)
		receive(want, delta)
		for _, part := range parts {
			if size := proto.Size(part); size > 128 {
				t.Errorf("%s: a part of %d bytes", name, size)
			}
			receive(got, part)
		}
		if !same(want, got) {
			t.Errorf("%s: in parts it makes %s, and whole %s", name, show(got), show(want))
		}
		if _, ok := crdt.Split(delta, 16); ok {
			t.Errorf("%s: in parts of 16 bytes", name)
		}
	}
	for _, delta := range ds(register(text("a value that is long"), 0, 0), gcounter(1), vote(true), add("an element that is long")) {
		if _, ok := crdt.Split(delta, 1); ok {
			t.Errorf("%v is split", delta)
		}
	}
}

// started is a value that the delta can be applied to.
func started(delta *replicatedv1.Delta) *crdt.Value {
	value := fresh(crdt.TypeOf(delta))
	for _, entry := range inORMap(delta).GetUpdated() {
		value.Entries[payload(entry.GetKey())] = fresh(crdt.TypeOf(entry.GetDelta()))
	}
	return value
}

func registers(names []string) lines {
	var all lines
	for _, name := range names {
		all = append(all, entry(name, register(text("tea"), 0, 0)))
	}
	return all
}

func counters(names []string) lines {
	var all lines
	for _, name := range names {
		all = append(all, entry(name, pncounter(1)))
	}
	return all
}
