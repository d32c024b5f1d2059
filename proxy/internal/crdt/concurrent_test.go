package crdt_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

// pair are two proxies, whose functions have been shown the same; what both do then
// happens at once.
type pair struct {
	tb   testing.TB
	a, b *crdt.State
}

// both returns a pair that has been shown what replica C made by the updates, and what
// A and B made: A's come before B's.
func both(tb testing.TB, before ...*replicatedv1.Delta) *pair {
	tb.Helper()
	start := &crdt.State{}
	for _, update := range before {
		apply(tb, start, "C", update)
	}
	return &pair{tb, start.Clone(), start.Clone()}
}

func apply(tb testing.TB, state *crdt.State, replica string, update *replicatedv1.Delta) *crdt.State {
	tb.Helper()
	change, err := state.Apply(update, crdt.Author{Replica: replica, Now: 100, Maps: true})
	if err != nil {
		tb.Fatal(err)
	}
	return change
}

// does lets one of the two, "A" or "B", make updates one after another.
func (p *pair) does(who string, updates ...*replicatedv1.Delta) *pair {
	p.tb.Helper()
	for _, update := range updates {
		apply(p.tb, map[string]*crdt.State{"A": p.a, "B": p.b}[who], who, update)
	}
	return p
}

// meet lets each learn of the other, and returns the value that both then have.
func (p *pair) meet() string {
	p.tb.Helper()
	a := p.a.Clone()
	p.a.Merge(p.b)
	p.b.Merge(a)
	if string(p.a.Encode()) != string(p.b.Encode()) {
		p.tb.Error("two that have met hold different states")
	}
	return show(p.a.Value(crdt.View{Self: "A", Members: []string{"A", "B", "C"}}))
}

// show writes a value for people.
func show(value *crdt.Value) string {
	switch value.Type {
	case crdt.GCounter:
		return strconv.FormatUint(value.Number, 10)
	case crdt.PNCounter:
		return strconv.FormatInt(int64(value.Number), 10)
	case crdt.GSet, crdt.ORSet:
		return "[" + strings.Join(keys(value.Elements), " ") + "]"
	case crdt.LWWRegister:
		return value.Register.Bytes
	case crdt.Flag:
		return strconv.FormatBool(value.Set)
	case crdt.Vote:
		return fmt.Sprintf("%t %d/%d", value.Self, value.For, value.Voters)
	case crdt.Unset:
		return "unset"
	default:
		var entries []string
		for _, key := range keys(value.Entries) {
			entries = append(entries, key+":"+show(value.Entries[payload(text(key))]))
		}
		return "{" + strings.Join(entries, " ") + "}"
	}
}

func keys[V any](m map[crdt.Payload]V) []string {
	var all []string
	for key := range maps.Keys(m) {
		all = append(all, key.Bytes)
	}
	slices.Sort(all)
	return all
}

type (
	list  = []*anypb.Any
	lines = []*replicatedv1.ORMapEntryDelta
)

func add(names ...string) *replicatedv1.Delta {
	return orset(&replicatedv1.ORSetDelta{Added: texts(names)})
}

func remove(names ...string) *replicatedv1.Delta {
	return orset(&replicatedv1.ORSetDelta{Removed: texts(names)})
}

func texts(names []string) list {
	var all list
	for _, name := range names {
		all = append(all, text(name))
	}
	return all
}

func updated(key string, delta *replicatedv1.Delta) *replicatedv1.Delta {
	return ormap(&replicatedv1.ORMapDelta{Updated: lines{entry(key, delta)}})
}

func added(key string, delta *replicatedv1.Delta) *replicatedv1.Delta {
	return ormap(&replicatedv1.ORMapDelta{Added: lines{entry(key, delta)}})
}

func gone(key string) *replicatedv1.Delta {
	return ormap(&replicatedv1.ORMapDelta{Removed: list{text(key)}})
}

func custom(value string, time int64) *replicatedv1.Delta {
	return register(text(value), replicatedv1.Clock_CLOCK_CUSTOM, time)
}

// The tables of failures, and of what happens at once on two proxies (REP-MERGE-001, REP-ORSET-007, REP-ORSET-009,
// REP-MAP-009 to REP-MAP-013, REP-LWW-007, REP-LWW-009, REP-TYPE-003, REP-DEL-003).
func TestAtOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		before, a, b []*replicatedv1.Delta
		want         string
	}{
		"two increments":                          {nil, ds(gcounter(2)), ds(gcounter(3)), "5"},
		"two changes":                             {nil, ds(pncounter(2)), ds(pncounter(-3)), "-1"},
		"counters beyond their range":             {nil, ds(gcounter(math.MaxUint64)), ds(gcounter(3)), "2"},
		"changes beyond their range":              {nil, ds(pncounter(math.MaxInt64)), ds(pncounter(2)), "-9223372036854775807"},
		"an element added twice":                  {nil, ds(add("x")), ds(add("x")), "[x]"},
		"an element added anew, and removed":      {ds(add("x")), ds(add("x")), ds(remove("x")), "[x]"},
		"an element added elsewhere, and removed": {nil, ds(add("x")), ds(add("x"), remove("x")), "[x]"},
		"an element removed twice":                {ds(add("x", "y")), ds(remove("x")), ds(remove("x")), "[y]"},
		"a set cleared, and an element added":     {ds(add("x")), ds(orset(&replicatedv1.ORSetDelta{Cleared: true})), ds(add("y")), "[y]"},
		"an element removed and added, and removed": {
			ds(add("x")), ds(orset(&replicatedv1.ORSetDelta{Removed: texts([]string{"x"}), Added: texts([]string{"x"})})), ds(remove("x")), "[x]",
		},
		"two writes":             {nil, ds(custom("tea", 3)), ds(custom("mate", 2)), "tea"},
		"two writes of one time": {nil, ds(custom("mate", 3)), ds(custom("tea", 3)), "tea"},
		"two writes, of which the longer is greater":    {nil, ds(custom("tea", 3)), ds(custom("tea ", 3)), "tea "},
		"a write that has seen a greater time":          {ds(custom("tea", 9)), ds(register(text("mate"), 0, 0)), ds(custom("rum", 9)), "mate"},
		"a flag set twice":                              {nil, ds(flagged(true)), ds(flagged(true)), "true"},
		"an entry removed, and its value changed":       {ds(added("k", add("x"))), ds(gone("k")), ds(updated("k", add("y"))), "{k:[y]}"},
		"an entry added twice with one type":            {nil, ds(added("k", add("x"))), ds(added("k", add("y"))), "{k:[x y]}"},
		"an entry added with two types":                 {nil, ds(added("k", add("x"))), ds(added("k", gcounter(2))), "{k:2}"},
		"an entity created with one type":               {nil, ds(gset(text("x"))), ds(gset(text("y"))), "[x y]"},
		"an entity created with two types":              {nil, ds(add("x")), ds(gset()), "[]"},
		"an entity created empty with two types":        {nil, ds(flagged(false)), ds(pncounter(0)), "0"},
		"a register removed, and written to":            {ds(added("k", custom("tea", 1))), ds(gone("k")), ds(updated("k", custom("mate", 2))), "{k:mate}"},
		"a register added again, and written to before": {ds(added("k", custom("tea", 9))), ds(gone("k"), added("k", custom("rum", 1))), ds(updated("k", custom("mate", 12))), "{k:mate}"},
		"a register added again, and written to":        {ds(added("k", custom("tea", 9))), ds(gone("k"), added("k", custom("rum", 20))), ds(updated("k", custom("mate", 12))), "{k:rum}"},
		"a set removed, and added to":                   {ds(added("k", add("x"))), ds(gone("k")), ds(updated("k", add("y"))), "{k:[y]}"},
		"a set added again, and added to":               {ds(added("k", add("x"))), ds(gone("k"), added("k", add("z"))), ds(updated("k", add("y"))), "{k:[y z]}"},
		"an element removed, and added by a later command": {
			ds(added("k", add("x"))), ds(updated("k", remove("x"))), ds(updated("k", remove("x")), updated("k", add("x"))), "{k:[x]}",
		},
		"a set emptied, and removed":                 {ds(added("k", add("x"))), ds(updated("k", remove("x"))), ds(gone("k")), "{k:[]}"},
		"a write that is dropped, and a remove":      {ds(added("k", custom("tea", 9))), ds(updated("k", custom("mate", 3))), ds(gone("k")), "{}"},
		"a key removed twice":                        {ds(added("k", gcounter(1))), ds(gone("k")), ds(gone("k")), "{}"},
		"a map cleared, and an entry changed":        {ds(added("k", add("x")), added("l", add("x"))), ds(ormap(&replicatedv1.ORMapDelta{Cleared: true})), ds(updated("k", add("y"))), "{k:[y]}"},
		"a counter added twice":                      {nil, ds(added("k", gcounter(1))), ds(added("k", gcounter(2))), "{k:3}"},
		"a register added twice":                     {nil, ds(added("k", custom("tea", 1))), ds(added("k", custom("mate", 2))), "{k:mate}"},
		"a nested map removed, and changed":          {ds(added("k", added("l", gcounter(1)))), ds(gone("k")), ds(updated("k", added("m", gcounter(2)))), "{k:{m:2}}"},
		"a nested map emptied, and removed":          {ds(added("k", added("l", gcounter(1)))), ds(updated("k", gone("l"))), ds(gone("k")), "{k:{}}"},
		"a vote":                                     {ds(vote(true)), ds(vote(true)), ds(vote(false)), "true 2/3"},
		"a flag in a map, removed and set":           {ds(added("k", flagged(false))), ds(updated("k", flagged(true))), ds(gone("k")), "{k:true}"},
		"a flag in a map, set before, and set again": {ds(added("k", flagged(true))), ds(updated("k", flagged(true))), ds(gone("k")), "{k:true}"},
	} {
		if got := both(t, row.before...).does("A", row.a...).does("B", row.b...).meet(); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
		if got := both(t, row.before...).does("B", row.b...).does("A", row.a...).meet(); got != row.want {
			t.Errorf("%s, the other way about: %s, want %s", name, got, row.want)
		}
	}
}

func ds(deltas ...*replicatedv1.Delta) []*replicatedv1.Delta { return deltas }

// REP-MAP-011: a part of a counter goes whole, or not at all.
func TestWholeParts(t *testing.T) {
	t.Parallel()
	p := both(t, added("k", gcounter(3)))
	p.does("B", updated("k", gcounter(4)))
	p.meet()
	if got := p.does("A", gone("k")).does("B", updated("k", gcounter(2))).meet(); got != "{k:6}" {
		t.Errorf("the other's whole part is 6, and there is %s", got)
	}
	p = both(t)
	p.does("B", added("k", pncounter(5)))
	p.meet()
	if got := p.does("A", gone("k")).does("B", updated("k", pncounter(0))).meet(); got != "{k:5}" {
		t.Errorf("a change that comes to nothing keeps 5, and there is %s", got)
	}
	p.does("A", gone("k"))
	p.meet()
	if got := p.does("B", added("k", pncounter(1))).meet(); got != "{k:1}" {
		t.Errorf("what was removed does not come back: %s", got)
	}
}

// REP-MAP-013: an entry of two types has the value of the lower one, and that of the
// other once the first is gone.
func TestHiddenType(t *testing.T) {
	t.Parallel()
	p := both(t).does("A", added("k", add("x"))).does("B", added("k", gcounter(2)))
	before := p.b.Clone()
	if got := p.meet(); got != "{k:2}" {
		t.Fatalf("of two types %s is the value", got)
	}
	// B had not been shown the set when it removed the counter.
	change := apply(t, before, "B", gone("k"))
	p.a.Merge(change)
	p.b.Merge(change)
	if got := p.meet(); got != "{k:[x]}" {
		t.Errorf("once the counter is gone there is %s", got)
	}
	// A has been shown whatever is hidden.
	p = both(t).does("A", added("k", add("x"))).does("B", added("k", gcounter(2)))
	p.meet()
	if got := p.does("A", gone("k")).meet(); got != "{}" {
		t.Errorf("a remove of both leaves %s", got)
	}
}

// REP-DEL-003: deleted wins over whatever was done before, at once or later.
func TestDeletedWins(t *testing.T) {
	t.Parallel()
	p := both(t, gcounter(5)).does("B", gcounter(1))
	change := p.a.Delete()
	p.b.Merge(change)
	later := both(t, gcounter(7)).a
	p.b.Merge(later)
	later.Merge(p.b)
	for _, state := range []*crdt.State{p.a, p.b, later, change} {
		if !state.Deleted() || state.Type() != crdt.Unset || show(state.Value(crdt.View{})) != "unset" {
			t.Errorf("a deleted entity has the value %s", show(state.Value(crdt.View{})))
		}
	}
}

// REP-VOTE-005, REP-VOTE-007: who is no member counts in neither number, and one that
// has started again has not voted.
func TestVote(t *testing.T) {
	t.Parallel()
	state := &crdt.State{}
	apply(t, state, "A", &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{SelfVote: true, VotesFor: 9, TotalVoters: 9}}})
	apply(t, state, "B", vote(true))
	apply(t, state, "B", vote(false))
	apply(t, state, "B", vote(true))
	apply(t, state, "C", vote(false))
	for view, want := range map[*crdt.View]string{
		{Self: "A", Members: []string{"A", "B", "C"}}:  "true 2/3",
		{Self: "C", Members: []string{"B", "C"}}:       "false 1/2",
		{Self: "A2", Members: []string{"A2", "B"}}:     "false 1/2",
		{Self: "D", Members: []string{"D"}}:            "false 0/1",
		{Self: "B", Members: []string{"A", "B", "A2"}}: "true 2/3",
	} {
		if got := show(state.Value(*view)); got != want {
			t.Errorf("%+v sees %s, want %s", *view, got, want)
		}
	}
	if apply(t, state, "B", vote(true)).Changes() {
		t.Error("a vote that is this proxy's vote already is a change (REP-VOTE-004)")
	}
}

// The table of REP-LWW-005: what the time of a write is, by its clock, and when it is
// dropped (REP-LWW-006).
func TestClocks(t *testing.T) {
	t.Parallel()
	const (
		standard = replicatedv1.Clock_CLOCK_DEFAULT
		reverse  = replicatedv1.Clock_CLOCK_REVERSE
		auto     = replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT
	)
	// Each row: what was shown, the write at system time 100, and a write that was made
	// at once with CLOCK_CUSTOM at the time: the one just below loses, the one just
	// above wins.
	for name, row := range map[string]struct {
		shown []*replicatedv1.Delta
		write *replicatedv1.Delta
		time  int64
	}{
		"default":                     {nil, register(text("m"), standard, 0), 100},
		"unknown is default":          {nil, register(text("m"), 99, 0), 100},
		"default, behind":             {ds(custom("s", 500)), register(text("m"), standard, 0), 501},
		"default, ahead":              {ds(custom("s", 5)), register(text("m"), standard, 0), 100},
		"custom":                      {nil, custom("m", -7), -7},
		"custom, as great":            {ds(custom("s", 7)), custom("m", 7), 7},
		"auto increment, greater":     {ds(custom("s", 7)), register(text("m"), auto, 12), 12},
		"auto increment, not greater": {ds(custom("s", 7)), register(text("m"), auto, 7), 8},
		"auto increment, new":         {nil, register(text("m"), auto, -3), -3},
		"reverse, new":                {nil, register(text("m"), reverse, 0), -100},
		"default, at the end":         {ds(custom("s", math.MaxInt64)), register(text("m"), standard, 0), math.MaxInt64},
	} {
		for offset, want := range map[int64]string{-1: "m", 0: "m", 1: "z"} {
			if row.time == math.MaxInt64 && offset > 0 {
				continue
			}
			other := map[int64]string{-1: "z", 0: "a", 1: "z"}[offset]
			got := both(t, row.shown...).does("A", row.write).does("B", custom(other, row.time+offset)).meet()
			if got != want {
				t.Errorf("%s: beside a write at %d there is %q, want %q", name, row.time+offset, got, want)
			}
		}
	}
	for name, write := range map[string]*replicatedv1.Delta{"custom": custom("m", 4), "reverse": register(text("m"), reverse, 0)} {
		p := both(t, custom("s", 5))
		change := apply(t, p.a, "A", write)
		if change.Changes() || !p.a.Astray() || show(p.a.Value(crdt.View{})) != "s" || show(p.a.Held(crdt.View{})) != "m" {
			t.Errorf("%s: a write with a smaller time is not dropped", name)
		}
		if p.a.Settle(); p.a.Astray() || show(p.a.Held(crdt.View{})) != "s" {
			t.Errorf("%s: the function is not told", name)
		}
	}
	p := both(t, custom("s", math.MinInt64))
	apply(t, p.a, "A", register(text("m"), reverse, 0))
	if show(p.a.Value(crdt.View{})) != "m" {
		t.Error("at the end of the range one less is the same number, which is not smaller")
	}
}
