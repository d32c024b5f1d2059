package sdktest

import (
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// Shorter names for what a stream of a replicated entity carries.
type (
	// ReplicatedRequest goes to the function.
	ReplicatedRequest = replicatedv1.HandleRequest
	// ReplicatedResponse comes from the function.
	ReplicatedResponse = replicatedv1.HandleResponse
	// ReplicatedStream is one stream to a replicated entity.
	ReplicatedStream = Conversation[ReplicatedRequest, ReplicatedResponse]
)

// OpenReplicated opens a stream to a replicated entity and sends these messages
// on it.
func (p *Proxy) OpenReplicated(messages ...*ReplicatedRequest) *ReplicatedStream {
	p.tb.Helper()
	return converse(p, replicatedv1.NewReplicatedEntityServiceClient(p.Conn).Handle, messages)
}

// ReplicatedInit is the message that opens a stream; delta nil is an entity that
// nobody has given a type.
func ReplicatedInit(service, entity string, delta *replicatedv1.Delta) *ReplicatedRequest {
	return &ReplicatedRequest{Message: &replicatedv1.HandleRequest_Init{
		Init: &replicatedv1.Init{ServiceName: service, EntityId: entity, Delta: delta},
	}}
}

// ReplicatedDelta is a change from elsewhere.
func ReplicatedDelta(delta *replicatedv1.Delta) *ReplicatedRequest {
	return &ReplicatedRequest{Message: &replicatedv1.HandleRequest_Delta{Delta: delta}}
}

// ReplicatedDelete says that the entity was deleted elsewhere.
func ReplicatedDelete() *ReplicatedRequest {
	return &ReplicatedRequest{Message: &replicatedv1.HandleRequest_Delete{Delete: &replicatedv1.Delete{}}}
}

// ReplicatedCommand is a command; request nil is one without payload.
func ReplicatedCommand(entity string, id int64, name string, request proto.Message) *ReplicatedRequest {
	return WithReplicatedCommand(&entityv1.Command{EntityId: entity, Id: id, Name: name, Payload: Any(request)})
}

// StreamedCommand is a command whose responses are streamed.
func StreamedCommand(entity string, id int64, name string, request proto.Message) *ReplicatedRequest {
	return WithReplicatedCommand(&entityv1.Command{EntityId: entity, Id: id, Name: name, Payload: Any(request), Streamed: true})
}

// WithReplicatedCommand is the message that carries this command.
func WithReplicatedCommand(command *entityv1.Command) *ReplicatedRequest {
	return &ReplicatedRequest{Message: &replicatedv1.HandleRequest_Command{Command: command}}
}

// StreamCancelled says that the streamed call of the command with this id has
// ended.
func StreamCancelled(entity string, id int64) *ReplicatedRequest {
	return &ReplicatedRequest{Message: &replicatedv1.HandleRequest_StreamCancelled{
		StreamCancelled: &replicatedv1.StreamCancelled{EntityId: entity, Id: id},
	}}
}
