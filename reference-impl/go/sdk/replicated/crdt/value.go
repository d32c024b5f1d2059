package crdt

import (
	"fmt"

	"google.golang.org/grpc/codes"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// ErrRange is a counter that would leave its range (REP-LIMIT-004). A handler
// returns it, and its caller gets OUT_OF_RANGE.
var ErrRange = sdk.Errorf(codes.OutOfRange, "the counter would leave its range")

// Value is what the entity's stream does with a value; handlers have no use for
// it. Between two commits a value collects what it is told to change: Delta is
// that change, and Rollback undoes it. Apply comes when nothing is collected. A
// value whose Apply has failed is void.
type Value interface {
	// Apply changes the value by a delta from elsewhere, and reports whether it
	// did. Nothing of it is ever in Delta (REP-DELTA-003). Its error is a delta of
	// another type, or one with a payload that cannot be read.
	Apply(delta *replicatedv1.Delta) (changed bool, err error)
	// Changed reports whether anything was done to the value since the last
	// commit; a register's creation counts.
	Changed() bool
	// Delta returns what was done since the last commit, as a new message whose
	// case is the value's type (REP-TYPE-001); empty where nothing was done. Of a
	// value that was never committed it leads from the empty one.
	Delta() *replicatedv1.Delta
	// Commit takes what was done as sent.
	Commit()
	// Rollback undoes what was done since the last commit.
	Rollback()
}

// Entry is a value that may stand in an [ORMap]: one of the first eight types,
// so that a map of one type cannot (REP-MAP-017).
type Entry interface {
	Value
	entry()
}

func (*GCounter) entry()       {}
func (*PNCounter) entry()      {}
func (*GSet[E]) entry()        {}
func (*ORSet[E]) entry()       {}
func (*LWWRegister[T]) entry() {}
func (*Flag) entry()           {}
func (*ORMap[K, V]) entry()    {}
func (*Vote) entry()           {}

var (
	_ Value = (*PNCounterMap[string])(nil)
	_ Value = (*LWWRegisterMap[string, string])(nil)
	_ Value = (*ORMultiMap[string, string])(nil)
)

// wrongType says that a delta is not of the type of the value (REP-DELTA-004).
func wrongType(delta *replicatedv1.Delta, want string) error {
	if delta.GetDelta() == nil {
		return fmt.Errorf("a delta in which no case is set, for a %s (REP-DELTA-004)", want)
	}
	return fmt.Errorf("a delta of another type, for a %s (REP-DELTA-004)", want)
}
