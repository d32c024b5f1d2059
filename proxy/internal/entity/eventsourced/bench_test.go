package eventsourced_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
)

// BenchmarkCommand steps one command that emits one event: Arrived, Received,
// Persisted. Pipelined, the store is some commands behind.
func BenchmarkCommand(b *testing.B) {
	for name, behind := range map[string]int64{"unpipelined": 0, "pipelined": 8} {
		b.Run(name, func(b *testing.B) {
			machine := eventsourced.New(entity.ID{Service: "s", Entity: "e"}, entity.Terms{MaxMessage: 1 << 10}, eventsourced.Config{})
			effects := machine.Step(entity.Opened{}, nil)
			effects = machine.Step(entity.Recovered{}, effects[:0])
			payload := &anypb.Any{TypeUrl: "t/Text", Value: []byte("tea")}
			command := entity.Command{Name: "Add", Payload: payload, Response: "Text"}
			reply := &eventsourcedv1.EventSourcedReply{
				ClientAction: &entityv1.ClientAction{
					Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: payload}},
				},
				Events: []*anypb.Any{payload},
			}
			message := &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
			b.ReportAllocs()
			for b.Loop() {
				reply.CommandId++
				effects = machine.Step(entity.Arrived{Command: command}, effects[:0])
				effects = machine.Step(entity.Received{Message: message}, effects[:0])
				if reply.GetCommandId() > behind {
					effects = machine.Step(entity.Persisted{}, effects[:0])
				}
			}
			if len(effects) != 1 || !machine.Ready() {
				b.Fatalf("the last command was not completed: %v", effects)
			}
		})
	}
}
