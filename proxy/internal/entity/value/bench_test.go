package value_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/value"
)

// BenchmarkCommand steps one command that updates the value: Arrived, Received,
// Persisted.
func BenchmarkCommand(b *testing.B) {
	machine := value.New(entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Terms{MaxMessage: 4 << 20, MaxMetadata: 8192})
	effects := machine.Step(entity.Opened{Epoch: 1}, nil)
	effects = machine.Step(entity.Recovered{}, effects[:0])
	payload := &anypb.Any{TypeUrl: "t/Text", Value: []byte("tea")}
	command := entity.Command{Name: "Set", Payload: payload, Response: "Text"}
	reply := &valuev1.ValueEntityReply{
		ClientAction: &entityv1.ClientAction{
			Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: payload}},
		},
		StateAction: &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: payload}}},
	}
	message := &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
	b.ReportAllocs()
	for b.Loop() {
		reply.CommandId++
		effects = machine.Step(entity.Arrived{Command: command}, effects[:0])
		effects = machine.Step(entity.Received{Message: message}, effects[:0])
		effects = machine.Step(entity.Persisted{}, effects[:0])
	}
	if len(effects) != 1 || !machine.Idle() {
		b.Fatalf("the last command was not completed: %v", effects)
	}
}
