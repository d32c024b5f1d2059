package runtime

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// valued is the State of value entities.
type valued struct{ values store.Values }

var (
	_ State    = valued{}
	_ Resolver = valued{}
)

// Valued returns the State of value entities, each of which is one value.
func Valued(values store.Values) State { return valued{values: values} }

// Load feeds the value, unless its end has come (VAL-EXPIRE-001).
func (v valued) Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error {
	value, err := v.values.Read(ctx, id)
	if err != nil {
		return err
	}
	opened := entity.Opened{Last: value.Revision, Value: value.Value}
	if !value.Ends.IsZero() {
		if opened.Left = time.Until(value.Ends); opened.Left <= 0 {
			opened.Left, opened.Value = 0, nil
		}
	}
	return feed(opened)
}

// Store writes what the last state action leaves, and counts all of them.
func (v valued) Store(
	ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, beside store.Beside,
) error {
	change := outcome(changes)
	change.Fence, change.Beside = fence, beside
	return v.values.Write(ctx, id, change)
}

// outcome returns the changes as one.
func outcome(changes []entity.Persist) store.Change {
	change := store.Change{Expected: changes[0].Expected}
	for _, c := range changes {
		if c.Value != nil {
			change.Actions++
			change.Update, change.ExpireAfter = c.Value.Update, c.Value.ExpireAfter
		}
	}
	return change
}

// errUntold says that what is stored does not tell what became of a change.
var errUntold = errors.New("the revision does not tell what became of the change")

// Holds reads the value: the revision tells, where the changes have a state action and
// nobody else has written since.
func (v valued) Holds(ctx context.Context, id store.ID, changes []entity.Persist) (bool, error) {
	change := outcome(changes)
	value, err := v.values.Read(ctx, id)
	switch after := change.Expected + int64(change.Actions); {
	case err != nil:
		return false, err
	case change.Actions == 0:
		return false, errUntold
	case value.Revision == change.Expected:
		return false, nil
	case value.Revision == after && (value.Value == nil || proto.Equal(value.Value, change.Update)):
		return true, nil
	default:
		return false, errUntold
	}
}
