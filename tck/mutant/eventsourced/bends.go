package eventsourced

import (
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// What most mutants are made of.

// onReplies is the defect that changes every reply to a command that succeeds,
// forwards among them.
func onReplies(change func(reply *eventsourcedv1.EventSourcedReply)) defect.Defect {
	return onAnswers(func(_ *activation, reply *eventsourcedv1.EventSourcedReply) {
		if reply.GetClientAction().GetFailure() == nil {
			change(reply)
		}
	})
}

// onFailures is the defect that changes every failure as client action.
func onFailures(change func(failure *entityv1.Failure)) defect.Defect {
	return onAnswers(func(_ *activation, reply *eventsourcedv1.EventSourcedReply) {
		if failure := reply.GetClientAction().GetFailure(); failure != nil {
			change(failure)
		}
	})
}

// onAnswers is the defect that changes every answer to a command, or the
// activation after it.
func onAnswers(change func(entity *activation, reply *eventsourcedv1.EventSourcedReply)) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, message := range out {
				if message.GetReply() != nil {
					change(entity, message.GetReply())
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

// bent is the defect of a machine that shares nothing between streams; bending is an
// instance of one that does.
func bent(bend func(*activation, machine) machine) defect.Defect {
	return defect.Bent[activation, request, response](bend)
}

func bending(bend func(*activation, machine) machine) defect.Instance {
	return defect.Bending[activation, request, response](bend)
}

// actions are what a command asks of the model; none when it is no such command.
func actions(in *request) []*tckeventsourcedv1.RequestAction {
	var process tckeventsourcedv1.ProcessRequest
	if err := in.GetCommand().GetPayload().UnmarshalTo(&process); err != nil {
		return nil
	}
	return process.GetActions()
}

// emitted are the values that a command asks to emit.
func emitted(in *request) []string {
	var values []string
	for _, action := range actions(in) {
		if emit := action.GetEmit(); emit != nil {
			values = append(values, emit.GetValue())
		}
	}
	return values
}

// reply is a reply with the model's message.
func reply(id int64, message string) *response {
	return &response{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId:    id,
		ClientAction: replyWith(&tckeventsourcedv1.ProcessResponse{Message: message}),
	}}}
}

// refused refuses a command.
func refused(in *request, description string) ([]*response, bool) {
	id := in.GetCommand().GetId()
	return []*response{{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId: id, ClientAction: refusal(id, description),
	}}}}, false
}
