package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/anypb"
)

// Change is what one write does to one value entity, all or none.
type Change struct {
	Fence Fence
	// Expected is the entity's revision; 0 when it has had no state action.
	Expected int64
	// Actions is how many state actions the change stands for: the revision grows by
	// so many. With 0 of them the value stays, and Update is nil.
	Actions int
	// Update is the new value; nil for a delete.
	Update *anypb.Any
	// ExpireAfter is how long the new value lasts from when it is durable; 0 when it
	// does not expire.
	ExpireAfter time.Duration
	// Beside is stored with it.
	Beside Beside
}

// Validate returns what is wrong with the change; nil when a store may take it.
func (c Change) Validate() error {
	switch {
	case c.Expected < 0 || c.Actions < 0 || c.ExpireAfter < 0:
		return fmt.Errorf("a change expects the revision %d, has %d actions and lasts %v", c.Expected, c.Actions, c.ExpireAfter)
	case c.Actions == 0 && c.Update != nil:
		return errors.New("a change with a value and no action")
	case c.Update == nil && c.ExpireAfter > 0:
		return errors.New("a delete that expires")
	case c.Actions == 0 && c.Beside.Empty():
		return errors.New("a change that changes nothing")
	default:
		return c.Beside.Validate()
	}
}

// Value is what the store has of a value entity.
type Value struct {
	// Revision is how many state actions it has had.
	Revision int64
	// Value is nil when there is none: never set, deleted or expired.
	Value *anypb.Any
	// Ends is when the value expires; zero when it does not.
	Ends time.Time
}

// Values keeps the value of each value entity. Its methods may be called from any
// goroutine. A call that waits ends with the context's error when the context ends
// first.
type Values interface {
	// Write stores the change, all or none, and returns nil only when it is durable.
	// Its errors are those of Journal.Append, ErrDeleted excepted.
	Write(ctx context.Context, id ID, change Change) error
	// Read returns what is durable of one entity, after every Write of the same
	// entity whose outcome is open. It returns an error that is ErrCorrupt when the
	// record is not what was written.
	Read(ctx context.Context, id ID) (Value, error)
}
