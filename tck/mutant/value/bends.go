package value

import (
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// What most mutants are made of.

// onReplies is the defect that changes every reply to a command that succeeds, forwards
// among them.
func onReplies(change func(answer *reply)) defect.Defect {
	return onAnswers(func(_ *activation, _ *request, answer *reply) {
		if answer.GetClientAction().GetFailure() == nil {
			change(answer)
		}
	})
}

// onFailures is the defect that changes every failure as client action.
func onFailures(change func(failure *entityv1.Failure)) defect.Defect {
	return onAnswers(func(_ *activation, _ *request, answer *reply) {
		if failure := answer.GetClientAction().GetFailure(); failure != nil {
			change(failure)
		}
	})
}

// onStates is the defect that changes every update.
func onUpdates(change func(update *valuev1.Update)) defect.Defect {
	return onReplies(func(answer *reply) {
		if update := answer.GetStateAction().GetUpdate(); update != nil {
			change(update)
		}
	})
}

// onAnswers is the defect that changes every answer to a command, or the activation
// after it.
func onAnswers(change func(entity *activation, in *request, answer *reply)) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, message := range out {
				if message.GetReply() != nil {
					change(entity, in, message.GetReply())
				}
			}
			return out, end
		}
	})
}

// onRequests is the defect that reads every message of the proxy wrongly.
func onRequests(change func(entity *activation, in *request)) defect.Defect {
	return defect.OnRequests[activation, request, response](change)
}

// ignoring is the defect that takes no notice of some messages.
func ignoring(some func(entity *activation, in *request) bool) defect.Defect {
	return defect.Ignoring[activation, request, response](some)
}

// refusing is the defect that breaks the stream over some messages.
func refusing(description string, some func(in *request) bool) defect.Defect {
	return bent(func(_ *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			if in != nil && some(in) {
				return broken(description)
			}
			return next(in)
		}
	})
}

// bent is the defect of a machine that shares nothing between streams; bending is an
// instance of one that does.
func bent(bend func(*activation, machine) machine) defect.Defect {
	return defect.Bent[activation, request, response](bend)
}

func bending(bend func(*activation, machine) machine) defect.Instance {
	return defect.Bending[activation, request, response](bend)
}

// actions are what a command asks of the model; none when it is no such command.
func actions(in *request) []*tckvaluev1.RequestAction {
	var process tckvaluev1.ProcessRequest
	if err := in.GetCommand().GetPayload().UnmarshalTo(&process); err != nil {
		return nil
	}
	return process.GetActions()
}

// change is what a command asks to make of the value last: a state action, and the
// value, which is nil for a delete; nothing when it changes nothing.
func change(in *request) (action *valuev1.StateAction, value *string) {
	for _, asked := range actions(in) {
		switch asked := asked.GetAction().(type) {
		case *tckvaluev1.RequestAction_Update:
			action, value = updateTo(asked.Update.GetValue()), new(asked.Update.GetValue())
		case *tckvaluev1.RequestAction_Delete:
			action, value = removal(), nil
		}
	}
	return action, value
}

// answered is an answer to the command.
func answered(in *request, action *entityv1.ClientAction) []*response {
	return []*response{{Message: &valuev1.HandleResponse_Reply{
		Reply: &reply{CommandId: in.GetCommand().GetId(), ClientAction: action},
	}}}
}

// refused refuses a command.
func refused(in *request, description string) ([]*response, bool) {
	return answered(in, refusal(in.GetCommand().GetId(), description)), false
}
