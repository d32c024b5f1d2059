package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// valued is the State of value entities.
type valued struct{ values store.Values }

var _ State = valued{}

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

// Store writes what the last state action leaves, and counts all of them. Where the
// outcome of several changes is unknown it asks the store, for the later ones may neither
// be made again when they are stored, nor be answered when they are not (VAL-STORE-007).
func (v valued) Store(
	ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, beside store.Beside,
) error {
	change := store.Change{Fence: fence, Expected: changes[0].Expected, Beside: beside}
	for _, c := range changes {
		if c.Value != nil {
			change.Actions++
			change.Update, change.ExpireAfter = c.Value.Update, c.Value.ExpireAfter
		}
	}
	err := v.values.Write(ctx, id, change)
	if err == nil || len(changes) == 1 || refuses(err) {
		return err
	}
	stored, unsolved := v.holds(ctx, id, change)
	switch {
	case unsolved != nil:
		return fmt.Errorf("%w: %w", ErrUnknown, errors.Join(err, unsolved))
	case stored:
		return nil
	default:
		return err
	}
}

// errUntold says that what is stored does not tell what became of a change.
var errUntold = errors.New("the revision does not tell what became of the change")

// holds reports whether the store holds the change. The revision tells, where the change
// has a state action and nobody else has written since.
func (v valued) holds(ctx context.Context, id store.ID, change store.Change) (bool, error) {
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
