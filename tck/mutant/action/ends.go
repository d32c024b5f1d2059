package action

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/tck/mutant/defect"
)

// endMutants are wrong about the end of a call.
func endMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "answers-twice", KilledBy: "ACT-ANSWER-001", Message: `expected end OK, got reply "one"`,
			MayAlsoFail: anyCall(),
			Defect:      atTheEnd(func(_ *call, out []*response) []*response { return defect.Twice(out) }),
		},
		{
			Name: "never-answers", KilledBy: "ACT-ANSWER-001", Message: `expected reply "one", got end OK`,
			MayAlsoFail: anyCall(),
			Defect:      atTheEnd(func(*call, []*response) []*response { return nil }),
		},
		{
			Name: "ends-every-call-with-a-status", KilledBy: "ACT-ANSWER-001", Message: "expected end OK, got end Aborted",
			MayAlsoFail: anyCall(),
			Defect: func() defect.Instance {
				instance := bending(atOnce)
				instance.Status = status.Error(codes.Aborted, "that is all")
				return instance
			},
		},
		{
			Name: "ignores-the-half-close", KilledBy: "ACT-END-002", Message: "nothing within",
			MayAlsoFail: anyCall(),
			Defect: bent(func(_ *call, next machine) machine {
				return func(in *command) ([]*response, bool) {
					out, end := next(in)
					return out, end && in != nil
				}
			}),
		},
		{
			Name: "says-good-bye", KilledBy: "ACT-END-002", Message: "expected end OK, got no case",
			MayAlsoFail: anyCall(),
			Defect: atTheEnd(func(c *call, out []*response) []*response {
				if c.shape.streamsOut {
					out = append(out, &response{})
				}
				return out
			}),
		},
		{
			Name: "drops-what-is-left-at-the-half-close", KilledBy: "ACT-END-002", Message: "got end OK",
			MayAlsoFail: anyCall(),
			Defect: bent(func(c *call, next machine) machine {
				var held []*response
				return func(in *command) ([]*response, bool) {
					out, end := next(in)
					if in != nil && c.shape.streamsOut && !end {
						out, held = held, out
					}
					return out, end
				}
			}),
		},
		{
			Name: "ends-a-stream-at-its-first-response", KilledBy: "ACT-END-002", Message: "got end OK",
			MayAlsoFail: anyCall(),
			Defect: bent(func(c *call, next machine) machine {
				return func(in *command) ([]*response, bool) {
					out, end := next(in)
					if c.shape.streamsOut && len(out) > 0 {
						return out[:1], true
					}
					return out, end
				}
			}),
		},
	}
}
