package replicated

import (
	"fmt"
	"slices"
	"strings"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
)

// expectation is one message, whole: what it does not have, the subject's may not have
// either.
type expectation struct {
	want answer
	// others are the changes that the message may carry in the place of that of want.
	others []string
	// anyChange lets a failure carry a state action.
	anyChange bool
	// causes has, for some wrong answers, what explains them: by their client actions
	// and by their changes.
	causes map[string]string
}

// part is one part of an expectation.
type part func(*expectation)

// update is the change that the message carries, at a write consistency.
func update(delta *replicatedv1.Delta, at ...replicatedv1.WriteConsistency) part {
	return func(e *expectation) { e.want.change = updateOf(delta, at) }
}

func updateOf(delta *replicatedv1.Delta, at []replicatedv1.WriteConsistency) string {
	action := &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: delta}}
	if len(at) > 0 {
		action.WriteConsistency = at[0]
	}
	return stateActionNotation(action)
}

// or is another change that says the same, which is as good.
func or(delta *replicatedv1.Delta) part {
	return func(e *expectation) { e.others = append(e.others, updateOf(delta, nil)) }
}

// orNothing lets the message carry no change.
func orNothing() part { return func(e *expectation) { e.others = append(e.others, "") } }

// deleted is the deletion that the message carries, at a write consistency.
func deleted(at ...replicatedv1.WriteConsistency) part {
	return func(e *expectation) {
		action := &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Delete{Delete: &replicatedv1.Delete{}}}
		if len(at) > 0 {
			action.WriteConsistency = at[0]
		}
		e.want.change = stateActionNotation(action)
	}
}

// effects are the side effects that the message carries, in order, in the notation of
// [peer.Effect].
func effects(all ...string) part { return func(e *expectation) { e.want.effects = all } }

// ending lets the streamed message be the last of its call.
func ending() part { return func(e *expectation) { e.want.end = true } }

// likely explains the wrong value, should it come.
func likely(state *tckreplicatedv1.State, cause string) part {
	return because(stateNotation(state), cause)
}

// likelier explains the wrong update, should it come.
func likelier(delta *replicatedv1.Delta, cause string) part {
	return because(updateOf(delta, nil), cause)
}

func because(notation, cause string) part {
	return func(e *expectation) {
		if e.causes == nil {
			e.causes = map[string]string{}
		}
		e.causes[notation] = cause
	}
}

func expecting(form form, id int64, action string, parts []part) expectation {
	e := expectation{want: answer{form: form, command: id, action: action}}
	for _, apply := range parts {
		apply(&e)
	}
	return e
}

// replied expects the reply to the command, with the value.
func replied(id int64, state *tckreplicatedv1.State, parts ...part) expectation {
	return expecting(reply, id, stateNotation(state), parts)
}

// opened expects the reply to a streamed command, after which more may come.
func opened(id int64, state *tckreplicatedv1.State, parts ...part) expectation {
	e := expecting(reply, id, watched(stateNotation(state)), parts)
	e.want.streamed = true
	return e
}

// streamed expects a streamed message with the value.
func streamed(id int64, state *tckreplicatedv1.State, parts ...part) expectation {
	return expecting(message, id, watched(stateNotation(state)), parts)
}

// String is the notation of the expectation.
func (e expectation) String() string {
	texts := []string{e.want.String()}
	for _, other := range e.others {
		if other == "" {
			other = "no change"
		}
		texts = append(texts, "(or "+other+")")
	}
	return strings.Join(texts, " ")
}

// reply expects the reply to the command, with the value.
func (s stream) reply(id int64, state *tckreplicatedv1.State, parts ...part) step {
	return s.expects(replied(id, state, parts...))
}

// opened expects the reply to a streamed command, after which more may come.
func (s stream) opened(id int64, state *tckreplicatedv1.State, parts ...part) step {
	return s.expects(opened(id, state, parts...))
}

// streamed expects a streamed message with the value.
func (s stream) streamed(id int64, state *tckreplicatedv1.State, parts ...part) step {
	return s.expects(streamed(id, state, parts...))
}

// cancelResponse expects the answer to a cancellation.
func (s stream) cancelResponse(id int64, parts ...part) step {
	return s.expects(expecting(cancelled, id, "", parts))
}

// called expects the reply of an entity of one of the other two services.
func (s stream) called(id int64) step { return s.reply(id, nil) }

// forwarded expects a forward to the entity with the id of the second service.
func (s stream) forwarded(id int64, target string, parts ...part) step {
	return s.expects(expecting(reply, id, peer.Forwarded(modelTarget(target)), parts))
}

// failed expects a failure as client action. It may ask for a restart, and may carry a
// change, which the proxy ignores.
func (s stream) failed(id int64, description string) step {
	return s.expects(expecting(reply, id, peer.Failed(description), []part{func(e *expectation) { e.anyChange = true }}))
}

// failedBare expects a failure as client action that carries nothing else.
func (s stream) failedBare(id int64, description string) step {
	return s.expects(expecting(reply, id, peer.Failed(description), nil))
}

func (s stream) expects(e expectation) step {
	return step{
		text: s.label() + "←" + e.String(),
		play: func(sc *scene) error { return sc.expect(s, e) },
	}
}

// both expects some messages, in whatever order.
func (s stream) both(all ...expectation) step {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = e.String()
	}
	expected := strings.Join(texts, " and ")
	return step{text: s.label() + "←" + expected + ", in any order", play: func(sc *scene) error {
		left := slices.Clone(all)
		for len(left) > 0 {
			got, out, err := sc.answer(s, expected)
			if err != nil {
				return err
			}
			at := slices.IndexFunc(left, func(e expectation) bool { return e.met(got) })
			if at < 0 {
				return sc.wrong(s, left[0], got)
			}
			left = slices.Delete(left, at, at+1)
			sc.met(s, got, out)
		}
		return nil
	}}
}

// expect waits for the next frame and holds it against the expectation.
func (sc *scene) expect(s stream, e expectation) error {
	got, out, err := sc.answer(s, e.String())
	if err != nil {
		return err
	}
	if !e.met(got) {
		return sc.wrong(s, e, got)
	}
	sc.met(s, got, out)
	return nil
}

// answer waits for a message of the subject.
func (sc *scene) answer(s stream, expected string) (answer, *response, error) {
	sc.activation(s)
	out, err := wire.Receive(sc.Scene, s.part(), expected)
	return readAnswer(out), out, err
}

// met notes a message that met its expectation.
func (sc *scene) met(s stream, got answer, out *response) {
	current := sc.activation(s)
	current.last, current.spent = out, got.restart
	if got.form == reply {
		current.answered = got.command
	}
	sc.Checked()
}

// wrong is the mismatch of a message that did not meet its expectation.
func (sc *scene) wrong(s stream, e expectation, got answer) error {
	wrong := s.mismatch(e.String(), got.String())
	wrong.Likely = e.explain(got, sc.activation(s).answered)
	return wrong
}

// met reports whether the message is the expected one. Whether a failure asks for a
// restart is the function's choice.
func (e expectation) met(got answer) bool {
	got.restart = false
	if e.anyChange {
		got.change = ""
	}
	if slices.Contains(e.others, got.change) {
		got.change = e.want.change
	}
	return e.want.equal(got)
}

// explain guesses why the message is not the expected one; it may be empty.
func (e expectation) explain(got answer, answered int64) string {
	switch {
	case got.form == broken:
		return "" // the failure says itself what it is about
	case got.form == reply && got.command == answered && answered > 0:
		return fmt.Sprintf("command %d was answered twice", answered)
	case got.form == message && e.want.form != message:
		return "a streamed message for which nothing asked, or a late one"
	case got.form == reply && e.want.form == reply && got.command != e.want.command:
		return "the answer has not the id of its command"
	case e.causes[got.action] != "":
		return e.causes[got.action]
	default:
		return e.causes[got.change]
	}
}

// barrier sends a command that asks for nothing, and expects its answer next: so nothing
// else has come since the last one, and this is the value.
func (s stream) barrier(id int64, state *tckreplicatedv1.State, parts ...part) step {
	return sequence(s.process(id), s.reply(id, state, parts...))
}
