package value

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// kind is the kind of value entities.
type kind struct{}

// definition is an Entity of whatever value.
type definition interface {
	activate(state *valuev1.State) (activation, error)
}

// Register adds stateward.value.v1.ValueEntityService to the server.
func (kind) Register(server grpc.ServiceRegistrar, host *sdk.Host, entities []sdk.Entity) {
	valuev1.RegisterValueEntityServiceServer(server, &service{host: host, definitions: sdk.ByService[definition](entities)})
}

// service serves the streams of every value entity of a function.
type service struct {
	valuev1.UnimplementedValueEntityServiceServer

	host        *sdk.Host
	definitions map[string]definition // by the user's service
}

// Handle serves one activation of one entity.
func (s *service) Handle(stream grpc.BidiStreamingServer[valuev1.HandleRequest, valuev1.HandleResponse]) error {
	c := &conversation{ctx: stream.Context(), log: s.host.Log, definitions: s.definitions}
	return sdk.Converse(s.host, stream, c.step)
}

// conversation is what was said on one stream: which message may come next, and
// what answers it. It does no I/O.
type conversation struct {
	ctx         context.Context // ends with the stream; handed on to handlers
	log         *slog.Logger
	definitions map[string]definition

	entityID string     // of init
	entity   activation // nil before init
}

// step takes one message and returns what answers it, nil where nothing does,
// and whether the stream goes on. A panic in the author's code ends this stream
// and nothing else; its stack is in the log.
func (c *conversation) step(request *valuev1.HandleRequest) (answer *valuev1.HandleResponse, more bool) {
	defer func() {
		if cause := recover(); cause != nil {
			c.log.ErrorContext(c.ctx, "panic", "entity", c.entityID, "command", request.GetCommand().GetName(),
				"cause", cause, "stack", string(debug.Stack()))
			answer, more = c.broken(request.GetCommand().GetId(), "the function panicked; its log has the stack")
		}
	}()
	switch message := request.GetMessage().(type) {
	case *valuev1.HandleRequest_Init:
		return c.init(message.Init)
	case *valuev1.HandleRequest_Command:
		return c.command(message.Command)
	case *valuev1.HandleRequest_Passivate: // whatever the reason (LIFE-PASS-005)
		return nil, false
	default:
		return c.broken(0, "a message without a case that is known here (CORE-STREAM-004)")
	}
}

// init opens the stream: it brings the value, or says that there is none.
func (c *conversation) init(init *valuev1.Init) (*valuev1.HandleResponse, bool) {
	definition, known := c.definitions[init.GetServiceName()]
	switch {
	case c.entity != nil:
		return c.broken(0, "a second init (VAL-INIT-007)")
	case !known:
		return c.broken(0, "no value entity %q (VAL-INIT-008)", init.GetServiceName())
	case init.GetEntityId() == "":
		return c.broken(0, "an init without an entity id (CORE-KEY-001)")
	}
	entity, err := definition.activate(init.GetState())
	if err != nil {
		return c.broken(0, "the value: %v (VAL-INIT-009)", err)
	}
	c.entity, c.entityID = entity, init.GetEntityId()
	return nil, true
}

// command runs one command and returns its one answer (CORE-CMD-002).
func (c *conversation) command(command *entityv1.Command) (*valuev1.HandleResponse, bool) {
	switch {
	case c.entity == nil:
		return c.broken(command.GetId(), "a command before init (VAL-INIT-004)")
	case command.GetEntityId() != c.entityID:
		return c.broken(command.GetId(), "a command for %q on the stream of %q (VAL-CMD-007)", command.GetEntityId(), c.entityID)
	}
	reply := c.entity.execute(c.ctx, command)
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}, true
}

// broken ends the stream with a stream-level failure.
func (c *conversation) broken(commandID int64, format string, args ...any) (*valuev1.HandleResponse, bool) {
	failure := sdk.Broken(c.ctx, c.log, c.entityID, commandID, fmt.Sprintf(format, args...))
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Failure{Failure: failure}}, false
}
