package sdk

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Error is a refusal by the domain: the caller of the command gets its code as
// the gRPC status, and its description, unchanged, as the message.
type Error struct {
	// Code is one of codes 1 to 16; any other becomes UNKNOWN.
	Code codes.Code
	// Description is for the caller to read.
	Description string
}

// Errorf returns an [Error] whose description is formatted as by fmt.Sprintf.
// A handler that returns it refuses the command, and the entity lives on.
func Errorf(code codes.Code, format string, args ...any) error {
	return &Error{Code: code, Description: fmt.Sprintf(format, args...)}
}

// Error returns the description.
func (e *Error) Error() string { return e.Description }

// GRPCStatus lets grpc's own functions see the code.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Code, e.Description) }

// Failure returns err as the protocol's failure of the command with this id; 0
// stands for the stream as a whole. The code is that of the [Error], or of
// grpc's own status error, that err is or wraps; of a context that has ended it
// is CANCELLED (CORE-CANCEL-003) or DEADLINE_EXCEEDED; otherwise UNKNOWN.
func Failure(commandID int64, err error) *entityv1.Failure {
	answer, ok := status.FromError(err)
	if !ok {
		answer = status.FromContextError(err)
	}
	code, description := answer.Code(), answer.Message()
	if code == codes.OK || code > codes.Unauthenticated {
		code = codes.Unknown
	}
	return &entityv1.Failure{CommandId: commandID, Description: text(description), Code: int32(code)}
}

// text returns the description as protobuf carries it.
func text(description string) string { return strings.ToValidUTF8(description, "\uFFFD") }

// Refuse returns the client action that refuses the command with err.
func Refuse(command *entityv1.Command, err error) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: Failure(command.GetId(), err)}}
}

// Broken returns the failure that ends the stream of an entity (CORE-FAIL-002), which the
// log then has too. The id is that of the command that it answers, or 0 where it concerns
// the stream.
func Broken(ctx context.Context, log *slog.Logger, entityID string, commandID int64, reason string) *entityv1.Failure {
	log.WarnContext(ctx, "stream broken", "entity", entityID, "command", commandID, "reason", reason)
	return &entityv1.Failure{CommandId: commandID, Description: text(reason)}
}
