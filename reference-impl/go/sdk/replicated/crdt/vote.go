package crdt

import replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"

// Vote is one vote for each proxy, for or not for.
type Vote struct {
	mine   bool
	votes  int32
	voters int32
	cast   bool // mine is another than at the last commit
}

// NewVote returns a vote that nobody has given: 0 of 1.
func NewVote() *Vote { return &Vote{voters: 1} }

// Mine reports whether this proxy's vote is for.
func (v *Vote) Mine() bool { return v.mine }

// For returns how many proxies vote for.
func (v *Vote) For() int { return int(v.votes) }

// Voters returns how many proxies there are, at least 1.
func (v *Vote) Voters() int { return int(v.voters) }

// Cast gives this proxy's vote, or withdraws it, and counts it (REP-VOTE-003).
func (v *Vote) Cast(approve bool) {
	if approve == v.mine {
		return
	}
	v.mine, v.cast = approve, !v.cast
	if approve {
		v.votes++
	} else {
		v.votes--
	}
}

// Apply takes all three fields, of which none is a difference (REP-VOTE-002).
func (v *Vote) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Vote)
	if !ok {
		return false, wrongType(delta, "Vote")
	}
	is := Vote{
		mine:   received.Vote.GetSelfVote(),
		votes:  received.Vote.GetVotesFor(),
		voters: received.Vote.GetTotalVoters(),
	}
	changed, *v = *v != is, is
	return changed, nil
}

// Changed implements [Value].
func (v *Vote) Changed() bool { return v.cast }

// Delta returns this proxy's vote alone (REP-VOTE-001).
func (v *Vote) Delta() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{SelfVote: v.mine}}}
}

// Commit implements [Value].
func (v *Vote) Commit() { v.cast = false }

// Rollback implements [Value].
func (v *Vote) Rollback() {
	if v.cast {
		v.Cast(!v.mine)
	}
}
