package action

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// outcomeMutants are wrong about failures, forwards and side effects.
func outcomeMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "loses-the-description", KilledBy: "ACT-FAIL-001", Message: `failure ""`,
			MayAlsoFail: failing(),
			Defect:      onFailures(func(failure *entityv1.Failure) { failure.Description = "" }),
		},
		{
			Name: "garbles-what-is-not-ascii", KilledBy: "ACT-FAIL-001", Message: "Gr??e",
			Defect: onFailures(func(failure *entityv1.Failure) {
				failure.Description = strings.Map(func(r rune) rune {
					if r > 0x7f {
						return '?'
					}
					return r
				}, failure.GetDescription())
			}),
		},
		{
			Name: "refuses-by-a-status-what-the-domain-refuses", KilledBy: "ACT-FAIL-001", Message: `expected failure "one", got end`,
			MayAlsoFail: failing(),
			Defect: func() defect.Instance {
				instance := bending(func(c *call, next machine) machine {
					return func(in *command) ([]*response, bool) {
						out, end := next(in)
						if in != nil && c.shape.name == "Unary" && c.answer(c.steps).GetFailure() != nil {
							return nil, true
						}
						for i, answer := range out {
							if answer.GetFailure() != nil && (!end || in == nil) {
								return out[:i], true
							}
						}
						return out, end
					}
				})
				instance.Status = status.Error(codes.Unknown, "no")
				return instance
			},
		},
		{
			Name: "forwards-by-the-short-name", KilledBy: "FX-FWD-001", Message: "forward Two/Call",
			MayAlsoFail: anyCall(),
			Defect:      onForwards(func(forward *entityv1.Forward) { forward.ServiceName = "Two" }),
		},
		{
			Name: "forwards-its-own-request", KilledBy: "FX-FWD-001", Message: "ProcessResponse",
			MayAlsoFail: anyCall(),
			Defect:      onForwards(func(forward *entityv1.Forward) { forward.Payload = replyWith("").Reply.GetPayload() }),
		},
		{
			Name: "reverses-effects", KilledBy: "FX-EFF-001", Message: "effects [",
			MayAlsoFail: anyCall(),
			Defect:      onResponses(func(answer *response) { slices.Reverse(answer.GetSideEffects()) }),
		},
		{
			Name: "loses-effects", KilledBy: "FX-EFF-001", Message: `got reply "A"`,
			MayAlsoFail: anyCall(),
			Defect:      onResponses(func(answer *response) { answer.SideEffects = nil }),
		},
		{
			Name: "loses-the-synchronous-flag", KilledBy: "FX-EFF-002", Message: " sync], got",
			MayAlsoFail: anyCall(),
			Defect: onResponses(func(answer *response) {
				for _, effect := range answer.GetSideEffects() {
					effect.Synchronous = false
				}
			}),
		},
		{
			Name: "waits-for-every-effect", KilledBy: "FX-EFF-002", Message: "sync",
			MayAlsoFail: anyCall(),
			Defect: onResponses(func(answer *response) {
				for _, effect := range answer.GetSideEffects() {
					effect.Synchronous = true
				}
			}),
		},
	}
}

// failing are the cases in which the domain refuses a call.
func failing() []string {
	return []string{
		"action/unary/failure/", "action/unary/the-last", "action/streamed-in/failure", "action/streamed-out/failure",
		"action/streamed/failure", "action/failures/", "action/calls/a-failure", "action/streamed-out/a-failure",
	}
}
