package eventsourced

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// activation is one entity in memory, for as long as its stream lives. It does
// no I/O and is used by one goroutine. After a failure with restart, or an
// error, it is void.
type activation interface {
	// restore puts the snapshot in place of the new state. Called first, if at
	// all. Its error is a snapshot of another type.
	restore(snapshot *eventsourcedv1.Snapshot) error
	// replay applies the next stored event, and emits nothing. Its error is an
	// event of a type that nothing applies.
	replay(event *eventsourcedv1.Event) error
	// execute runs the command and returns its one reply, never nil.
	execute(ctx context.Context, command *entityv1.Command) *eventsourcedv1.EventSourcedReply
	// save returns the state, for a proxy that asks for it, and nil where the entity
	// saves none. Its error is a state that cannot be packed.
	save() (*anypb.Any, error)
}

// activate returns the entity with this id as it is before its first event.
func (e *Entity[S]) activate(id string) activation {
	return &active[S]{entity: e, state: e.create(id)}
}

// active is the activation of an entity with the state *S.
type active[S any] struct {
	entity *Entity[S]
	state  *S
	// pending counts the events that no snapshot covers.
	pending int
}

func (a *active[S]) restore(snapshot *eventsourcedv1.Snapshot) error {
	restore := a.entity.snapshot.restore
	if restore == nil {
		return fmt.Errorf("%s takes no snapshots, and was given one of type %q",
			a.entity.Service().FullName(), snapshot.GetSnapshot().GetTypeUrl())
	}
	return restore(a.state, snapshot.GetSnapshot())
}

func (a *active[S]) replay(event *eventsourcedv1.Event) error {
	applier, known := a.entity.appliers[event.GetPayload().MessageName()]
	if !known {
		return fmt.Errorf("nothing applies events of type %q", event.GetPayload().GetTypeUrl())
	}
	message, err := applier.unpack(event.GetPayload())
	if err != nil {
		return err
	}
	applier.apply(a.state, message)
	a.pending++
	return nil
}

// apply changes the state by an event that is being emitted.
func (a *active[S]) apply(event proto.Message) bool {
	applier, known := a.entity.appliers[event.ProtoReflect().Descriptor().FullName()]
	if known {
		applier.apply(a.state, event)
		a.pending++
	}
	return known
}

func (a *active[S]) execute(ctx context.Context, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	handle, known := a.entity.handlers[command.GetName()]
	if !known {
		return refusal(command, sdk.Unhandled(a.entity.Service(), command))
	}
	ctx, end := sdk.WithCommand(ctx, command)
	defer end()
	c := &Context{Context: sdk.NewContext(ctx, command), apply: a.apply}
	reply, err := a.reply(c, handle, command)
	if err == nil {
		return reply
	}
	refused := refusal(command, err)
	// The events are in the state, and must not stay there (see the package).
	refused.GetClientAction().GetFailure().Restart = len(c.events) > 0
	return refused
}

// reply runs the handler and returns what follows from its success.
func (a *active[S]) reply(c *Context, handle handler[S], command *entityv1.Command) (*eventsourcedv1.EventSourcedReply, error) {
	response, err := handle(c, a.state, command.GetPayload())
	if err != nil {
		return nil, err
	}
	action, err := c.Answer(response)
	if err != nil {
		return nil, err
	}
	snapshot, err := a.snapshotAfter(c)
	if err != nil {
		return nil, sdk.Errorf(codes.Internal, "the snapshot of %s: %v", a.entity.Service().FullName(), err)
	}
	return &eventsourcedv1.EventSourcedReply{
		CommandId:     command.GetId(),
		ClientAction:  action,
		SideEffects:   c.Effects(),
		Events:        c.events,
		Snapshot:      snapshot,
		EventMetadata: c.annotations(),
		Delete:        c.deletion,
	}, nil
}

// snapshotAfter returns the state after the events of a reply where a snapshot is due, and
// nil where none is; never without events (ES-SNAP-002), or of what is deleted
// (ES-DEL-010).
func (a *active[S]) snapshotAfter(c *Context) (*anypb.Any, error) {
	due := a.entity.snapshot.every
	if due == 0 || len(c.events) == 0 || a.pending < due || c.deletion != nil {
		return nil, nil
	}
	return a.save()
}

func (a *active[S]) save() (*anypb.Any, error) {
	if a.entity.snapshot.save == nil {
		return nil, nil
	}
	a.pending = 0
	return sdk.Pack(a.entity.snapshot.save(a.state))
}

// refusal is the reply to a command that failed: it changes nothing.
func refusal(command *entityv1.Command, err error) *eventsourcedv1.EventSourcedReply {
	return &eventsourcedv1.EventSourcedReply{CommandId: command.GetId(), ClientAction: sdk.Refuse(command, err)}
}
