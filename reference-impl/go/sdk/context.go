package sdk

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Call names a command for an entity, this one or another: the target of a
// forward or a side effect.
type Call struct {
	// Service is the target's full name, such as the ServiceName of its
	// generated ServiceDesc.
	Service string
	// Method is its short name.
	Method string
	// Request is the method's input; it names the entity by its key.
	Request proto.Message
	// Metadata travels with the command; nil for none.
	Metadata Metadata
}

// Context is what a handler knows of its command besides the request, and what
// it asks for besides the response. Each kind of entity embeds it in a Context
// of its own. It ends when the proxy gives up the stream, when the caller's
// deadline passes, and when nobody waits for the answer any more; a handler may
// then give up and return its Err, or answer all the same. It is used by the
// handler's goroutine alone, until the handler returns.
//
// What cannot be sent, such as a nil request, is a mistake in the handler: the
// methods then panic, the command fails, the entity is reset, and the log has
// the stack.
type Context struct {
	context.Context

	command *entityv1.Command
	forward *entityv1.Forward
	effects []*entityv1.SideEffect
	reply   *entityv1.Metadata
}

// NewContext returns the context of one command. It is for the kinds of entities.
func NewContext(ctx context.Context, command *entityv1.Command) *Context {
	return &Context{Context: ctx, command: command}
}

// EntityID returns the key of the entity that the command is for.
func (c *Context) EntityID() string { return c.command.GetEntityId() }

// Metadata returns what came with the command, in order; nil when nothing did.
func (c *Context) Metadata() Metadata { return readMetadata(c.command.GetMetadata()) }

// SetReplyMetadata sets what goes to the caller with the response, as headers.
// It replaces what was set before, and is left out of a forward or a failure.
func (c *Context) SetReplyMetadata(metadata Metadata) {
	c.reply = must(metadata.Message())
}

// Forward lets another entity answer the caller: the handler's own response is
// then left out. The last call counts. A handler that returns an error forwards
// nothing.
func (c *Context) Forward(to Call) {
	c.forward = &entityv1.Forward{
		ServiceName: to.Service,
		CommandName: to.Method,
		Payload:     must(Pack(to.Request)),
		Metadata:    must(to.Metadata.Message()),
	}
}

// Effect asks for a further command, in the order of the calls, once the
// entity's state is durable. Its outcome never changes the caller's answer; the
// caller waits for it where it is synchronous. A handler that returns an error
// causes none.
func (c *Context) Effect(on Call, synchronous bool) {
	c.effects = append(c.effects, &entityv1.SideEffect{
		ServiceName: on.Service,
		CommandName: on.Method,
		Payload:     must(Pack(on.Request)),
		Synchronous: synchronous,
		Metadata:    must(on.Metadata.Message()),
	})
}

// Answer returns what the caller gets after the handler returned this response
// and no error: the forward if there is one, otherwise the response. Its error
// is a response that is missing or cannot be packed, which refuses the command with
// INTERNAL. It is for the kinds of entities.
func (c *Context) Answer(response proto.Message) (*entityv1.ClientAction, error) {
	if c.forward != nil {
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: c.forward}}, nil
	}
	payload, err := Pack(response)
	if err != nil {
		return nil, Errorf(codes.Internal, "the response of %s: %v", c.command.GetName(), err)
	}
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{
		Reply: &entityv1.Reply{Payload: payload, Metadata: c.reply},
	}}, nil
}

// Forwards reports whether the handler asked for a forward. It is for the kinds
// of entities.
func (c *Context) Forwards() bool { return c.forward != nil }

// Effects returns the side effects that the handler asked for, in order. It is
// for the kinds of entities.
func (c *Context) Effects() []*entityv1.SideEffect { return c.effects }

// must returns the value, and panics with the error where there is one.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
