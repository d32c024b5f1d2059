package value

import (
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// stateMutants are wrong about the value, or about what a reply says of it.
func stateMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "sends-the-first-change", KilledBy: "VAL-CMD-004", Message: `update "A"`,
			MayAlsoFail: []string{"value/effects/", "value/states/"},
			Defect:      sendingTheFirst(),
		},
		{
			Name: "loses-deletes", KilledBy: "VAL-CMD-004", Message: `got reply 2 ""`,
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(answer *reply) {
				if answer.GetStateAction().GetDelete() != nil {
					answer.StateAction = nil
				}
			}),
		},
		{
			Name: "sends-a-delete-as-an-empty-update", KilledBy: "VAL-CMD-004", Message: `update ""`,
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(answer *reply) {
				if answer.GetStateAction().GetDelete() != nil {
					answer.StateAction = updateTo("")
				}
			}),
		},
		{
			Name: "sends-no-update-to-what-was-there", KilledBy: "VAL-CMD-004", Message: `got reply 1 "A"`,
			Defect: comparing(),
		},
		{
			Name: "sends-no-delete-of-nothing", KilledBy: "VAL-CMD-004", Message: `got reply 1 ""`,
			MayAlsoFail: anyEntity(),
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					before := entity.value
					out, end := next(in)
					for _, message := range out {
						if before == nil && message.GetReply().GetStateAction().GetDelete() != nil {
							message.GetReply().StateAction = nil
						}
					}
					return out, end
				}
			}),
		},
		{
			Name: "sends-its-value-with-every-reply", KilledBy: "VAL-CMD-008", Message: `update "A"`,
			MayAlsoFail: anyEntity(),
			Defect: onAnswers(func(entity *activation, _ *request, answer *reply) {
				if entity.value != nil && answer.GetClientAction().GetFailure() == nil {
					answer.StateAction = updateTo(*entity.value)
				}
			}),
		},
		{
			Name: "loses-the-change-beside-a-forward", KilledBy: "VAL-CMD-009", Message: "got reply 1 forward",
			MayAlsoFail: []string{"value/states/seen-after-a-forward"},
			Defect: onReplies(func(answer *reply) {
				if answer.GetClientAction().GetForward() != nil {
					answer.StateAction = nil
				}
			}),
		},
		{
			Name: "forgets-the-change-beside-a-forward", KilledBy: "VAL-CMD-005", Message: "the update beside a forward was lost",
			MayAlsoFail: []string{"value/states/forward"},
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					before := entity.value
					out, end := next(in)
					for _, message := range out {
						if message.GetReply().GetClientAction().GetForward() != nil {
							entity.value = before
						}
					}
					return out, end
				}
			}),
		},
		{
			Name: "updates-without-a-value", KilledBy: "VAL-CMD-006", Message: "update no payload",
			MayAlsoFail: anyEntity(),
			Defect:      onUpdates(func(update *valuev1.Update) { update.Value = nil }),
		},
		{
			Name: "sends-state-actions-without-a-case", KilledBy: "VAL-CMD-006", Message: "a state action in which no case is set",
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(answer *reply) {
				if answer.GetStateAction().GetDelete() != nil {
					answer.GetStateAction().Action = nil
				}
			}),
		},
		{
			Name: "takes-an-update-of-no-bytes-for-a-delete", KilledBy: "VAL-CMD-010", Message: `got reply 1 "" delete`,
			Defect: onReplies(func(answer *reply) {
				if update := answer.GetStateAction().GetUpdate(); update != nil && len(update.GetValue().GetValue()) == 0 {
					answer.StateAction = removal()
				}
			}),
		},
		{
			Name: "leaves-a-value-of-no-bytes-out", KilledBy: "VAL-CMD-010", Message: "update no payload",
			Defect: onUpdates(func(update *valuev1.Update) {
				if len(update.GetValue().GetValue()) == 0 {
					update.Value = nil
				}
			}),
		},
		{
			Name: "lets-values-expire-in-the-past", KilledBy: "VAL-EXPIRE-006", Message: "expiring after -1 ms",
			MayAlsoFail: anyEntity(),
			Defect:      onUpdates(func(update *valuev1.Update) { update.ExpireAfter = -1 }),
		},
		{
			Name: "forgets-the-value-after-each-command", KilledBy: "VAL-CMD-005", Message: `got reply 2 ""`,
			MayAlsoFail: anyEntity(),
			Defect:      onAnswers(func(entity *activation, _ *request, _ *reply) { entity.value = nil }),
		},
		{
			Name: "keeps-the-change-of-a-failed-command", KilledBy: "VAL-FAIL-004", Message: "the change of the failed command was kept",
			MayAlsoFail: []string{"value/states/not-seen", "value/effects/none", "value/failures/"},
			Defect: onAnswers(func(entity *activation, in *request, answer *reply) {
				if action, value := change(in); action != nil && answer.GetClientAction().GetFailure() != nil {
					entity.value = value
				}
			}),
		},
		{
			Name: "forgets-all-after-a-failure", KilledBy: "VAL-FAIL-004", Message: `got reply 3 ""`,
			MayAlsoFail: failing(),
			Defect: onAnswers(func(entity *activation, _ *request, answer *reply) {
				if answer.GetClientAction().GetFailure() != nil {
					entity.value = nil
				}
			}),
		},
		{
			Name: "sends-the-change-of-a-failed-command", KilledBy: "VAL-FAIL-002", Message: `update "B"`,
			Defect: onAnswers(func(_ *activation, in *request, answer *reply) {
				if answer.GetClientAction().GetFailure() != nil {
					answer.StateAction, _ = change(in)
				}
			}),
		},
	}
}

// sendingTheFirst is the defect that sends the first change of a command in place of its
// last.
func sendingTheFirst() defect.Defect {
	return onAnswers(func(_ *activation, in *request, answer *reply) {
		if answer.GetStateAction() == nil {
			return
		}
		for _, asked := range actions(in) {
			switch asked := asked.GetAction().(type) {
			case *tckvaluev1.RequestAction_Update:
				answer.StateAction = updateTo(asked.Update.GetValue())
				return
			case *tckvaluev1.RequestAction_Delete:
				answer.StateAction = removal()
				return
			}
		}
	})
}

// comparing is the defect that sends the difference that a command made, and not what it
// did.
func comparing() defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			before := entity.value
			out, end := next(in)
			for _, message := range out {
				if message.GetReply().GetStateAction().GetUpdate() != nil && before != nil && *before == entity.text() {
					message.GetReply().StateAction = nil
				}
			}
			return out, end
		}
	})
}
