package replicated

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

// activation is one entity in memory, for as long as its stream lives. It does
// no I/O and is used by one goroutine. After an error of apply it is void. What
// its methods return is sent, in that order; news of a change come after the
// answer to what made it.
type activation interface {
	// apply changes the value by a delta from elsewhere, that of init among them.
	// Its error is one that is not of the value's type.
	apply(ctx context.Context, delta *replicatedv1.Delta) ([]*replicatedv1.HandleResponse, error)
	// execute runs the command: its one reply, then news.
	execute(ctx context.Context, command *entityv1.Command) []*replicatedv1.HandleResponse
	// cancel ends the streamed call of the command with this id, if it is open:
	// the one response, then news. Its error is that of the author's code; the
	// response is there all the same.
	cancel(ctx context.Context, id int64) ([]*replicatedv1.HandleResponse, error)
	// delete ends the entity: nothing changes it any more.
	delete()
	// isDeleted reports whether the entity was deleted, here or elsewhere.
	isDeleted() bool
}

// activate returns the entity with this id and the empty value.
func (e *Entity[V]) activate(id string) activation {
	return &active[V]{entity: e, value: e.create(id)}
}

// active is the activation of an entity whose value is a V.
type active[V crdt.Value] struct {
	entity  *Entity[V]
	value   V
	deleted bool
	calls   []*call // that are open, in the order in which they were opened
}

// call is a streamed call that is open.
type call struct {
	*watch

	command *entityv1.Command
	failed  bool // it says no more, and waits for its stream_cancelled
}

func (a *active[V]) apply(ctx context.Context, delta *replicatedv1.Delta) ([]*replicatedv1.HandleResponse, error) {
	changed, err := a.value.Apply(delta)
	if err != nil || !changed {
		return nil, err
	}
	return a.news(ctx), nil
}

func (a *active[V]) execute(ctx context.Context, command *entityv1.Command) []*replicatedv1.HandleResponse {
	handling, end := sdk.WithCommand(ctx, command)
	defer end()
	c := &Context{Context: sdk.NewContext(handling, command)}
	reply, opened, err := a.reply(c, command)
	if err != nil {
		a.value.Rollback()
		reply = &replicatedv1.ReplicatedReply{CommandId: command.GetId(), ClientAction: sdk.Refuse(command, err)}
	}
	answers := []*replicatedv1.HandleResponse{{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}}
	if reply.GetStateAction().GetUpdate() != nil {
		answers = append(answers, a.news(ctx)...)
	}
	if reply.GetStreamed() {
		a.calls = append(a.calls, &call{watch: opened, command: command})
	}
	return answers
}

// reply runs the handler and returns what follows from its success: the reply,
// and the watch of a call that stays open. With an error the value may still
// have what the handler did to it.
func (a *active[V]) reply(c *Context, command *entityv1.Command) (*replicatedv1.ReplicatedReply, *watch, error) {
	handle, known := a.entity.handlers[command.GetName()]
	switch {
	case a.deleted:
		return nil, nil, sdk.Errorf(codes.NotFound, "the entity is deleted")
	case !known:
		return nil, nil, sdk.Unhandled(a.entity.Service(), command)
	}
	if err := a.check(c.Context); err != nil {
		return nil, nil, err
	}
	change := a.begin(command)
	response, opened, err := handle(c, a.value, command.GetPayload())
	if err != nil {
		return nil, nil, err
	}
	action, err := answer(c.Context, response, command.GetStreamed())
	if err != nil {
		return nil, nil, err
	}
	state, err := change(c)
	if err != nil {
		return nil, nil, err
	}
	return &replicatedv1.ReplicatedReply{
		CommandId:    command.GetId(),
		ClientAction: action,
		SideEffects:  c.Effects(),
		StateAction:  state,
		Streamed:     opened != nil && command.GetStreamed() && !a.deleted, // REP-STREAM-002, REP-STREAM-003
	}, opened, nil
}

// check returns an error where the proxy cannot take the type of the value: what
// cannot stand in an ORMap is a map of one type.
func (a *active[V]) check(c *sdk.Context) error {
	if _, ok := any(a.value).(crdt.Entry); ok {
		return nil
	}
	return sdk.Require(c, discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS, "knows no maps of one type")
}

// answer returns what the caller gets. A streamed call may get nothing yet.
func answer(c *sdk.Context, response proto.Message, streamed bool) (*entityv1.ClientAction, error) {
	if streamed && sdk.IsNil(response) && !c.Forwards() {
		return nil, nil
	}
	return c.Answer(response)
}

// begin returns the function that collects, at its end, what the author's code
// for this command did to the value; nil where it did nothing (REP-UPD-002).
// Its error is a change of a command whose method is read_only.
func (a *active[V]) begin(command *entityv1.Command) func(*Context) (*replicatedv1.StateAction, error) {
	if !a.entity.readOnly(command.GetName()) {
		return a.collect
	}
	before := a.value.Delta() // of a register that nobody has created there is one
	return func(c *Context) (*replicatedv1.StateAction, error) {
		if c.deleted || !proto.Equal(before, a.value.Delta()) {
			return nil, sdk.Errorf(codes.Internal, "%s is read_only, and has changed the value (CORE-READ-001)", command.GetName())
		}
		return nil, nil
	}
}

func (a *active[V]) collect(c *Context) (*replicatedv1.StateAction, error) {
	action := &replicatedv1.StateAction{WriteConsistency: c.consistency}
	switch {
	case c.deleted:
		a.delete()
		action.Action = &replicatedv1.StateAction_Delete{Delete: &replicatedv1.Delete{}}
	case a.value.Changed():
		action.Action = &replicatedv1.StateAction_Update{Update: a.value.Delta()}
		a.value.Commit()
	default:
		return nil, nil
	}
	return action, nil
}

// news asks each open call what it has to say of the value, and closes those
// that have said their last.
func (a *active[V]) news(ctx context.Context) []*replicatedv1.HandleResponse {
	var messages []*replicatedv1.HandleResponse
	for _, call := range slices.Clone(a.calls) {
		if call.failed {
			continue
		}
		message := a.ask(ctx, call)
		if message == nil {
			continue
		}
		messages = append(messages, &replicatedv1.HandleResponse{
			Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: message},
		})
		if message.GetEndStream() {
			a.close(message.GetCommandId())
		}
	}
	return messages
}

// ask returns what one call says, nil where it says nothing.
func (a *active[V]) ask(ctx context.Context, call *call) *replicatedv1.StreamedMessage {
	n := &News{Context: sdk.NewContext(ctx, call.command)}
	before := a.value.Changed()
	response, err := call.changed(n)
	if a.value.Changed() != before {
		panic("a watch has changed the value; a streamed message carries no change")
	}
	message := &replicatedv1.StreamedMessage{CommandId: call.command.GetId()}
	if err == nil {
		message.ClientAction, err = answer(n.Context, response, true)
	}
	if err != nil { // ends the call (REP-STREAM-004)
		call.failed = true
		message.ClientAction = sdk.Refuse(call.command, err)
		return message
	}
	message.SideEffects, message.EndStream = n.Effects(), n.last
	if message.GetClientAction() == nil && len(message.GetSideEffects()) == 0 && !n.last {
		return nil
	}
	return message
}

func (a *active[V]) cancel(ctx context.Context, id int64) ([]*replicatedv1.HandleResponse, error) {
	response := &replicatedv1.StreamCancelledResponse{CommandId: id}
	err := a.leave(ctx, response)
	answers := []*replicatedv1.HandleResponse{{
		Message: &replicatedv1.HandleResponse_StreamCancelledResponse{StreamCancelledResponse: response},
	}}
	if response.GetStateAction().GetUpdate() != nil {
		answers = append(answers, a.news(ctx)...)
	}
	return answers, err
}

// leave closes the call and puts what its watch does at the end into the
// response (REP-CANCEL-005).
func (a *active[V]) leave(ctx context.Context, response *replicatedv1.StreamCancelledResponse) error {
	left := a.close(response.GetCommandId())
	if left == nil || left.cancelled == nil {
		return nil
	}
	c := &Context{Context: sdk.NewContext(ctx, left.command)}
	change := a.begin(left.command)
	err := left.cancelled(c)
	if err == nil {
		response.StateAction, err = change(c)
	}
	if err != nil {
		a.value.Rollback()
		return err
	}
	response.SideEffects = c.Effects()
	return nil
}

// close takes the call of the command with this id from those that are open, and
// returns it; nil where it was not among them.
func (a *active[V]) close(id int64) *call {
	i := slices.IndexFunc(a.calls, func(open *call) bool { return open.command.GetId() == id })
	if i < 0 {
		return nil
	}
	closed := a.calls[i]
	a.calls = slices.Delete(a.calls, i, i+1)
	return closed
}

func (a *active[V]) delete() { a.deleted, a.calls = true, nil }

func (a *active[V]) isDeleted() bool { return a.deleted }
