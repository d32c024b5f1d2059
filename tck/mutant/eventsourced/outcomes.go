package eventsourced

import (
	"slices"
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// failing are the cases in which a command fails.
func failing() []string {
	return []string{
		"core/failures/", "forwarding/effects/none", "core/commands/", "core/payloads/no-message", "core/streams/a-failure",
		"event-sourced/failures/",
		"event-sourced/capabilities/", "event-sourced/delete/",
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
					for _, message := range out {
						end = end || message.GetReply().GetClientAction().GetFailure() != nil
					}
					return out, end
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
			Name: "keeps-the-events-of-a-failed-command", KilledBy: "ES-FAIL-003", Message: "the events of the failed command were kept",
			MayAlsoFail: []string{"event-sourced/failures/", "forwarding/effects/none-after-a-failure-with", "event-sourced/capabilities/"},
			Defect:      keeping,
		},
		{
			Name: "forgets-all-after-a-failure", KilledBy: "ES-FAIL-003", Message: `got reply 3 ""`,
			MayAlsoFail: failing(),
			Defect: onAnswers(func(entity *activation, reply *eventsourcedv1.EventSourcedReply) {
				if reply.GetClientAction().GetFailure() != nil {
					entity.state = ""
				}
			}),
		},
		{
			Name: "emits-in-a-failed-reply", KilledBy: "ES-FAIL-004", Message: "events",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					for _, message := range failures(out) {
						for _, value := range emitted(in) {
							message.Events = append(message.Events, persisted(value))
						}
					}
					return out, end
				}
			}),
		},
		{
			Name: "keeps-the-effects-of-a-failed-command", KilledBy: "FX-EFF-003", Message: "effects [",
			MayAlsoFail: []string{"event-sourced/capabilities/unannounced-durable-effects"},
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					for _, message := range failures(out) {
						for _, action := range actions(in) {
							if effect := action.GetEffect(); effect != nil {
								message.SideEffects = append(message.SideEffects, sideEffect(effect))
							}
						}
					}
					return out, end
				}
			}),
		},
		{
			Name: "forwards-by-the-short-name", KilledBy: "FX-FWD-001", Message: "forward Two/Call",
			MayAlsoFail: []string{"event-sourced/forwards/", "core/payloads/", "event-sourced/delete/with-a-forward"},
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				if forward := reply.GetClientAction().GetForward(); forward != nil {
					forward.ServiceName = "Two"
				}
			}),
		},
		{
			Name: "forwards-and-replies", KilledBy: "FX-FWD-001", Message: "command 1 was answered twice",
			MayAlsoFail: []string{"event-sourced/forwards/", "core/payloads/", "event-sourced/delete/with-a-forward"},
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if len(out) > 0 && out[0].GetReply().GetClientAction().GetForward() != nil {
						out = append(out, reply(in.GetCommand().GetId(), entity.state))
					}
					return out, end
				}
			}),
		},
		{
			Name: "forwards-another-request", KilledBy: "FX-FWD-001", Message: "ProcessResponse",
			MayAlsoFail: []string{"event-sourced/forwards/", "core/payloads/", "event-sourced/delete/with-a-forward"},
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				if forward := reply.GetClientAction().GetForward(); forward != nil {
					forward.Payload = pack(&tckeventsourcedv1.ProcessResponse{Message: "x"})
				}
			}),
		},
		{
			Name: "reverses-effects", KilledBy: "FX-EFF-001", Message: "effects [",
			MayAlsoFail: []string{"forwarding/effects/synchronous", "event-sourced/effects/"},
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				slices.Reverse(reply.GetSideEffects())
			}),
		},
		{
			Name: "loses-the-synchronous-flag", KilledBy: "FX-EFF-002", Message: `ProcessRequest "x" sync], got`,
			MayAlsoFail: []string{"forwarding/effects/with-events-and-snapshot", "event-sourced/effects/", "event-sourced/capabilities/no-use-of-them"},
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				for _, effect := range reply.GetSideEffects() {
					effect.Synchronous = false
				}
			}),
		},
		{
			Name: "waits-for-every-effect", KilledBy: "FX-EFF-002", Message: "sync",
			MayAlsoFail: []string{"forwarding/effects/", "forwarding/forwards/", "core/payloads/", "event-sourced/effects/"},
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				for _, effect := range reply.GetSideEffects() {
					effect.Synchronous = true
				}
			}),
		},
	}
}

// keeping applies the events of a command although it has failed.
func keeping() defect.Instance {
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			if len(failures(out)) > 0 {
				for _, value := range emitted(in) {
					entity.apply(value)
				}
			}
			return out, end
		}
	})
}

// failures are the replies whose client action is a failure.
func failures(out []*response) []*eventsourcedv1.EventSourcedReply {
	var failed []*eventsourcedv1.EventSourcedReply
	for _, message := range out {
		if message.GetReply().GetClientAction().GetFailure() != nil {
			failed = append(failed, message.GetReply())
		}
	}
	return failed
}
