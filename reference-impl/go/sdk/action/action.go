package action

import (
	"iter"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Action is the definition of one action. It is built by [New] and the four
// shapes and is not changed after it was given to sdk.New. Mistakes are
// collected, and come out there.
type Action struct {
	sdk.Definition

	methods map[string]method
}

// method is how one method is handled.
type method struct {
	shape  sdk.Shape
	handle handler
}

// handler handles one call and returns its last response: the only one, where
// responses do not stream; nil where they do and none is left.
type handler func(c *call) *actionv1.ActionResponse

var _ sdk.Entity = (*Action)(nil)

// New begins the definition of an action: the user's service.
func New(service protoreflect.ServiceDescriptor) *Action {
	return &Action{
		Definition: sdk.NewDefinition(actionv1.ActionService_ServiceDesc.ServiceName, service, ""),
		methods:    map[string]method{},
	}
}

// Kind returns the kind of every action.
func (a *Action) Kind() sdk.Kind { return kind{} }

// Unary sets what a method does that takes one request and gives one response.
// A nil response is one without a case: it is for a handler that asks for side
// effects alone, and its caller gets INTERNAL (ACT-ANSWER-004).
func Unary[Request, Response proto.Message](
	action *Action, name string, handle func(ctx *Context, request Request) (Response, error),
) {
	add[Request, Response](action, name, sdk.Shape{}, func(c *call) *actionv1.ActionResponse {
		ctx := newContext(c)
		request, err := unpack[Request](c.first.GetPayload())
		if err != nil {
			return ctx.fail(err)
		}
		return ctx.answer(handle(ctx, request))
	})
}

// StreamedIn sets what a method does that takes a stream of requests and gives
// one response. The handler need not read them all.
func StreamedIn[Request, Response proto.Message](
	action *Action, name string,
	handle func(ctx *Context, requests iter.Seq2[Request, error]) (Response, error),
) {
	add[Request, Response](action, name, sdk.Shape{In: true}, func(c *call) *actionv1.ActionResponse {
		ctx := newContext(c)
		return ctx.answer(handle(ctx, requests[Request](c)))
	})
}

// StreamedOut sets what a method does that takes one request and gives a stream
// of responses.
func StreamedOut[Request, Response proto.Message](
	action *Action, name string,
	handle func(ctx *Context, request Request, responses *Responses[Response]) error,
) {
	add[Request, Response](action, name, sdk.Shape{Out: true}, func(c *call) *actionv1.ActionResponse {
		ctx := newContext(c)
		request, err := unpack[Request](c.first.GetPayload())
		if err != nil {
			return ctx.fail(err)
		}
		return ctx.last(handle(ctx, request, &Responses[Response]{ctx}))
	})
}

// Streamed sets what a method does that takes a stream of requests and gives a
// stream of responses. The handler may read in one goroutine of its own while it
// sends from its first, which waits for it; ctx is for the one that sends.
func Streamed[Request, Response proto.Message](
	action *Action, name string,
	handle func(ctx *Context, requests iter.Seq2[Request, error], responses *Responses[Response]) error,
) {
	add[Request, Response](action, name, sdk.Shape{In: true, Out: true}, func(c *call) *actionv1.ActionResponse {
		ctx := newContext(c)
		return ctx.last(handle(ctx, requests[Request](c), &Responses[Response]{ctx}))
	})
}

func add[Request, Response proto.Message](action *Action, name string, shape sdk.Shape, handle handler) {
	sdk.Handles[Request, Response](&action.Definition, name, shape)
	action.methods[name] = method{shape: shape, handle: handle}
}
