package replicated

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// What answers are made of.

// broken says that the stream is broken, and ends it.
func broken(description string) ([]*response, bool) {
	failure := &entityv1.Failure{Description: description}
	return []*response{{Message: &replicatedv1.HandleResponse_Failure{Failure: failure}}}, true
}

func refusal(id int64, description string) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
		Failure: &entityv1.Failure{CommandId: id, Description: description},
	}}
}

func replyWith(message proto.Message) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: pack(message)}}}
}

func forwardTo(id string) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
		ServiceName: twoService, CommandName: "Call", Payload: pack(&tckreplicatedv1.ProcessRequest{Id: id}),
	}}}
}

func sideEffect(effect *tckreplicatedv1.Effect) *entityv1.SideEffect {
	return &entityv1.SideEffect{
		ServiceName: twoService, CommandName: "Call", Payload: pack(&tckreplicatedv1.ProcessRequest{Id: effect.GetId()}),
		Synchronous: effect.GetSynchronous(),
	}
}

// pack packs a message of the model, all of which can be encoded.
func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(fmt.Sprintf("a message of the model cannot be encoded: %v", err))
	}
	return packed
}
