package simulation

import (
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// role is what the function does on the streams of one service. Its methods are called
// by the driver alone.
type role interface {
	// take takes a message, and returns the command in it; nil when there is none.
	take(s *stream, message proto.Message) *entityv1.Command
	// reply does what the order of a command wants, with a snapshot or without, and
	// answers it.
	reply(s *stream, command *entityv1.Command, o order, snapshot bool) proto.Message
	// refusal refuses a command, and changes something that must not be kept.
	refusal(id int64, action *entityv1.ClientAction) proto.Message
	// nothing is a message that says nothing.
	nothing() proto.Message
	// failed fails the stream as a whole; nil where there is no such message.
	failed(failure *entityv1.Failure) proto.Message
}

// roles are those of the services.
func roles() map[string]role {
	return map[string]role{journaled: journaledRole{}, valued: valuedRole{}, fleeting: valuedRole{}, replicated: replicatedRole{}, acting: actingRole{}}
}
