package turn

import (
	"fmt"

	"google.golang.org/grpc/codes"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// ReadOnly returns the name of the outstanding command's method where that is
// declared read_only; "" otherwise.
func (t *Turns) ReadOnly() string {
	if !t.asked.readOnly {
		return ""
	}
	return t.asked.name
}

// WrongType says what is wrong with the type of an answer that nobody is to get
// (CORE-CMD-013, CORE-CMD-014); "" when nothing is. Of a Cloudstate 0.2 function
// [Turns.Outcome] passes on any type.
func (t *Turns) WrongType(action *entityv1.ClientAction) string {
	if t.terms.Cloudstate {
		return ""
	}
	return t.wrongType(action)
}

func (t *Turns) wrongType(action *entityv1.ClientAction) string {
	payload := action.GetReply().GetPayload()
	if payload == nil || entity.IsOf(payload, t.asked.response) {
		return ""
	}
	return fmt.Sprintf("the reply carries the type URL %q, and %s answers with %s: it has to end in %q",
		payload.GetTypeUrl(), t.asked.name, t.asked.response, "/"+t.asked.response)
}

// Durable reports whether one of the side effects is durable.
func Durable(effects []*entityv1.SideEffect) bool {
	for _, effect := range effects {
		if effect.GetDurable() {
			return true
		}
	}
	return false
}

// Outcome returns what the answer to the outstanding command comes to. Where it has
// nothing for the caller, another type, or metadata that is too large, the function is
// told.
func (t *Turns) Outcome(
	action *entityv1.ClientAction, effects []*entityv1.SideEffect, out []entity.Effect,
) (entity.Outcome, []entity.Effect) {
	if text := t.wrongType(action); text != "" { // DIA-ANSWER-004
		out = append(out, t.Report("CORE-CMD-006", discoveryv1.Severity_SEVERITY_ERROR, text))
	}
	outcome := entity.Outcome{Command: t.asked.id, Forward: action.GetForward(), SideEffects: effects}
	if action.GetReply().GetPayload() != nil {
		outcome.Reply, out = t.trim(action.GetReply(), out)
	}
	if outcome.Reply == nil && outcome.Forward == nil { // CORE-CMD-010, CORE-CMD-012
		text := "the function's reply holds nothing for the caller; the command was carried out"
		out = append(out, t.Report("CORE-CMD-006", discoveryv1.Severity_SEVERITY_ERROR, text))
		outcome.Err = fault.Nothing(text)
	}
	return outcome, out
}

// trim takes metadata that is too large off a reply: the answer stands without it
// (CORE-LIMIT-011), for the command has been carried out. The reply is not written to.
func (t *Turns) trim(reply *entityv1.Reply, out []entity.Effect) (*entityv1.Reply, []entity.Effect) {
	size := header.Size(header.Returned(reply.GetMetadata()))
	if size <= t.terms.MaxMetadata {
		return reply, out
	}
	text := fmt.Sprintf("the metadata of the reply has %d bytes, and may have %d: the caller gets none of it", size, t.terms.MaxMetadata)
	return &entityv1.Reply{Payload: reply.GetPayload()}, append(out, t.Report("CORE-LIMIT-011", discoveryv1.Severity_SEVERITY_WARNING, text))
}

// Answer ends the turn of the outstanding command with the outcome. What it changes
// goes to the store, with the record of a keyed command and the durable side effects
// in the same write (CORE-EPOCH-004), and the outcome waits for it. Then follows once
// that is durable, before the caller is answered; nil for nothing.
func (t *Turns) Answer(outcome entity.Outcome, change entity.Persist, then entity.Effect, out []entity.Effect) []entity.Effect {
	if t.asked.keyed {
		// What started once does not start again for who asks again.
		change.Answer = &entity.Outcome{Reply: outcome.Reply, Forward: outcome.Forward, Err: outcome.Err}
	}
	for _, effect := range outcome.SideEffects {
		if effect.GetDurable() {
			change.Durable = append(change.Durable, effect)
		}
	}
	return t.settle(outcome, change, then, out)
}

// Refuse ends the turn of the outstanding command with the domain's failure: nothing
// is changed. Broken is the requirement that the reply breaks when it carries a change
// of the state all the same, and text says so; "" otherwise. A function that sends one
// may have applied it to its own copy, so that the entity loads again.
func (t *Turns) Refuse(
	failure *entityv1.Failure, effects []*entityv1.SideEffect, broken, text string, out []entity.Effect,
) []entity.Effect {
	if broken != "" {
		out = append(out, t.Report(broken, discoveryv1.Severity_SEVERITY_ERROR, text))
	}
	if len(effects) > 0 {
		text := "the command failed and its reply has side effects: they were not started"
		out = append(out, t.Report("FX-EFF-003", discoveryv1.Severity_SEVERITY_WARNING, text))
	}
	refusal, lost := entity.NewFailure(failure)
	out = t.tell(lost, out)
	givenUp := t.asked.cancelled && refusal.Code == codes.Canceled // IDEM-RECORD-005
	outcome, change := entity.Outcome{Command: t.asked.id, Err: refusal, GivenUp: givenUp}, entity.Persist{}
	if t.asked.keyed && !failure.GetRetryable() && !givenUp {
		change.Answer = &entity.Outcome{Err: refusal}
	}
	out = t.settle(outcome, change, nil, out)
	switch {
	case failure.GetRestart(): // CORE-RESTART-001
		return t.Close(entity.Close{Reason: "restart", Anew: t.terms.Cloudstate}, out) // DIA-LIFE-001
	case broken != "":
		return t.Close(entity.Close{Reason: "violation"}, out)
	default:
		return out
	}
}

// settle asks the store for the change, where there is one, and holds the outcome
// until that and everything before it is durable.
func (t *Turns) settle(outcome entity.Outcome, change entity.Persist, then entity.Effect, out []entity.Effect) []entity.Effect {
	writes := len(change.Events) > 0 || change.Delete != nil || change.Value != nil || change.Answer != nil || len(change.Durable) > 0
	if writes {
		change.Expected, change.Command = t.last, t.asked.id
		out = append(out, change)
	}
	t.last += int64(len(change.Events))
	if change.Value != nil {
		t.last++
	}
	t.phase, outcome.Command = idle, t.asked.id
	return t.held.push(held{outcome: outcome, writes: writes, then: then}, out)
}

// Keep stores a snapshot behind everything that was asked for before. No command waits
// for it.
func (t *Turns) Keep(snapshot *entity.Snapshot, out []entity.Effect) []entity.Effect {
	out = append(out, entity.Persist{Expected: t.last, Snapshot: snapshot})
	return t.held.push(held{writes: true}, out)
}

// Pending reports whether the answer to the command, or to an older one, waits for
// the store.
func (t *Turns) Pending(command int64) bool { return t.held.holds(command) }

// Command returns the id of the newest command; 0 before the first.
func (t *Turns) Command() int64 { return t.asked.id }
