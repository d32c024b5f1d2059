package turntest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// step steps the machine and checks each effect, and where it leaves the machine.
func (l *life) step(t *testing.T, in entity.Input) {
	t.Helper()
	l.effects = l.machine.Step(in, l.effects[:0])
	if l.closed && len(l.effects) > 0 {
		t.Fatalf("%T after Close has effects: %v", in, l.effects)
	}
	for i, effect := range l.effects {
		if err := l.check(in, effect, i == len(l.effects)-1); err != nil {
			t.Fatalf("%T: %v: %s", in, err, l.kind.Effect(effect))
		}
	}
	switch {
	case l.machine.Idle() && (!l.machine.Ready() || len(l.open) > 0 || len(l.writes) > 0):
		t.Fatalf("idle after %T with commands %v and writes %v", in, l.open, l.writes)
	case l.machine.Ready() && (l.closed || !l.recovered || l.answered < l.asked):
		t.Fatalf("ready after %T with command %d of %d answered", in, l.answered, l.asked)
	case l.closed && len(l.open) > 0:
		t.Fatalf("closed by %T with commands %v", in, l.open)
	}
}

func (l *life) check(in entity.Input, effect entity.Effect, last bool) error {
	switch effect := effect.(type) {
	case entity.Complete:
		return l.mayComplete(in, effect)
	case entity.Answered:
		l.answered = effect.Command
	case entity.Requeue:
		if !slices.Equal(effect.Commands, l.open) {
			return fmt.Errorf("those without an outcome are %v", l.open)
		}
		l.open = nil
	case entity.Persist:
		return l.mayPersist(in, effect)
	case entity.Wait:
		l.waits = effect.For > 0
	case entity.Report:
		return l.mayReport(effect)
	case entity.Close:
		l.closed = true
		if !last || effect.Err != nil && l.asked > 0 {
			return errors.New("a wrong Close")
		}
	}
	return nil
}

// mayComplete checks that each command is completed once, with one answer, and after
// everything before it is durable; in order, but for those that a lost write leaves to
// be asked again.
func (l *life) mayComplete(in entity.Input, effect entity.Complete) error {
	stored, _ := in.(entity.Persisted)
	place := slices.Index(l.open, effect.Command)
	if place < 0 || place > 0 && stored.Err == nil || effect.Outcome.Command != effect.Command {
		return fmt.Errorf("those without an outcome are %v", l.open)
	}
	if l.lost && effect.Outcome.Err == nil { // ES-STORE-008, VAL-STORE-007
		return errors.New("it rests on a write that has failed")
	}
	l.open = slices.Delete(l.open, place, place+1)
	l.answered = max(l.answered, effect.Command)
	for _, write := range l.writes {
		if stored.Err == nil && write != 0 && write <= effect.Command {
			return fmt.Errorf("the write of command %d is under way", write)
		}
	}
	set := []bool{effect.Outcome.Reply != nil, effect.Outcome.Forward != nil, effect.Outcome.Err != nil}
	if n := len(slices.DeleteFunc(set, func(b bool) bool { return !b })); n != 1 {
		return fmt.Errorf("%d answers", n)
	}
	if received, at := in.(entity.Received); at && effect.Outcome.Err == nil {
		return l.kind.Wrong(received.Message, entity.Persist{}) // Nothing was to be written.
	}
	return nil
}

// mayPersist checks that a write holds the answer to the outstanding command, or a
// snapshot that none waits for, and expects what everything before has made.
func (l *life) mayPersist(in entity.Input, change entity.Persist) error {
	received, _ := in.(entity.Received)
	expected, outstanding := l.last, l.answered < l.asked
	l.writes = append(l.writes, change.Command)
	l.answered = max(l.answered, change.Command)
	l.last += int64(len(change.Events))
	if change.Value != nil {
		l.last++
	}
	changes := len(change.Events) > 0 || change.Delete != nil || change.Value != nil
	switch beside := change.Answer != nil || len(change.Durable) > 0; {
	case change.Expected != expected:
		return fmt.Errorf("the last that it has is %d", expected)
	case len(change.Events) > 0 && change.Events[0].Sequence != expected+1:
		return fmt.Errorf("the first event has the sequence %d", change.Events[0].Sequence)
	case change.Command == 0 && (changes || beside || change.Snapshot == nil || outstanding):
		return errors.New("not a snapshot alone")
	case change.Command != 0 && (change.Command != l.asked || !outstanding):
		return errors.New("no answer")
	case change.Command != 0 && !changes && !beside:
		return errors.New("nothing")
	default:
		return l.kind.Wrong(received.Message, change)
	}
}

// mayReport checks that a report says what, how bad, by which sentence and, where one
// is outstanding, about which command (DISC-REPORT-002, DISC-REPORT-003).
func (l *life) mayReport(report entity.Report) error {
	switch {
	case !l.known[report.Requirement]:
		return fmt.Errorf("no requirement is called %q", report.Requirement)
	case report.Text == "" || report.Severity == discoveryv1.Severity_SEVERITY_UNSPECIFIED:
		return errors.New("a report without text or severity")
	case (l.answered < l.asked) != (report.CommandID != 0):
		return fmt.Errorf("a report of command %d", report.CommandID)
	default:
		return nil
	}
}
