package value_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/turn/turntest"
	"github.com/stateward/stateward/proxy/internal/entity/value"
)

func FuzzStep(f *testing.F) {
	lives := turntest.Kind{Kind: kind, Begin: begin, Decode: decode, Wrong: wrong}
	lives.Fuzz(f, []string{
		"orcaVcbsckas", "orcackacbsss", "orcacackaUs", "orcackacgF", "orcxs", "ogcagxs", "orct", "orpc", "oreca", "oru",
		"*orcEaEsE", "*orE",
	}, []string{
		"reply 1 ok=done update=A effect=shop.Log/Note",
		"reply 1 forward=shop.Stock/Take delete",
		"reply 1 fail=no update=A restart",
		"reply 1 fail=no code=1",
		"reply 1 no-payload update=A expire=1000",
		"failure 1 text=oh",
		"nothing",
		"reply 1 ok=done update=A type=Text",
		"reply 1 ok=done durable=shop.Log/Note",
		"reply 1 ok=done no-action",
		"reply 1 ok=done update=",
		"reply 1 ok=done update=A expire=-1",
	})
}

// begin returns a machine with capabilities; the value of a special life expires.
func begin(special bool, _ int) (entity.Machine, []entity.Input) {
	terms := entity.Terms{MaxMessage: 1 << 10, MaxMetadata: 64, Capabilities: entity.CapabilitiesOf(
		discoveryv1.Capability_CAPABILITY_CANCEL, discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)}
	opened := entity.Opened{Epoch: 1}
	if special {
		opened.Left = 1
	}
	return value.New(entity.ID{Service: "s", Entity: "e"}, terms), []entity.Input{opened}
}

func decode(message []byte, command int64) proto.Message {
	response := &valuev1.HandleResponse{}
	if proto.Unmarshal(message, response) != nil {
		return nil
	}
	if reply := response.GetReply(); reply != nil {
		reply.CommandId = command
	}
	return response
}

// wrong checks that the write has the state action of the reply, and no change of one
// that has failed.
func wrong(message proto.Message, change entity.Persist) error {
	response, _ := message.(*valuev1.HandleResponse)
	reply := response.GetReply()
	switch failed := reply.GetClientAction().GetFailure() != nil; {
	case failed && (change.Value != nil || len(change.Durable) > 0):
		return errors.New("a change of a failed reply")
	case !failed && (change.Value != nil) != (reply.GetStateAction() != nil):
		return errors.New("not the state action of the reply")
	default:
		return nil
	}
}
