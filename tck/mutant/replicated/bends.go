package replicated

import (
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// What most mutants are made of.

// onOutputs is the defect that changes what the machine says to a message, or the
// activation after it.
func onOutputs(change func(entity *activation, in *request, out []*response) []*response) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for i := range out {
				out[i] = proto.CloneOf(out[i]) // it holds parts of the value
			}
			return change(entity, in, out), end
		}
	})
}

// onAnswers is the defect that changes every reply, or the activation after it.
func onAnswers(change func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply)) defect.Defect {
	return onOutputs(func(entity *activation, in *request, out []*response) []*response {
		for _, message := range out {
			if message.GetReply() != nil {
				change(entity, in, message.GetReply())
			}
		}
		return out
	})
}

// onReplies is the defect that changes every reply to a command that succeeds, forwards
// among them.
func onReplies(change func(reply *replicatedv1.ReplicatedReply)) defect.Defect {
	return onAnswers(func(_ *activation, _ *request, reply *replicatedv1.ReplicatedReply) {
		if reply.GetClientAction().GetFailure() == nil {
			change(reply)
		}
	})
}

// onFailures is the defect that changes the replies to commands that fail, or the
// activation after them.
func onFailures(change func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply)) defect.Defect {
	return onAnswers(func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply) {
		if reply.GetClientAction().GetFailure() != nil {
			change(entity, in, reply)
		}
	})
}

// onUpdates is the defect that changes every update in a reply.
func onUpdates(change func(entity *activation, in *request, update *replicatedv1.Delta)) defect.Defect {
	return onAnswers(func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply) {
		if update := reply.GetStateAction().GetUpdate(); update != nil {
			change(entity, in, update)
		}
	})
}

// onRequests is the defect that reads every message of the proxy wrongly.
func onRequests(change func(entity *activation, in *request)) defect.Defect {
	return defect.OnRequests[activation, request, response](change)
}

// onReceived is the defect that reads every delta of the proxy wrongly.
func onReceived(change func(entity *activation, delta *replicatedv1.Delta)) defect.Defect {
	return onRequests(func(entity *activation, in *request) {
		for _, delta := range []*replicatedv1.Delta{in.GetInit().GetDelta(), in.GetDelta()} {
			if delta != nil {
				change(entity, delta)
			}
		}
	})
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
func actions(in *request) []*tckreplicatedv1.RequestAction {
	var process tckreplicatedv1.ProcessRequest
	if err := in.GetCommand().GetPayload().UnmarshalTo(&process); err != nil {
		return nil
	}
	return process.GetActions()
}

// asking is a command in which the actions are others. A command that is not for Process
// stays as it is.
func asking(in *request, change func([]*tckreplicatedv1.RequestAction) []*tckreplicatedv1.RequestAction) {
	var process tckreplicatedv1.ProcessRequest
	if err := in.GetCommand().GetPayload().UnmarshalTo(&process); err != nil {
		return
	}
	process.Actions = change(process.GetActions())
	in.GetCommand().Payload = pack(&process)
}

// updatesOf are the changes that a command asks for.
func updatesOf(in *request) []*tckreplicatedv1.Update {
	var all []*tckreplicatedv1.Update
	for _, action := range actions(in) {
		if action.GetUpdate() != nil {
			all = append(all, action.GetUpdate())
		}
	}
	return all
}

// reply is a reply with the value.
func reply(id int64, state *tckreplicatedv1.State) *response {
	return &response{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
		CommandId: id, ClientAction: replyWith(&tckreplicatedv1.ProcessResponse{State: state}),
	}}}
}

// message is a streamed message with the value.
func message(id int64, state *tckreplicatedv1.State) *response {
	return &response{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: &replicatedv1.StreamedMessage{
		CommandId: id, ClientAction: replyWith(&tckreplicatedv1.ProcessStreamedResponse{State: state}),
	}}}
}

// updating is a state action with the update.
func updating(delta *replicatedv1.Delta) *replicatedv1.StateAction {
	return &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: delta}}
}

// refused refuses a command.
func refused(in *request, description string) ([]*response, bool) {
	id := in.GetCommand().GetId()
	return []*response{{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
		CommandId: id, ClientAction: refusal(id, description),
	}}}}, false
}

// failureOf is the failure that answers a message on the stream; nil when none does.
func failureOf(out []*response) *entityv1.Failure {
	if len(out) == 0 {
		return nil
	}
	return out[0].GetFailure()
}

// kindOf is the type of the entity, by its id.
func kindOf(entity *activation) string { return typeOf(entity.id) }

// anyEntity is the blast radius of a defect that spoils every stream.
func anyEntity() []string { return []string{"replicated/", "replicated-maps/"} }

// typed is the blast radius of a defect of one type: its cases, and those that have an
// entity of each type.
func typed(labels ...string) []string {
	radius := []string{"replicated/activation/type-follows", "replicated/ormap/", "replicated/equality/"}
	for _, label := range labels {
		radius = append(radius, "replicated/"+label+"/", "replicated/failures/rolls-back-a-"+label)
	}
	return radius
}

// generic is the blast radius of a defect of the type that most cases are played on.
func generic() []string { return []string{"replicated/"} }
