package replicated

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// kind is the kind of replicated entities.
type kind struct{}

// definition is an Entity of whatever value.
type definition interface {
	activate(id string) activation
}

// Register adds stateward.replicated.v1.ReplicatedEntityService to the server.
func (kind) Register(server grpc.ServiceRegistrar, host *sdk.Host, entities []sdk.Entity) {
	replicatedv1.RegisterReplicatedEntityServiceServer(server, &service{host: host, definitions: sdk.ByService[definition](entities)})
}

// service serves the streams of every replicated entity of a function.
type service struct {
	replicatedv1.UnimplementedReplicatedEntityServiceServer

	host        *sdk.Host
	definitions map[string]definition // by the user's service
}

// Handle serves one activation of one entity.
func (s *service) Handle(stream grpc.BidiStreamingServer[replicatedv1.HandleRequest, replicatedv1.HandleResponse]) error {
	c := &conversation{ctx: stream.Context(), log: s.host.Log, definitions: s.definitions}
	return sdk.ConverseAll(s.host, stream, c.step)
}

// conversation is what was said on one stream: which message may come next, and
// what answers it. It does no I/O. Since it answers each command before it reads
// on, it never says anything in the proxy's turn but news to open calls
// (REP-TURN-001).
type conversation struct {
	ctx         context.Context // ends with the stream; handed on to handlers
	log         *slog.Logger
	definitions map[string]definition

	entityID string     // of init
	entity   activation // nil before init
}

// step takes one message and returns what is sent for it, in order, and whether
// the stream goes on. A panic in the author's code ends this stream and nothing
// else; its stack is in the log.
func (c *conversation) step(request *replicatedv1.HandleRequest) (answers []*replicatedv1.HandleResponse, more bool) {
	defer func() {
		if cause := recover(); cause != nil {
			c.log.ErrorContext(c.ctx, "panic", "entity", c.entityID, "command", request.GetCommand().GetName(),
				"cause", cause, "stack", string(debug.Stack()))
			answers, more = c.broken(request.GetCommand().GetId(), "the function panicked; its log has the stack")
		}
	}()
	if init := request.GetInit(); init != nil {
		return c.init(init)
	}
	if c.entity == nil && request.GetMessage() != nil {
		return c.broken(request.GetCommand().GetId(), "the first message is not init (REP-INIT-005)")
	}
	switch message := request.GetMessage().(type) {
	case *replicatedv1.HandleRequest_Delta:
		return c.delta(message.Delta)
	case *replicatedv1.HandleRequest_Delete:
		c.entity.delete()
		return nil, true
	case *replicatedv1.HandleRequest_Command:
		return c.command(message.Command)
	case *replicatedv1.HandleRequest_StreamCancelled:
		return c.cancelled(message.StreamCancelled)
	case *replicatedv1.HandleRequest_Passivate: // whatever the reason (LIFE-PASS-005)
		return nil, false
	default:
		return c.broken(0, "a message without a case that is known here (CORE-STREAM-004)")
	}
}

// init opens the stream: it brings the value, where the entity has one.
func (c *conversation) init(init *replicatedv1.Init) (answers []*replicatedv1.HandleResponse, more bool) {
	definition, known := c.definitions[init.GetServiceName()]
	switch {
	case c.entity != nil:
		return c.broken(0, "a second init (REP-INIT-006)")
	case !known:
		return c.broken(0, "no replicated entity %q (REP-INIT-007)", init.GetServiceName())
	case init.GetEntityId() == "":
		return c.broken(0, "an init without an entity id (CORE-KEY-001)")
	}
	c.entity, c.entityID = definition.activate(init.GetEntityId()), init.GetEntityId()
	if init.GetDelta() == nil {
		return nil, true // unset
	}
	if _, err := c.entity.apply(c.ctx, init.GetDelta()); err != nil {
		return c.broken(0, "the value: %v (REP-INIT-009)", err)
	}
	return nil, true
}

// delta takes a change from elsewhere, which nothing answers but news.
func (c *conversation) delta(delta *replicatedv1.Delta) (answers []*replicatedv1.HandleResponse, more bool) {
	if c.entity.isDeleted() {
		return c.broken(0, "a delta after delete")
	}
	news, err := c.entity.apply(c.ctx, delta)
	if err != nil {
		return c.broken(0, "%v", err)
	}
	return news, true
}

// command runs one command.
func (c *conversation) command(command *entityv1.Command) (answers []*replicatedv1.HandleResponse, more bool) {
	if command.GetEntityId() != c.entityID {
		return c.broken(command.GetId(), "a command for %q on the stream of %q (REP-CMD-001)", command.GetEntityId(), c.entityID)
	}
	return c.entity.execute(c.ctx, command), true
}

// cancelled ends a streamed call. It is answered also where there is none any
// more (REP-CANCEL-003).
func (c *conversation) cancelled(cancelled *replicatedv1.StreamCancelled) (answers []*replicatedv1.HandleResponse, more bool) {
	if cancelled.GetEntityId() != c.entityID {
		return c.broken(0, "stream_cancelled for %q on the stream of %q (REP-CMD-001)", cancelled.GetEntityId(), c.entityID)
	}
	answers, err := c.entity.cancel(c.ctx, cancelled.GetId())
	if err != nil { // there is nobody to tell but the author
		c.log.WarnContext(c.ctx, "the end of a call failed", "entity", c.entityID, "command", cancelled.GetId(), "error", err)
	}
	return answers, true
}

// broken ends the stream with a stream-level failure.
func (c *conversation) broken(commandID int64, format string, args ...any) (answers []*replicatedv1.HandleResponse, more bool) {
	failure := sdk.Broken(c.ctx, c.log, c.entityID, commandID, fmt.Sprintf(format, args...))
	return []*replicatedv1.HandleResponse{{Message: &replicatedv1.HandleResponse_Failure{Failure: failure}}}, false
}
