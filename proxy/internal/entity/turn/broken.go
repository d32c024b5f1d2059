package turn

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Violate tells the function which sentence its reply broke, gives the caller of the
// outstanding command INTERNAL, and gives up the stream.
func (t *Turns) Violate(requirement, text string, out []entity.Effect) []entity.Effect {
	return t.violate(requirement, text, fault.Internal, out)
}

// Reject keeps nothing of a reply that is too large. The function has changed its own
// copy, so that it loads again.
func (t *Turns) Reject(requirement, text string, out []entity.Effect) []entity.Effect {
	out = append(out, t.Report(requirement, discoveryv1.Severity_SEVERITY_ERROR, text))
	return t.Lose(fault.New(fault.Exhausted, "%s", text), entity.Close{Reason: "violation"}, out)
}

// Misplaced gives up a stream on which the function has answered what is not
// outstanding (CORE-STREAM-006, CORE-STREAM-007).
func (t *Turns) Misplaced(command int64, out []entity.Effect) []entity.Effect {
	text := fmt.Sprintf("the function answered command %d while none was outstanding", command)
	if t.phase == busy {
		text = fmt.Sprintf("the function answered command %d while command %d was outstanding", command, t.asked.id)
	}
	return t.violate(unasked, text, t.broken(fault.Internal), out)
}

// Empty gives up a stream on which the function has sent a message that says nothing.
func (t *Turns) Empty(out []entity.Effect) []entity.Effect {
	return t.violate(unasked, "the function sent a message in which no case is set", t.broken(fault.Internal), out)
}

// Failed gives up a stream of which the function says itself that it is broken.
func (t *Turns) Failed(failure *entityv1.Failure, out []entity.Effect) []entity.Effect {
	description, lost := entity.Describe(failure)
	text := "the function says that the stream is broken: " + description
	return t.violate("CORE-STREAM-006", text, t.broken(fault.Internal), t.tell(lost, out))
}

// Ended says goodbye to a stream that the function, or the network, has ended. Where
// it broke because of what the function sent, that is as wrong as any message out of
// place.
func (t *Turns) Ended(cause error, out []entity.Effect) []entity.Effect {
	if unreadable, ok := errors.AsType[*fault.Error](cause); ok && unreadable.Kind == fault.Internal {
		if errors.Is(cause, fault.ErrTold) {
			told := &fault.Error{Kind: t.broken(fault.Internal), Text: unreadable.Text, Err: cause}
			return t.Lose(told, entity.Close{Abort: true, Reason: "violation"}, out)
		}
		return t.violate(unasked, unreadable.Text, t.broken(fault.Internal), out)
	}
	kind, text := t.broken(fault.Unavailable), fmt.Sprintf("the stream to the function ended while command %d was outstanding", t.asked.id)
	if t.phase != busy {
		text = "the function ended the stream before it took a command"
		if status.Code(cause) == codes.Unavailable { // The connection (DIA-ANSWER-006).
			kind = fault.Unavailable
		}
	}
	return t.Lose(&fault.Error{Kind: kind, Text: text, Err: cause}, entity.Close{Reason: "lost"}, out)
}

// TimedOut gives up on a function that does not answer. Once it has answered, the
// store alone decides.
func (t *Turns) TimedOut(out []entity.Effect) []entity.Effect {
	if t.phase != busy {
		return out
	}
	err := fault.New(fault.Deadline, "the function did not answer command %d in the time that the proxy allows", t.asked.id)
	return t.Lose(err, entity.Close{Abort: true, Reason: "timeout"}, out)
}

// Gone returns the message that tells the function that nobody waits for the
// outstanding command any more (CORE-CANCEL-001); nil where it is not to be told
// (CORE-CANCEL-009).
func (t *Turns) Gone(in entity.Gone) *entityv1.Cancel {
	if !t.Answers(in.Command) || t.asked.effect || t.asked.cancelled || !t.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_CANCEL) {
		return nil
	}
	t.asked.cancelled = true
	reason := entityv1.CancelReason_CANCEL_REASON_CALLER_GONE
	if in.Deadline {
		reason = entityv1.CancelReason_CANCEL_REASON_DEADLINE
	}
	return &entityv1.Cancel{CommandId: in.Command, Reason: reason}
}

// Passivate closes the stream of an idle entity. It returns the notice that goes
// before (LIFE-PASS-001); nil where the function takes none.
func (t *Turns) Passivate(in entity.Passivate) *entityv1.Passivate {
	t.expect(in, t.Idle())
	if !t.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE) {
		return nil
	}
	return &entityv1.Passivate{Reason: in.Reason}
}

// broken returns the kind that the caller of an outstanding command gets of a broken
// stream.
func (t *Turns) broken(kind fault.Kind) fault.Kind {
	if t.terms.Cloudstate {
		return fault.Untold // DIA-ANSWER-001
	}
	return kind
}

// violate tells the function what it did, and gives up the stream.
func (t *Turns) violate(requirement, text string, kind fault.Kind, out []entity.Effect) []entity.Effect {
	if t.phase == opening || t.phase == recovering {
		text += " (before the first command)"
		if requirement == unasked {
			requirement = t.rules.Early
		}
	}
	out = append(out, t.Report(requirement, discoveryv1.Severity_SEVERITY_ERROR, text))
	return t.Lose(fault.New(kind, "%s", text), entity.Close{Abort: true, Reason: "violation"}, out)
}

// Lose gives up the stream. The outstanding command fails with err, and where none was
// ever sent, those that wait (CORE-STREAM-009). What is held is not touched: the store
// decides it.
func (t *Turns) Lose(err *fault.Error, last entity.Close, out []entity.Effect) []entity.Effect {
	if t.asked.id == 0 {
		last.Err = err
	}
	switch t.phase {
	case busy:
		t.phase = idle
		out = t.held.push(held{outcome: entity.Outcome{Command: t.asked.id, Err: err}}, out)
	case paused:
		t.phase = idle
	case opening, recovering, idle, spent:
	}
	return t.Close(last, out)
}

// Close ends the activation as soon as nothing is held any more. A reset takes the
// place of a half-close that waits; a next activation that was to follow still does,
// and an entity that is no more comes to no other end.
func (t *Turns) Close(last entity.Close, out []entity.Effect) []entity.Effect {
	if t.phase == spent {
		return out
	}
	switch {
	case t.after == nil:
		t.after = &last
	case last.Abort && t.after.Deleted:
		t.after.Abort = true
	case last.Abort && !t.after.Abort:
		last.Anew = last.Anew || t.after.Anew
		t.after = &last
	}
	return t.rest(out)
}

// rest closes the stream where that is due.
func (t *Turns) rest(out []entity.Effect) []entity.Effect {
	if t.after == nil || t.held.len() > 0 {
		return out
	}
	t.phase = spent
	return append(out, *t.after)
}

// Report names a mistake of the function, with the command that it concerns.
func (t *Turns) Report(requirement string, severity discoveryv1.Severity, text string) entity.Report {
	report := entity.Report{Requirement: requirement, Severity: severity, Text: text}
	if t.phase == busy {
		report.CommandID = t.asked.id
	}
	return report
}

// tell reports what a caller does not get, about the outstanding command.
func (t *Turns) tell(lost []entity.Report, out []entity.Effect) []entity.Effect {
	for _, report := range lost {
		out = append(out, t.Report(report.Requirement, report.Severity, report.Text))
	}
	return out
}
