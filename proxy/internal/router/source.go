package router

import (
	"context"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// source is a command from which others may follow.
type source struct {
	// id is that of the entity; of an action it is the service alone.
	id entity.ID
	// persistence is the persistence id of the entity; empty of an action.
	persistence string
	// name is the short name of the method.
	name string
	// deadline is when the caller gives up; zero when nobody waits so.
	deadline time.Time
	// effect says that the command has no caller: a side effect has led to it.
	effect bool
	// trace is that of the command, for whatever follows from it.
	trace []*entityv1.MetadataEntry
	// principal says who called first, for whatever follows (ACC-FOLLOW-001).
	principal []*entityv1.MetadataEntry
	// key is the command's idempotency key; empty when it has none.
	key string
	// depth is how many forwards and side effects led to the command.
	depth int
	// id on its stream; 0 before its outcome is known, and of an action.
	sent int64
}

// addressed returns the source as the command of a caller of the method: for the entity
// that the request names, or for an action.
func (s source) addressed(ctx context.Context, method Method, key string, request []byte) (to source, err error) {
	s.key = key
	s.deadline, _ = ctx.Deadline()
	if method.Kind == wire.Action {
		return s, nil
	}
	s.persistence = method.Target.Persistence
	s.id.Entity, err = method.Key(request)
	return s, err
}

// command returns the source's command, of the method, for its entity.
func (s source) command(method Method, request []byte, metadata *entityv1.Metadata) entity.Command {
	command := method.command(s.name, request, metadata)
	command.Deadline, command.Effect, command.Key, command.Depth = s.deadline, s.effect, s.key, s.depth
	return command
}

// isAction reports whether the source is a call of an action.
func (s source) isAction() bool { return s.id.Entity == "" }
