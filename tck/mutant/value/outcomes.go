package value

import (
	"slices"
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// failing are the cases in which a command fails.
func failing() []string {
	return []string{
		"value/failures/", "value/effects/none", "value/commands/", "value/streams/a-failure",
		"value/states/not-seen", "value/cancel/answered",
	}
}

// outcomeMutants are wrong about failures, forwards and side effects.
func outcomeMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "ends-the-stream-after-a-failure", KilledBy: "CORE-FAIL-001", Message: "end OK",
			MayAlsoFail: failing(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					return out, end || len(failures(out)) > 0
				}
			}),
		},
		{
			Name: "loses-the-description", KilledBy: "CORE-FAIL-004", Message: `failure ""`,
			MayAlsoFail: failing(),
			Defect:      onFailures(func(failure *entityv1.Failure) { failure.Description = "" }),
		},
		{
			Name: "garbles-what-is-not-ascii", KilledBy: "CORE-FAIL-004", Message: "Gr??e",
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
			Name: "keeps-the-effects-of-a-failed-command", KilledBy: "FX-EFF-003", Message: "effects [",
			Defect: onAnswers(func(_ *activation, in *request, answer *reply) {
				if answer.GetClientAction().GetFailure() == nil {
					return
				}
				for _, asked := range actions(in) {
					if asked.GetEffect() != nil {
						answer.SideEffects = append(answer.SideEffects, sideEffect(asked.GetEffect()))
					}
				}
			}),
		},
		{
			Name: "forwards-by-the-short-name", KilledBy: "FX-FWD-001", Message: "forward Two/Call",
			MayAlsoFail: forwarding(),
			Defect:      onForwards(func(forward *entityv1.Forward) { forward.ServiceName = "Two" }),
		},
		{
			Name: "forwards-its-own-request", KilledBy: "FX-FWD-001", Message: "ProcessResponse",
			MayAlsoFail: forwarding(),
			Defect: onForwards(func(forward *entityv1.Forward) {
				forward.Payload = replyWith("").GetReply().GetPayload()
			}),
		},
		{
			Name: "forwards-and-replies", KilledBy: "FX-FWD-001", Message: "was answered twice",
			MayAlsoFail: forwarding(),
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if len(out) > 0 && out[0].GetReply().GetClientAction().GetForward() != nil {
						out = append(out, answered(in, replyWith(entity.text()))...)
					}
					return out, end
				}
			}),
		},
		{
			Name: "reverses-effects", KilledBy: "FX-EFF-001", Message: "effects [",
			MayAlsoFail: []string{"value/effects/synchronous"},
			Defect:      onReplies(func(answer *reply) { slices.Reverse(answer.GetSideEffects()) }),
		},
		{
			Name: "loses-effects", KilledBy: "FX-EFF-001", Message: `got reply 1 ""`,
			MayAlsoFail: effectful(),
			Defect:      onReplies(func(answer *reply) { answer.SideEffects = nil }),
		},
		{
			Name: "loses-the-synchronous-flag", KilledBy: "FX-EFF-002", Message: `ProcessRequest "x" sync], got`,
			Defect: onReplies(func(answer *reply) {
				for _, effect := range answer.GetSideEffects() {
					effect.Synchronous = false
				}
			}),
		},
		{
			Name: "waits-for-every-effect", KilledBy: "FX-EFF-002", Message: "sync",
			MayAlsoFail: effectful(),
			Defect: onReplies(func(answer *reply) {
				for _, effect := range answer.GetSideEffects() {
					effect.Synchronous = true
				}
			}),
		},
	}
}

// forwarding and effectful are the cases with forwards, and with side effects.
func forwarding() []string {
	return []string{"value/states/forward", "value/states/seen-after-a-forward", "value/payloads/packed"}
}

func effectful() []string {
	return []string{"value/effects/", "value/forwards/with", "value/states/none-of-an-effect", "value/payloads/packed"}
}

// onForwards is the defect that changes every forward.
func onForwards(change func(forward *entityv1.Forward)) defect.Defect {
	return onReplies(func(answer *reply) {
		if forward := answer.GetClientAction().GetForward(); forward != nil {
			change(forward)
		}
	})
}

// failures are the replies whose client action is a failure.
func failures(out []*response) []*reply {
	var failed []*reply
	for _, message := range out {
		if message.GetReply().GetClientAction().GetFailure() != nil {
			failed = append(failed, message.GetReply())
		}
	}
	return failed
}
