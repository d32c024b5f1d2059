// Package answer is what is recorded of a keyed command: its answer, for those who ask
// again. It is stored as protobuf, so that a later version may add to it.
package answer

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Encode returns the bytes of an answer that is recorded: of the client action
// that gave it. An outcome that has nothing for the caller has none (IDEM-RECORD-007).
func Encode(outcome entity.Outcome) []byte {
	action := &entityv1.ClientAction{}
	failure, refused := outcome.Err.(*entity.Failure) //nolint:errorlint // as the machine has put it there
	switch {
	case refused:
		action.Action = &entityv1.ClientAction_Failure{Failure: &entityv1.Failure{
			Code: int32(failure.Code), Description: failure.Description, Details: failure.Details,
		}}
	case outcome.Err != nil:
	case outcome.Forward != nil:
		action.Action = &entityv1.ClientAction_Forward{Forward: outcome.Forward}
	default:
		action.Action = &entityv1.ClientAction_Reply{Reply: outcome.Reply}
	}
	answer, err := proto.Marshal(action)
	if err != nil {
		panic(err) // Read from the wire, or ours: it can be written.
	}
	return answer
}

// Decode returns what a repeat gets of a recorded answer: the same, and no side
// effect. Bytes that were not written as one are damage, and are said to be.
func Decode(answer []byte) entity.Outcome {
	action := &entityv1.ClientAction{}
	if err := proto.Unmarshal(answer, action); err != nil {
		return entity.Outcome{Err: fault.New(fault.Internal, "the recorded answer is damaged: %w", err)}
	}
	switch what := action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		return entity.Outcome{Reply: what.Reply}
	case *entityv1.ClientAction_Forward:
		return entity.Outcome{Forward: what.Forward}
	case *entityv1.ClientAction_Failure:
		code := codes.Code(what.Failure.GetCode())
		if code == codes.OK {
			return entity.Outcome{Err: fault.New(fault.Internal, "the recorded answer is damaged: a failure with the code OK")}
		}
		return entity.Outcome{Err: &entity.Failure{
			Code: code, Description: what.Failure.GetDescription(), Details: what.Failure.GetDetails(),
		}}
	default:
		return entity.Outcome{Err: fault.Nothing("the command was carried out before; the function's reply held nothing for the caller")}
	}
}
