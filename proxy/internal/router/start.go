package router

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/header"
)

// Start starts the side effects of an answer for which no caller waits, in their order
// (REP-CANCEL-006), and returns at once. A router that drains starts none.
func (r *Router) Start(id entity.ID, start entity.Start) {
	method, err := r.config.Services.Method(id.Service, start.Command.Name)
	if err != nil || !r.enter() {
		r.config.Log.Warn("the side effects of a cancelled call are not started", "entity", id, "command", start.Command.Name, "error", err)
		return
	}
	from := source{
		id: id, persistence: method.Target.Persistence, name: start.Command.Name, key: start.Command.Key,
		depth: start.Command.Depth, trace: header.Trace(start.Command.Metadata),
	}
	from.principal = header.OfPrincipal(start.Command.Metadata)
	r.working.Go(func() {
		defer r.working.Done() // for enter
		_, _ = r.settle(context.Background(), "", from, entity.Outcome{Command: start.ID, SideEffects: start.SideEffects})
	})
}
