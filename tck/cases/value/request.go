package value

import (
	"google.golang.org/protobuf/types/known/anypb"

	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
)

// What a command asks of the model.

func update(value string) *tckvaluev1.RequestAction {
	return &tckvaluev1.RequestAction{Action: &tckvaluev1.RequestAction_Update{
		Update: &tckvaluev1.Update{Value: value},
	}}
}

func remove() *tckvaluev1.RequestAction {
	return &tckvaluev1.RequestAction{Action: &tckvaluev1.RequestAction_Delete{Delete: &tckvaluev1.Delete{}}}
}

func forward(id string) *tckvaluev1.RequestAction {
	return &tckvaluev1.RequestAction{Action: &tckvaluev1.RequestAction_Forward{
		Forward: &tckvaluev1.Forward{Id: id},
	}}
}

func effect(id string, synchronous bool) *tckvaluev1.RequestAction {
	return &tckvaluev1.RequestAction{Action: &tckvaluev1.RequestAction_Effect{
		Effect: &tckvaluev1.Effect{Id: id, Synchronous: synchronous},
	}}
}

func fail(description string) *tckvaluev1.RequestAction {
	return &tckvaluev1.RequestAction{Action: &tckvaluev1.RequestAction_Fail{
		Fail: &tckvaluev1.Fail{Message: description},
	}}
}

// persisted is a value of the model, packed.
func persisted(value string) *anypb.Any {
	return peer.Pack(&tckvaluev1.Persisted{Value: value})
}
