package crdt_test

import (
	"errors"
	"math"
	"testing"

	"google.golang.org/grpc/codes"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

// nested returns a change that nests so many maps.
func nested(depth int) *replicatedv1.Delta {
	delta := ormap(&replicatedv1.ORMapDelta{})
	for range depth - 1 {
		delta = added("k", delta)
	}
	return delta
}

// The table of updates that cannot be applied (REP-UPD-006, REP-TYPE-002, REP-LIMIT-002, REP-LIMIT-003).
func TestRefusals(t *testing.T) {
	t.Parallel()
	counterMap := func(entries ...*replicatedv1.PNCounterMapEntryDelta) *replicatedv1.Delta {
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{Added: entries}}}
	}
	registerMap := func(entries ...*replicatedv1.LWWRegisterMapEntryDelta) *replicatedv1.Delta {
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_LwwregisterMap{LwwregisterMap: &replicatedv1.LWWRegisterMapDelta{Updated: entries}}}
	}
	multiMap := func(entries ...*replicatedv1.ORMultiMapEntryDelta) *replicatedv1.Delta {
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_OrmultiMap{OrmultiMap: &replicatedv1.ORMultiMapDelta{Added: entries}}}
	}
	for name, row := range map[string]struct {
		before, update *replicatedv1.Delta
		code           codes.Code
		requirement    string
	}{
		"no case":                       {nil, &replicatedv1.Delta{}, codes.Internal, "REP-UPD-001"},
		"no delta":                      {nil, nil, codes.Internal, "REP-UPD-001"},
		"no case in an entry":           {nil, added("k", &replicatedv1.Delta{}), codes.Internal, "REP-UPD-001"},
		"no case, deep":                 {nil, added("k", added("l", &replicatedv1.Delta{})), codes.Internal, "REP-UPD-001"},
		"an entry without key":          {nil, ormap(&replicatedv1.ORMapDelta{Added: lines{{Delta: gcounter(1)}}}), codes.Internal, "REP-MAP-001"},
		"an update without key":         {nil, ormap(&replicatedv1.ORMapDelta{Updated: lines{{Delta: gcounter(1)}}}), codes.Internal, "REP-MAP-001"},
		"an entry without delta":        {nil, added("k", nil), codes.Internal, "REP-MAP-001"},
		"a counter without key":         {nil, counterMap(&replicatedv1.PNCounterMapEntryDelta{Change: 1}), codes.Internal, "REP-PNMAP-002"},
		"an entry without register":     {nil, registerMap(&replicatedv1.LWWRegisterMapEntryDelta{Key: text("k")}), codes.Internal, "REP-LWWMAP-002"},
		"a register without value":      {nil, registerMap(&replicatedv1.LWWRegisterMapEntryDelta{Key: text("k"), Register: &replicatedv1.LWWRegisterDelta{}}), codes.Internal, "REP-LWW-001"},
		"an entry without set":          {nil, multiMap(&replicatedv1.ORMultiMapEntryDelta{Key: text("k")}), codes.Internal, "REP-MULTI-002"},
		"a map of one type in an ORMap": {nil, added("k", counterMap()), codes.Internal, "REP-MAP-017"},
		"another type":                  {flagged(true), gcounter(1), codes.Internal, "REP-TYPE-001"},
		"an ORMap of a counter map":     {counterMap(), ormap(&replicatedv1.ORMapDelta{}), codes.Internal, "REP-TYPE-001"},
		"another type of an entry":      {added("k", flagged(true)), updated("k", gcounter(1)), codes.Internal, "REP-TYPE-001"},
		"no value":                      {nil, register(nil, 0, 0), codes.Internal, "REP-LWW-001"},
		"false of a flag that is true":  {flagged(true), flagged(false), codes.Internal, "REP-FLAG-001"},
		"false of an entry":             {added("k", flagged(true)), updated("k", flagged(false)), codes.Internal, "REP-FLAG-001"},
		"beyond a GCounter":             {gcounter(1), gcounter(math.MaxUint64), codes.OutOfRange, "REP-LIMIT-003"},
		"above a PNCounter":             {pncounter(1), pncounter(math.MaxInt64), codes.OutOfRange, "REP-LIMIT-003"},
		"below a PNCounter":             {pncounter(-1), pncounter(math.MinInt64), codes.OutOfRange, "REP-LIMIT-003"},
		"beyond an entry":               {added("k", gcounter(1)), updated("k", gcounter(math.MaxUint64)), codes.OutOfRange, "REP-LIMIT-003"},
		"twice in one list": {
			nil, ormap(&replicatedv1.ORMapDelta{Updated: lines{entry("k", gcounter(1)), entry("k", gcounter(math.MaxUint64))}}),
			codes.OutOfRange, "REP-LIMIT-003",
		},
		"17 maps deep":         {nil, nested(17), codes.ResourceExhausted, "REP-LIMIT-002"},
		"17 maps deep at last": {nested(16), inside(15, nested(2)), codes.ResourceExhausted, "REP-LIMIT-002"},
	} {
		state := &crdt.State{}
		if row.before != nil {
			apply(t, state, "A", row.before)
		}
		_, err := state.Apply(row.update, crdt.Author{Replica: "A", Maps: true})
		refusal, ok := errors.AsType[*crdt.Refusal](err)
		if !ok || refusal.Code != row.code || refusal.Requirement != row.requirement || refusal.Text == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// inside puts the change so many maps deep, where they are.
func inside(depth int, delta *replicatedv1.Delta) *replicatedv1.Delta {
	for range depth {
		delta = updated("k", delta)
	}
	return delta
}

// What is at the end of a range, or as deep as may be, is applied.
func TestWithinLimits(t *testing.T) {
	t.Parallel()
	for name, updates := range map[string][]*replicatedv1.Delta{
		"18446744073709551615": ds(gcounter(1), gcounter(math.MaxUint64-1)),
		"9223372036854775807":  ds(pncounter(-1), pncounter(math.MaxInt64), pncounter(1)),
		"-9223372036854775808": ds(pncounter(math.MaxInt64), pncounter(-math.MaxInt64), pncounter(math.MinInt64)),
		"{k:{k:{k:{k:{k:{k:{k:{k:{k:{k:{k:{k:{k:{k:{k:{}}}}}}}}}}}}}}}}": ds(nested(16)),
	} {
		state := &crdt.State{}
		for _, update := range updates {
			apply(t, state, "A", update)
		}
		if got := show(state.Value(crdt.View{})); got != name {
			t.Errorf("%s, want %s", got, name)
		}
	}
	// What a replica has ever added ranges as far as what it has ever taken.
	state := &crdt.State{}
	for range 2 {
		apply(t, state, "A", pncounter(math.MaxInt64))
		apply(t, state, "A", pncounter(-math.MaxInt64))
	}
	apply(t, state, "A", pncounter(1))
	apply(t, state, "A", pncounter(-1))
	if _, err := state.Apply(pncounter(1), crdt.Author{Replica: "A"}); err == nil {
		t.Error("a replica has added 2^64")
	}
	apply(t, state, "B", pncounter(1))
}

// REP-TYPE-002, REP-UPD-007: an empty update gives an unset entity its type, and is no
// change otherwise.
func TestEmptyUpdates(t *testing.T) {
	t.Parallel()
	for of, update := range map[crdt.Type]*replicatedv1.Delta{
		crdt.GCounter: gcounter(0), crdt.PNCounter: pncounter(0), crdt.GSet: gset(), crdt.ORSet: add(), crdt.Flag: flagged(false),
		crdt.ORMap: ormap(&replicatedv1.ORMapDelta{}), crdt.Vote: vote(false), crdt.ORMultiMap: oneType(crdt.ORMultiMap, nil),
	} {
		state := &crdt.State{}
		other := &crdt.State{}
		other.Merge(apply(t, state, "A", update))
		if state.Type() != of || other.Type() != of {
			t.Errorf("%v gives the type %v here, and %v elsewhere", update, state.Type(), other.Type())
		}
		if apply(t, state, "A", update).Changes() {
			t.Errorf("a second %v is a change", update)
		}
	}
}

// Maps of one type are not spoken of where their capability is not in force.
func TestMapsNeedTheirCapability(t *testing.T) {
	t.Parallel()
	for _, of := range []crdt.Type{crdt.PNCounterMap, crdt.LWWRegisterMap, crdt.ORMultiMap} {
		_, err := (&crdt.State{}).Apply(oneType(of, nil), crdt.Author{Replica: "A"})
		if refusal, ok := errors.AsType[*crdt.Refusal](err); !ok || refusal.Requirement != "DISC-CAP-006" || !of.OfOneType() {
			t.Errorf("%v: %v", of, err)
		}
	}
}

// REP-MERGE-003: what two have made too large, too deep or out of range together is
// merged all the same, and REP-MAP-016: a list that names a key more than once.
func TestRepeatedKeys(t *testing.T) {
	t.Parallel()
	state := &crdt.State{}
	change := apply(t, state, "A", ormap(&replicatedv1.ORMapDelta{
		Updated: lines{entry("k", gcounter(1)), entry("k", gcounter(2))},
		Added:   lines{entry("l", gcounter(9)), entry("l", gcounter(4)), entry("l", add("x"))},
	}))
	other := &crdt.State{}
	other.Merge(change)
	for _, state := range []*crdt.State{state, other} {
		if got := show(state.Value(crdt.View{})); got != "{k:3 l:[x]}" {
			t.Errorf("%s", got)
		}
	}
}
