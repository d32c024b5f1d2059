package value

import (
	"context"

	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// activation is one entity in memory, for as long as its stream lives. It does
// no I/O and is used by one goroutine.
type activation interface {
	// execute runs the command and returns its one reply, never nil. A command
	// that fails leaves the activation as it was.
	execute(ctx context.Context, command *entityv1.Command) *valuev1.ValueEntityReply
}

// activate returns the entity with what is stored of it. Its error is a value
// that is no V (VAL-INIT-009).
func (e *Entity[V]) activate(state *valuev1.State) (activation, error) {
	a := &active[V]{entity: e}
	if state.GetValue() == nil {
		return a, nil
	}
	var err error
	a.value, err = sdk.Unpack[V](state.GetValue())
	return a, err
}

// active is the activation of an entity with a V.
type active[V proto.Message] struct {
	entity *Entity[V]
	value  V // nil where there is none
}

func (a *active[V]) execute(ctx context.Context, command *entityv1.Command) *valuev1.ValueEntityReply {
	ctx, end := sdk.WithCommand(ctx, command)
	defer end()
	c := &Context[V]{Context: sdk.NewContext(ctx, command), value: a.value}
	action, err := a.answer(c, command)
	if err != nil {
		return &valuev1.ValueEntityReply{CommandId: command.GetId(), ClientAction: sdk.Refuse(command, err)}
	}
	a.value = c.value
	return &valuev1.ValueEntityReply{
		CommandId:    command.GetId(),
		ClientAction: action,
		SideEffects:  c.Effects(),
		StateAction:  c.change,
	}
}

// answer runs the command's handler and returns what its caller gets.
func (a *active[V]) answer(c *Context[V], command *entityv1.Command) (*entityv1.ClientAction, error) {
	handle, known := a.entity.handlers[command.GetName()]
	if !known {
		return nil, sdk.Unhandled(a.entity.Service(), command)
	}
	response, err := handle(c, command.GetPayload())
	if err != nil {
		return nil, err
	}
	return c.Answer(response)
}
