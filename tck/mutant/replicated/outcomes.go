package replicated

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// failing are the cases in which a command fails.
func failing() []string {
	return []string{
		"replicated/failures/", "replicated/effects/none", "replicated/commands/", "replicated/streams/a-failure",
		"replicated/updates/of-another", "replicated/streamed/fails", "replicated/gcounter/out", "replicated/pncounter/out",
		"replicated/ormap/update-of", "replicated/activation/type", "replicated-maps/ormap/",
	}
}

// outcomeMutants are wrong about failures, forwards and side effects.
func outcomeMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "replicated-ends-the-stream-after-a-failure", KilledBy: "CORE-FAIL-001", Message: "end OK",
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
			Name: "replicated-loses-the-description", KilledBy: "CORE-FAIL-004", Message: `failure ""`,
			MayAlsoFail: failing(),
			Defect: onFailures(func(_ *activation, _ *request, reply *replicatedv1.ReplicatedReply) {
				reply.GetClientAction().GetFailure().Description = ""
			}),
		},
		{
			Name: "keeps-the-changes-of-a-failed-command", KilledBy: "REP-FAIL-003", Message: "the changes of the failed command were kept",
			MayAlsoFail: failing(),
			Defect: onFailures(func(entity *activation, in *request, _ *replicatedv1.ReplicatedReply) {
				perform(entity, in)
			}),
		},
		{
			Name: "sends-the-changes-of-a-failed-command-later", KilledBy: "REP-FAIL-003", Message: "update gcounter +11",
			MayAlsoFail: failing(),
			Defect:      sendingLater,
		},
		{
			Name: "forgets-the-value-after-a-failure", KilledBy: "REP-FAIL-003", Message: "got reply 3 gcounter 0",
			MayAlsoFail: failing(),
			Defect: onFailures(func(entity *activation, _ *request, _ *replicatedv1.ReplicatedReply) {
				entity.value = nil
			}),
		},
		{
			Name: "sends-changes-in-a-failed-reply", KilledBy: "REP-FAIL-004", Message: "update gcounter +10",
			Defect: onFailures(func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				before := entity.value
				perform(entity, in)
				after := entity.value
				if entity.value = before; before == nil {
					return
				}
				if change := after.since(before, entity.style); change != nil {
					reply.StateAction = updating(change)
				}
			}),
		},
		{
			Name: "replicated-keeps-the-effects-of-a-failed-command", KilledBy: "FX-EFF-003", Message: "effects [",
			Defect: onFailures(func(_ *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				for _, action := range actions(in) {
					if effect := action.GetEffect(); effect != nil {
						reply.SideEffects = append(reply.GetSideEffects(), sideEffect(effect))
					}
				}
			}),
		},
		{
			Name: "replicated-has-durable-effects", KilledBy: "FX-DUR-016", Message: "sync durable",
			Defect: onAnswers(func(entity *activation, _ *request, reply *replicatedv1.ReplicatedReply) {
				for _, effect := range reply.GetSideEffects() {
					effect.Durable = entity.has(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
				}
			}),
		},
		{
			Name: "replicated-forwards-by-the-short-name", KilledBy: "FX-FWD-001", Message: "forward Two/Call",
			MayAlsoFail: []string{"replicated/updates/beside-a-forward"},
			Defect: onReplies(func(reply *replicatedv1.ReplicatedReply) {
				if forward := reply.GetClientAction().GetForward(); forward != nil {
					forward.ServiceName = "Two"
				}
			}),
		},
		{
			Name: "replicated-forwards-and-replies", KilledBy: "FX-FWD-001", Message: "command 1 was answered twice",
			MayAlsoFail: []string{"replicated/updates/beside-a-forward"},
			Defect: onOutputs(func(entity *activation, in *request, out []*response) []*response {
				if len(out) > 0 && out[0].GetReply().GetClientAction().GetForward() != nil {
					out = append(out, reply(in.GetCommand().GetId(), entity.value.state()))
				}
				return out
			}),
		},
		{
			Name: "forwards-without-the-update", KilledBy: "REP-UPD-004", Message: "got reply 1 forward",
			Defect: onReplies(func(reply *replicatedv1.ReplicatedReply) {
				if reply.GetClientAction().GetForward() != nil {
					reply.StateAction = nil
				}
			}),
		},
		{
			Name: "replicated-reverses-effects", KilledBy: "FX-EFF-001", Message: "effects [",
			MayAlsoFail: []string{"replicated/effects/synchronous", "replicated/effects/none-durable"},
			Defect:      onReplies(func(reply *replicatedv1.ReplicatedReply) { slices.Reverse(reply.GetSideEffects()) }),
		},
		{
			Name: "replicated-loses-the-synchronous-flag", KilledBy: "FX-EFF-002", Message: `ProcessRequest "x" sync], got`,
			MayAlsoFail: []string{"replicated/effects/"},
			Defect: onReplies(func(reply *replicatedv1.ReplicatedReply) {
				for _, effect := range reply.GetSideEffects() {
					effect.Synchronous = false
				}
			}),
		},
		{
			Name: "has-effects-in-the-reply-alone", KilledBy: "FX-EFF-001", Message: "got streamed message 1",
			Defect: onOutputs(func(_ *activation, _ *request, out []*response) []*response {
				for _, message := range out {
					if message.GetStreamedMessage() != nil {
						message.GetStreamedMessage().SideEffects = nil
					}
				}
				return out
			}),
		},
	}
}

// perform performs the changes that a command asks for, whatever becomes of it.
func perform(entity *activation, in *request) {
	next, err := entity.next()
	if err != nil {
		return
	}
	for _, update := range updatesOf(in) {
		if _, err := next.perform(update); err != nil {
			return
		}
	}
	entity.value = next
}

// sendingLater rolls the value back, and never forgets a change that it has not sent: it
// stands in the next update.
func sendingLater() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		var owed uint64
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, message := range out {
				if message.GetReply().GetClientAction().GetFailure() != nil {
					owed += increments(updatesOf(in))
				} else if update := message.GetReply().GetStateAction().GetUpdate().GetGcounter(); update != nil {
					update.Increment += owed
					owed = 0
				}
			}
			return out, end
		}
	})
}

// increments are what updates add to a growing counter.
func increments(updates []*tckreplicatedv1.Update) uint64 {
	var sum uint64
	for _, update := range updates {
		sum += update.GetGcounter().GetIncrement()
	}
	return sum
}
