package crdt_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

// REP-EQ-001: two elements, or keys, are equal when their type URLs and their bytes are,
// and not otherwise; one without a type URL or without bytes is one.
func TestEquality(t *testing.T) {
	t.Parallel()
	state := &crdt.State{}
	elements := []*anypb.Any{
		{TypeUrl: "a/T", Value: []byte("x")},
		{TypeUrl: "b/T", Value: []byte("x")},
		{TypeUrl: "a/T", Value: []byte("y")},
		{TypeUrl: "a/T"},
		{Value: []byte("x")},
		{},
		{TypeUrl: "a/T", Value: []byte("x")},
	}
	apply(t, state, "A", orset(&replicatedv1.ORSetDelta{Added: elements}))
	if n := len(state.Value(crdt.View{}).Elements); n != 6 {
		t.Errorf("%d elements of 6", n)
	}
	apply(t, state, "A", orset(&replicatedv1.ORSetDelta{Removed: []*anypb.Any{{TypeUrl: "c/T", Value: []byte("x")}, elements[0]}}))
	again, err := crdt.Decode(state.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(again.Value(crdt.View{}).Elements); n != 5 {
		t.Errorf("%d elements are left, of 5", n)
	}
}

// REP-LWW-008: the function gets a register's value, and nothing of its clock, at
// whatever depth; of a vote all that there is, and none of it is a
// difference.
func TestWhatDeltasCarry(t *testing.T) {
	t.Parallel()
	state := &crdt.State{}
	apply(t, state, "A", added("k", custom("tea", 9)))
	apply(t, state, "A", added("l", added("m", vote(true))))
	before := state.Value(crdt.View{Self: "A", Members: []string{"A"}})
	apply(t, state, "B", updated("k", custom("mate", 12)))
	apply(t, state, "B", updated("l", updated("m", vote(false))))
	view := crdt.View{Self: "A", Members: []string{"A", "B"}}
	for name, row := range map[string]struct{ got, want *replicatedv1.Delta }{
		"init": {crdt.Difference(&crdt.Value{}, before), ormap(&replicatedv1.ORMapDelta{Added: lines{
			entry("k", register(text("tea"), 0, 0)), entry("l", added("m", voted(true, 1, 1))),
		}})},
		"delta": {crdt.Difference(before, state.Value(view)), ormap(&replicatedv1.ORMapDelta{Updated: lines{
			entry("k", register(text("mate"), 0, 0)), entry("l", updated("m", voted(true, 1, 2))),
		}})},
		"nothing":       {crdt.Difference(before, before), nil},
		"still unset":   {crdt.Difference(&crdt.Value{}, &crdt.Value{}), nil},
		"type alone":    {crdt.Difference(&crdt.Value{}, fresh(crdt.ORMultiMap)), oneType(crdt.ORMultiMap, nil)},
		"type and flag": {crdt.Difference(&crdt.Value{}, fresh(crdt.Flag)), flagged(false)},
	} {
		if !proto.Equal(row.got, row.want) {
			t.Errorf("%s: %v, want %v", name, row.got, row.want)
		}
	}
}

func voted(self bool, votesFor, voters int32) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{
		Vote: &replicatedv1.VoteDelta{SelfVote: self, VotesFor: votesFor, TotalVoters: voters},
	}}
}
