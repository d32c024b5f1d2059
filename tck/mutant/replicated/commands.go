package replicated

import (
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// commandMutants are wrong about a command or about the form of its answer.
func commandMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "replicated-numbers-replies-one-too-high", KilledBy: "CORE-CMD-002", Message: "has not the id of its command",
			MayAlsoFail: anyEntity(),
			Defect: onAnswers(func(_ *activation, _ *request, reply *replicatedv1.ReplicatedReply) {
				reply.CommandId++
			}),
		},
		{
			Name: "replicated-replies-twice", KilledBy: "CORE-CMD-002", Message: "command 1 was answered twice",
			MayAlsoFail: anyEntity(),
			Defect: onOutputs(func(_ *activation, in *request, out []*response) []*response {
				if in.GetCommand() != nil {
					return defect.Twice(out)
				}
				return out
			}),
		},
		{
			Name: "replicated-never-replies", KilledBy: "CORE-CMD-002", Message: "nothing within",
			MayAlsoFail: anyEntity(),
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetCommand() != nil }),
		},
		{
			Name: "replicated-hangs-on-an-unknown-command", KilledBy: "CORE-CMD-003", Message: "nothing within",
			Defect: ignoring(func(_ *activation, in *request) bool {
				return in.GetCommand().GetName() == "NoSuchCommand"
			}),
		},
		{
			Name: "replicated-takes-any-name", KilledBy: "CORE-CMD-003", Message: "reply 2 gcounter 5",
			Defect: onRequests(func(_ *activation, in *request) {
				if in.GetCommand().GetName() == "NoSuchCommand" {
					in.GetCommand().Name = "Process"
				}
			}),
		},
		{
			Name: "replicated-takes-any-payload", KilledBy: "CORE-CMD-005", Message: "reply 2 gcounter 5",
			Defect: onRequests(func(_ *activation, in *request) {
				command := in.GetCommand()
				if command.GetName() == "Process" && command.GetPayload().UnmarshalTo(&tckreplicatedv1.ProcessRequest{}) != nil {
					command.Payload = pack(&tckreplicatedv1.ProcessRequest{})
				}
			}),
		},
		{
			Name: "replicated-takes-any-bytes-for-text", KilledBy: "CORE-CMD-005", Message: "reply 2 gcounter 5",
			Defect: onRequests(func(_ *activation, in *request) { defect.Misread(in.GetCommand().GetPayload()) }),
		},
		{
			Name: "replicated-streams-replies-of-the-other-type", KilledBy: "CORE-CMD-006", Message: "reply 2 gcounter 5",
			MayAlsoFail: append(streamedCases(), "replicated/effects/of-each", "replicated/write-consistency/", "replicated/streams/", "replicated/commands/"),
			Defect: onReplies(func(reply *replicatedv1.ReplicatedReply) {
				var streamed tckreplicatedv1.ProcessStreamedResponse
				if reply.GetClientAction().GetReply().GetPayload().UnmarshalTo(&streamed) == nil {
					reply.ClientAction = replyWith(&tckreplicatedv1.ProcessResponse{State: streamed.GetState()})
				}
			}),
		},
		{
			Name: "replicated-replies-without-payload", KilledBy: "CORE-CMD-006", Message: "no payload",
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(reply *replicatedv1.ReplicatedReply) {
				if action := reply.GetClientAction().GetReply(); action != nil {
					action.Payload = nil
				}
			}),
		},
		{
			Name: "replicated-refuses-unknown-fields", KilledBy: "CORE-CMD-007", Message: "an unknown field",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if hasUnknown(in.GetCommand()) {
						return refused(in, "an unknown field")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "handles-replicated-commands-for-another-entity", KilledBy: "REP-CMD-001", Message: "reply 2",
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetCommand() != nil {
					in.GetCommand().EntityId = entity.id
				}
			}),
		},
		{
			Name: "handles-cancellations-for-another-entity", KilledBy: "REP-CMD-001", Message: "stream_cancelled_response 1",
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetStreamCancelled() != nil {
					in.GetStreamCancelled().EntityId = entity.id
				}
			}),
		},
	}
}

// streamedCases are the cases of streamed calls.
func streamedCases() []string { return []string{"replicated/streamed/", "replicated/cancel/"} }

// hasUnknown reports whether a command of the model has a field that nobody knows.
func hasUnknown(command *entityv1.Command) bool {
	var process tckreplicatedv1.ProcessRequest
	return command.GetPayload().UnmarshalTo(&process) == nil && len(process.ProtoReflect().GetUnknown()) > 0
}
