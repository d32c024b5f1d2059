package runtime

import (
	"crypto/sha256"

	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// beside returns what is stored with a change: the record of a keyed command's answer,
// and the durable side effects.
func (a *activation) beside(effect entity.Persist) store.Beside {
	c := a.find(effect.Command)
	if c == nil {
		return store.Beside{}
	}
	var beside store.Beside
	if effect.Answer != nil {
		beside.Records = []store.Record{{
			Key:     c.command.Key,
			Command: c.command.Name,
			Digest:  sha256.Sum256(c.command.Payload.GetValue()),
			Answer:  encodeAnswer(*effect.Answer),
		}}
	}
	if effects := a.runtime.config.Effects; effects != nil && len(effect.Durable) > 0 {
		beside.Effects = effects(a.id, c.command, effect.Durable)
		for _, stored := range beside.Effects {
			c.stored = append(c.stored, stored.ID)
		}
	}
	return beside
}

// encodeAnswer returns the bytes of an answer that is recorded: of the client action
// that gave it. An outcome that has nothing for the caller has none (IDEM-RECORD-007).
func encodeAnswer(outcome entity.Outcome) []byte {
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
