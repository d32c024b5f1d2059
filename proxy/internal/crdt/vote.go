package crdt

import (
	"iter"
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// vote is a Vote: of each replica one change, which says whether it is for.
type vote struct {
	parts marks[bool]
	// fresh says that the function has made the vote, and has not been told yet how
	// many members there are: it counts itself alone.
	fresh bool
}

// View says who looks at a value, since a vote reads otherwise on each node.
type View struct {
	// Self is the replica whose function is shown the value.
	Self string
	// Members are the replicas of the living proxies, Self among them.
	Members []string
}

func (*vote) kind() Type { return Vote }

func (v *vote) merge(other store, seen, theirs *Context) {
	v.parts = v.parts.merge(as[*vote](other).parts, seen, theirs, func(a, b bool) bool { return a || b })
}

func (v *vote) dots() iter.Seq[Dot] { return each(v.parts) }

// apply reads the function's own vote, and nothing else of the delta
// (REP-VOTE-005).
func (v *vote) apply(e *edit, delta *replicatedv1.Delta, change store) error {
	self := delta.GetVote().GetSelfVote()
	if e.created {
		v.fresh, *e.astray = true, true
	}
	was, voted := v.parts.newest(e.by.Replica)
	if !e.inMap() && (voted && was == self || !voted && !self) {
		return nil // REP-VOTE-004
	}
	made := as[*vote](change)
	v.parts, made.parts = renew(e, v.parts, made.parts, e.own, self)
	return nil
}

// value counts the members that are for: one that has gone counts no more, and one
// that has started again is another replica, which has not voted (REP-VOTE-006,
// REP-VOTE-007).
func (v *vote) value(view View, held bool) *Value {
	members := view.Members
	if held && v.fresh {
		members = []string{view.Self}
	}
	self, _ := v.parts.newest(view.Self)
	value := &Value{Type: Vote, Self: self, Voters: int32(len(members))}
	for _, member := range members {
		if isFor, _ := v.parts.newest(member); isFor {
			value.For++
		}
	}
	return value
}

func (v *vote) settle() { v.fresh = false }

func (v *vote) clone() store { return &vote{slices.Clone(v.parts), v.fresh} }
