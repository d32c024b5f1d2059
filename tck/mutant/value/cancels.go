package value

import (
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// cancelMutants are wrong about the news that nobody waits any more.
func cancelMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "breaks-over-a-cancel", KilledBy: "CORE-CANCEL-004", Message: "no such message",
			MayAlsoFail: []string{"value/cancel/"},
			Defect:      refusing("no such message", func(in *request) bool { return in.GetCancel() != nil }),
		},
		{
			Name: "answers-a-cancel", KilledBy: "CORE-CANCEL-005", Message: "reply 1",
			MayAlsoFail: []string{"value/cancel/"},
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if cancel := in.GetCancel(); cancel != nil {
						return []*response{{Message: &valuev1.HandleResponse_Reply{Reply: &reply{
							CommandId: cancel.GetCommandId(), ClientAction: refusal(cancel.GetCommandId(), "cancelled"),
						}}}}, false
					}
					return next(in)
				}
			}),
		},
		{
			Name: "answers-again-at-a-cancel", KilledBy: "CORE-CANCEL-002", Message: "command 1 was answered twice",
			MayAlsoFail: []string{"value/cancel/"},
			Defect: bent(func(_ *activation, next machine) machine {
				var last []*response
				return func(in *request) ([]*response, bool) {
					if in.GetCancel() != nil && len(last) > 0 {
						return last, false
					}
					out, end := next(in)
					last = out
					return out, end
				}
			}),
		},
		{
			Name: "forgets-the-value-at-a-cancel", KilledBy: "CORE-CANCEL-004", Message: `got reply 2 ""`,
			MayAlsoFail: []string{"value/cancel/"},
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetCancel() != nil {
					entity.value = nil
				}
			}),
		},
	}
}
