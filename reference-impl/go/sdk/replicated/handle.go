package replicated

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

// WriteConsistency is how many proxies must hold a change before the caller of
// its command is answered.
type WriteConsistency = replicatedv1.WriteConsistency

// The write consistencies. One that is not reached within 5 s fails the command
// with DEADLINE_EXCEEDED; the change stays.
const (
	// Local waits for nobody.
	Local = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
	// Majority waits for more than half of the proxies, and the store.
	Majority = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY
	// All waits for every proxy, and the store.
	All = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL
)

// Context is what a handler knows of its command and asks for besides the
// response. It is used until the handler returns, by its goroutine alone.
type Context struct {
	*sdk.Context

	consistency WriteConsistency
	deleted     bool
}

// SetWriteConsistency says whom the command's change waits for; the last call
// counts, and [Local] is the default. Where the command changes nothing, nobody
// is waited for.
func (c *Context) SetWriteConsistency(consistency WriteConsistency) { c.consistency = consistency }

// Delete deletes the entity, on every proxy and for ever: later commands get
// NOT_FOUND. What else the command did to the value is left out.
func (c *Context) Delete() { c.deleted = true }

// News is what a watch asks for besides the response, and what it knows of the
// command that opened the call.
type News struct {
	*sdk.Context

	last bool
}

// End ends the call with this message.
func (n *News) End() { n.last = true }

// Watch keeps a streamed call open. Its functions are called by the entity, one
// at a time, and may use the value that the handler was given.
type Watch[Response proto.Message] struct {
	// Changed returns what to say of the value, which has just been changed: by
	// another command, from elsewhere, or at the end of another call. Nil says
	// nothing; an error ends the call with it. It changes no value.
	Changed func(news *News) (Response, error)
	// Cancelled, where it is not nil, is called when the call has ended otherwise
	// than by News.End: its caller has gone, or an error ended it. It may change the
	// value and ask for effects; with an error it did neither. Nobody hears more.
	Cancelled func(ctx *Context) error
}

// watch is a Watch of whatever response.
type watch struct {
	changed   func(news *News) (proto.Message, error)
	cancelled func(ctx *Context) error
}

// Handle sets what the method with this short name does. The handler reads and
// changes the value, and returns the response; or an error, best made by
// [sdk.Errorf], which refuses the command, and what it did to the value is
// undone. It runs alone in its entity, and many entities run at once.
func Handle[V crdt.Value, Request, Response proto.Message](
	entity *Entity[V], method string,
	handle func(ctx *Context, value V, request Request) (Response, error),
) {
	sdk.Handles[Request, Response](&entity.Definition, method, sdk.Shape{})
	entity.handlers[method] = func(ctx *Context, value V, payload *anypb.Any) (proto.Message, *watch, error) {
		request, err := sdk.ReadRequest[Request](method, payload)
		if err != nil {
			return nil, nil, err
		}
		response, err := handle(ctx, value, request)
		return response, nil, err
	}
}

// HandleStreamed is Handle for a method that streams its responses. The response
// may be nil: the caller then gets none yet. The call ends with it where the
// watch is nil.
func HandleStreamed[V crdt.Value, Request, Response proto.Message](
	entity *Entity[V], method string,
	handle func(ctx *Context, value V, request Request) (Response, *Watch[Response], error),
) {
	sdk.Handles[Request, Response](&entity.Definition, method, sdk.Shape{Out: true})
	entity.handlers[method] = func(ctx *Context, value V, payload *anypb.Any) (proto.Message, *watch, error) {
		request, err := sdk.ReadRequest[Request](method, payload)
		if err != nil {
			return nil, nil, err
		}
		response, typed, err := handle(ctx, value, request)
		if err != nil || typed == nil {
			return response, nil, err
		}
		return response, &watch{
			changed:   func(news *News) (proto.Message, error) { return typed.Changed(news) },
			cancelled: typed.Cancelled,
		}, nil
	}
}
