package action

import (
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// answerMutants are wrong about the form of a response.
func answerMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "answers-effects-with-an-empty-reply", KilledBy: "ACT-ANSWER-009", Message: `got reply ""`,
			MayAlsoFail: anyCall(),
			Defect: onResponses(func(answer *response) {
				if answer.GetResponse() == nil && len(answer.GetSideEffects()) > 0 {
					answer.Response = replyWith("")
				}
			}),
		},
		{
			Name: "sends-effects-one-response-late", KilledBy: "ACT-ANSWER-002", Message: "got no case",
			MayAlsoFail: anyCall(),
			Defect: bent(func(c *call, next machine) machine {
				var held []*entityv1.SideEffect
				return func(in *command) ([]*response, bool) {
					out, end := next(in)
					for _, answer := range out {
						if c.shape.streamsOut {
							answer.SideEffects, held = held, answer.GetSideEffects()
						}
					}
					return out, end
				}
			}),
		},
		{
			Name: "sends-the-effects-of-the-first-request", KilledBy: "ACT-ANSWER-002", Message: `got reply "one" effects [ActionTwoService/Call ActionTwoServiceCallRequest "z"]`,
			MayAlsoFail: anyCall(),
			Defect: bent(func(c *call, next machine) machine {
				return func(in *command) ([]*response, bool) {
					out, end := next(in)
					for _, answer := range out {
						if !c.shape.streamsOut && len(answer.GetSideEffects()) > 0 {
							answer.SideEffects = answer.GetSideEffects()[:1]
						}
					}
					return out, end
				}
			}),
		},
		{
			Name: "replies-without-a-type", KilledBy: "CORE-CMD-006", Message: "ProcessResponse of 3 B",
			MayAlsoFail: anyCall(),
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = strings.TrimPrefix(payload.GetTypeUrl(), "type.googleapis.com/")
			}),
		},
		{
			Name: "replies-of-another-type", KilledBy: "CORE-CMD-006", Message: `ActionTwoServiceCallRequest "A"`,
			MayAlsoFail: anyCall(),
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = pack(&tckactionv1.ActionTwoServiceCallRequest{}).GetTypeUrl()
			}),
		},
		{
			Name: "replies-without-payload", KilledBy: "CORE-CMD-006", Message: "no payload",
			MayAlsoFail: anyCall(),
			Defect:      onReplies(func(reply *entityv1.Reply) { reply.Payload = nil }),
		},
		{
			Name: "packs-under-its-own-prefix", KilledBy: "CORE-PAYLOAD-003", Message: "one under types.example.com/",
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = strings.Replace(payload.GetTypeUrl(), "type.googleapis.com/", "types.example.com/", 1)
			}),
		},
	}
}

// retyping changes the payload of every reply.
func retyping(change func(payload *anypb.Any)) defect.Defect {
	return onReplies(func(reply *entityv1.Reply) { change(reply.GetPayload()) })
}
