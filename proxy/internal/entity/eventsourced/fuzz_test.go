package eventsourced_test

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
	"github.com/stateward/stateward/proxy/internal/entity/turn/turntest"
)

func FuzzStep(f *testing.F) {
	lives := turntest.Kind{Kind: kind, Begin: begin, Decode: decode, Wrong: wrong}
	lives.Fuzz(f, []string{
		"o.rca", "o..rcascbs", "o..r", "o.a", "orcaF", "orcbas", "orcae", "orcau", "orct", "orp", "oxercea",
		"*orcasbsp", "*orkacbF", "*orkacbUs", "*orcacbV", "*orcgas", "*orcaE", "*orcacbcasss", "*orcbcbeEsss",
		"*orcbcbasss", "*orcbcbacbssss", "*orcbcbasUs", "*orcbcbassU", "*orcbcbaV", "*orcbcbE",
	}, []string{
		"reply 1 ok=done event=A event=B effect=shop.Log/Note",
		"reply 1 ok=done event=A event=B snapshot=AB",
		"reply 2 forward=shop.Stock/Take",
		"reply 1 fail=no event=A restart",
		"reply 1 no-payload event=A snapshot=A",
		"failure 1 text=oh",
		"nothing",
		"reply 1 ok=done event=A type=Text",
		"reply 1 ok=done event=A durable=shop.Log/Note",
		"reply 1 ok=done event=A about=k:v",
		"reply 1 ok=done event=A delete retention=5",
		"snapshot-response snapshot=A",
		"reply 1 fail=no detail=A",
	})
}

// begin returns a machine with so many stored events, which soon wants a snapshot. A
// special one has every capability.
func begin(special bool, stored int) (entity.Machine, []entity.Input) {
	terms := entity.Terms{MaxMessage: 1 << 10, MaxMetadata: 64}
	if special {
		terms.Capabilities = ^entity.Capabilities(0)
	}
	inputs := []entity.Input{entity.Opened{Epoch: 1, Last: int64(stored)}}
	for sequence := range stored {
		inputs = append(inputs, entity.Replayed{Event: entity.Event{Sequence: int64(sequence) + 1}})
	}
	return eventsourced.New(entity.ID{Service: "s", Entity: "e"}, terms, eventsourced.Config{Ask: 3, Ahead: 2}), inputs
}

func decode(message []byte, command int64) proto.Message {
	response := &eventsourcedv1.HandleResponse{}
	if proto.Unmarshal(message, response) != nil {
		return nil
	}
	if reply := response.GetReply(); reply != nil {
		reply.CommandId = command
	}
	return response
}

// wrong checks that the write has the events of the reply, and no change of one that
// has failed.
func wrong(message proto.Message, change entity.Persist) error {
	response, _ := message.(*eventsourcedv1.HandleResponse)
	reply := response.GetReply()
	switch failed := reply.GetClientAction().GetFailure() != nil; {
	case failed && (len(change.Events) > 0 || change.Delete != nil || change.Snapshot != nil || len(change.Durable) > 0):
		return errors.New("a failed reply changes the state")
	case !failed && len(change.Events) != len(reply.GetEvents()):
		return fmt.Errorf("%d events of %d", len(change.Events), len(reply.GetEvents()))
	default:
		return nil
	}
}
