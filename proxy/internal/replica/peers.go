package replica

import (
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Peers are the other nodes of the cluster. Its methods may be called from any
// goroutine, and do not wait.
type Peers interface {
	// Members are the living replicas, this node's among them (REP-VOTE-006).
	Members() []string
	// Spread hands the change to every other member, now and again until each has
	// it (REP-COPY-002). It calls reached once so many of them have acknowledged that
	// they merged it, and not at all where others is 0 (REP-WRITE-009).
	Spread(id store.ID, delta []byte, others int, reached func())
}

// alone is a node without others.
type alone struct{ self string }

var _ Peers = alone{}

func (a alone) Members() []string { return []string{a.self} }

func (alone) Spread(store.ID, []byte, int, func()) {}

// others returns how many of the other members have to hold a change, besides this
// node, where there are so many members.
func others(consistency replicatedv1.WriteConsistency, members int) int {
	switch consistency {
	case replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY:
		return members / 2
	case replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL:
		return max(0, members-1)
	default:
		return 0
	}
}
