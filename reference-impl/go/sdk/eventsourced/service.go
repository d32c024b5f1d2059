package eventsourced

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// kind is the event sourced kind.
type kind struct{}

// definition is an Entity of whatever state.
type definition interface {
	activate(id string) activation
}

// Register adds stateward.eventsourced.v1.EventSourcedService to the server.
func (kind) Register(server grpc.ServiceRegistrar, host *sdk.Host, entities []sdk.Entity) {
	eventsourcedv1.RegisterEventSourcedServiceServer(server, &service{host: host, definitions: sdk.ByService[definition](entities)})
}

// service serves the streams of every event sourced entity of a function.
type service struct {
	eventsourcedv1.UnimplementedEventSourcedServiceServer

	host        *sdk.Host
	definitions map[string]definition // by the user's service
}

// Handle serves one activation of one entity.
func (s *service) Handle(stream grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
	c := &conversation{ctx: stream.Context(), log: s.host.Log, definitions: s.definitions}
	return sdk.Converse(s.host, stream, c.step)
}

// conversation is what was said on one stream: which message may come next, and
// what answers it. It does no I/O.
type conversation struct {
	ctx         context.Context // ends with the stream; handed on to handlers
	log         *slog.Logger
	definitions map[string]definition

	phase    phase
	entityID string     // of init
	entity   activation // nil while opening
	sequence int64      // of the last event, or of the snapshot before it
}

// phase says how far a stream has come. It only ever grows.
type phase int

const (
	opening   phase = iota // nothing yet: init comes
	replaying              // init: events come, then commands
	serving                // a command: commands come
	void                   // a failure with restart: nothing comes
)

// step takes one message and returns what answers it, nil where nothing does,
// and whether the stream goes on. A panic in the author's code ends this stream
// and nothing else; its stack is in the log.
func (c *conversation) step(request *eventsourcedv1.HandleRequest) (answer *eventsourcedv1.HandleResponse, more bool) {
	defer func() {
		if cause := recover(); cause != nil {
			c.log.ErrorContext(c.ctx, "panic", "entity", c.entityID, "command", request.GetCommand().GetName(),
				"cause", cause, "stack", string(debug.Stack()))
			answer, more = c.broken(request.GetCommand().GetId(), "the function panicked; its log has the stack")
		}
	}()
	switch message := request.GetMessage().(type) {
	case *eventsourcedv1.HandleRequest_Init:
		return c.init(message.Init)
	case *eventsourcedv1.HandleRequest_Event:
		return c.event(message.Event)
	case *eventsourcedv1.HandleRequest_Command:
		return c.command(message.Command)
	case *eventsourcedv1.HandleRequest_SnapshotRequest:
		return c.snapshot()
	case *eventsourcedv1.HandleRequest_Passivate: // whatever the reason (LIFE-PASS-005)
		return nil, false
	default:
		return c.broken(0, "a message without a case that is known here (CORE-STREAM-004)")
	}
}

// init opens the stream: it creates the entity and restores its snapshot.
func (c *conversation) init(init *eventsourcedv1.Init) (*eventsourcedv1.HandleResponse, bool) {
	definition, known := c.definitions[init.GetServiceName()]
	switch {
	case c.phase != opening:
		return c.broken(0, "a second init (ES-INIT-004)")
	case !known:
		return c.broken(0, "no event sourced entity %q (ES-INIT-005)", init.GetServiceName())
	case init.GetEntityId() == "":
		return c.broken(0, "an init without an entity id (CORE-KEY-001)")
	}
	c.phase, c.entityID = replaying, init.GetEntityId()
	c.entity = definition.activate(c.entityID)
	if init.GetSnapshot() == nil {
		return nil, true
	}
	c.sequence = init.GetSnapshot().GetSnapshotSequence()
	if err := c.entity.restore(init.GetSnapshot()); err != nil {
		return c.broken(0, "snapshot %d: %v (ES-REPLAY-005)", c.sequence, err)
	}
	return nil, true
}

// event replays one event, in silence (ES-REPLAY-004).
func (c *conversation) event(event *eventsourcedv1.Event) (*eventsourcedv1.HandleResponse, bool) {
	switch {
	case c.phase == opening:
		return c.broken(0, "an event before init (ES-INIT-003)")
	case c.phase != replaying:
		return c.broken(0, "an event after a command (ES-REPLAY-006)")
	case event.GetSequence() != c.sequence+1:
		return c.broken(0, "event %d after %d (ES-REPLAY-006)", event.GetSequence(), c.sequence)
	}
	c.sequence = event.GetSequence()
	if err := c.entity.replay(event); err != nil {
		return c.broken(0, "event %d: %v (ES-REPLAY-005)", c.sequence, err)
	}
	return nil, true
}

// command runs one command and returns its one answer (CORE-CMD-002).
func (c *conversation) command(command *entityv1.Command) (*eventsourcedv1.HandleResponse, bool) {
	switch {
	case c.phase == opening:
		return c.broken(command.GetId(), "a command before init (ES-INIT-003)")
	case c.phase == void:
		return c.broken(command.GetId(), "a command after a failure with restart (CORE-RESTART-001)")
	case command.GetEntityId() != c.entityID:
		return c.broken(command.GetId(), "a command for %q on the stream of %q (ES-CMD-002)", command.GetEntityId(), c.entityID)
	}
	c.phase = serving
	reply := c.entity.execute(c.ctx, command)
	if reply.GetClientAction().GetFailure().GetRestart() {
		c.phase = void
	}
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}, true
}

// snapshot answers a request for the state (ES-ASK-003).
func (c *conversation) snapshot() (*eventsourcedv1.HandleResponse, bool) {
	if c.phase != serving {
		return c.broken(0, "a snapshot request before the first command, or after a failure with restart (ES-ASK-001)")
	}
	state, err := c.entity.save()
	if err != nil {
		return c.broken(0, "the snapshot: %v (ES-ASK-003)", err)
	}
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_SnapshotResponse{
		SnapshotResponse: &eventsourcedv1.SnapshotResponse{Snapshot: state},
	}}, true
}

// broken ends the stream with a stream-level failure.
func (c *conversation) broken(commandID int64, format string, args ...any) (*eventsourcedv1.HandleResponse, bool) {
	failure := sdk.Broken(c.ctx, c.log, c.entityID, commandID, fmt.Sprintf(format, args...))
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{Failure: failure}}, false
}
