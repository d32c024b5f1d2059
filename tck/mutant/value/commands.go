package value

import (
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// commandMutants are wrong about a command or about the form of its answer.
func commandMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "numbers-replies-one-too-high", KilledBy: "CORE-CMD-002", Message: "has not the id of its command",
			MayAlsoFail: anyEntity(),
			Defect:      onAnswers(func(_ *activation, _ *request, answer *reply) { answer.CommandId++ }),
		},
		{
			Name: "replies-twice", KilledBy: "CORE-CMD-002", Message: "command 1 was answered twice",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in.GetCommand() != nil {
						out = defect.Twice(out)
					}
					return out, end
				}
			}),
		},
		{
			Name: "never-replies", KilledBy: "CORE-CMD-002", Message: "nothing within",
			MayAlsoFail: anyEntity(),
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetCommand() != nil }),
		},
		{
			Name: "stumbles-over-metadata", KilledBy: "CORE-CMD-002", Message: "a value without a case",
			Defect: refusing("a value without a case", func(in *request) bool {
				for _, entry := range in.GetCommand().GetMetadata().GetEntries() {
					if entry.GetValue() == nil {
						return true
					}
				}
				return false
			}),
		},
		{
			Name: "hangs-on-an-unknown-command", KilledBy: "CORE-CMD-003", Message: "nothing within",
			Defect: ignoring(func(_ *activation, in *request) bool {
				name := in.GetCommand().GetName()
				return in.GetCommand() != nil && name != "Process" && name != "Call"
			}),
		},
		{
			Name: "takes-any-name", KilledBy: "CORE-CMD-003", Message: `reply 2 "A"`,
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetCommand() != nil && entity.service == modelService {
					in.GetCommand().Name = "Process"
				}
			}),
		},
		{
			Name: "takes-no-payload-for-an-empty-one", KilledBy: "CORE-CMD-005", Message: `reply 2 "A"`,
			Defect: onRequests(func(_ *activation, in *request) {
				if in.GetCommand() != nil && in.GetCommand().GetPayload() == nil {
					in.GetCommand().Payload = pack(&tckvaluev1.ProcessRequest{})
				}
			}),
		},
		{
			Name: "takes-any-payload", KilledBy: "CORE-CMD-005", Message: `reply 2 "A"`,
			Defect: onRequests(func(_ *activation, in *request) {
				if payload := in.GetCommand().GetPayload(); payload.UnmarshalTo(&tckvaluev1.ProcessRequest{}) != nil && in.GetCommand() != nil {
					in.GetCommand().Payload = pack(&tckvaluev1.ProcessRequest{})
				}
			}),
		},
		{
			Name: "takes-any-bytes-for-text", KilledBy: "CORE-CMD-005", Message: `reply 2 "?"`,
			MayAlsoFail: []string{"value/activation/value-that"},
			Defect: onRequests(func(_ *activation, in *request) {
				defect.Misread(in.GetCommand().GetPayload())
				defect.Misread(in.GetInit().GetState().GetValue())
			}),
		},
		{
			Name: "replies-without-a-type", KilledBy: "CORE-CMD-006", Message: "ProcessResponse of 3 B",
			MayAlsoFail: anyEntity(),
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = strings.TrimPrefix(payload.GetTypeUrl(), "type.googleapis.com/")
			}),
		},
		{
			Name: "replies-of-another-type", KilledBy: "CORE-CMD-006", Message: `Persisted "A"`,
			MayAlsoFail: anyEntity(),
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = pack(&tckvaluev1.Persisted{}).GetTypeUrl()
			}),
		},
		{
			Name: "replies-without-client-action", KilledBy: "CORE-CMD-006", Message: "no client action",
			MayAlsoFail: anyEntity(),
			Defect:      onReplies(func(answer *reply) { answer.ClientAction = nil }),
		},
		{
			Name: "refuses-unknown-fields", KilledBy: "CORE-CMD-007", Message: "an unknown field",
			Defect: refusing("an unknown field", func(in *request) bool { return hasUnknown(in.GetCommand()) }),
		},
		{
			Name: "packs-under-its-own-prefix", KilledBy: "CORE-PAYLOAD-003", Message: "one under types.example.com/",
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = strings.Replace(payload.GetTypeUrl(), "type.googleapis.com/", "types.example.com/", 1)
			}),
		},
		{
			Name: "reads-under-one-prefix-only", KilledBy: "CORE-PAYLOAD-003", Message: "an unknown value",
			Defect: onRequests(func(_ *activation, in *request) {
				if value := in.GetInit().GetState().GetValue(); strings.HasPrefix(value.GetTypeUrl(), "types.example.com/") {
					value.TypeUrl = ""
				}
			}),
		},
		{
			Name: "handles-commands-for-another-entity", KilledBy: "VAL-CMD-007", Message: "reply 2",
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetCommand() != nil {
					in.GetCommand().EntityId = entity.id
				}
			}),
		},
	}
}

// retyping changes the payload of every reply.
func retyping(change func(payload *anypb.Any)) defect.Defect {
	return onReplies(func(answer *reply) {
		if payload := answer.GetClientAction().GetReply().GetPayload(); payload != nil {
			change(payload)
		}
	})
}

// hasUnknown reports whether a command of the model has a field that nobody knows.
func hasUnknown(command *entityv1.Command) bool {
	var process tckvaluev1.ProcessRequest
	if err := command.GetPayload().UnmarshalTo(&process); err != nil {
		return false
	}
	return len(process.ProtoReflect().GetUnknown())+len(command.ProtoReflect().GetUnknown()) > 0
}
