package simulation

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// desk stands between router and runtime. One write may answer several callers at once,
// and what follows from their answers would come to an entity in whatever order their
// goroutines run: here the driver lets one at a time pass.
type desk struct {
	router.Runtime

	gate *gate
}

// Submit waits for the driver, but for the command of a caller, which is its own choice.
func (d desk) Submit(ctx context.Context, target runtime.Target, id entity.ID, command entity.Command) (<-chan entity.Outcome, error) {
	if command.Depth > 0 {
		o, err := decode(command.Payload.GetValue())
		if err != nil {
			return nil, err
		}
		name := "submit " + o.Token + " to " + id.String() + origin(command.Metadata)
		if err := d.gate.hold(context.Background(), &operation{name: name, place: name, certain: true}); err != nil {
			return nil, err
		}
	}
	return d.Runtime.Submit(ctx, target, id, command)
}
