package value

import (
	"fmt"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// expectation is an answer to one command, whole: what it does not have, the subject's
// answer may not have either.
type expectation struct {
	want answer
	// anyState lets a failure carry a state action.
	anyState bool
	// causes has, for some wrong messages, what explains them.
	causes map[string]string
}

// part is one part of an expectation.
type part func(*expectation)

// updated is the update that the answer carries.
func updated(value string) part {
	return func(e *expectation) { e.want.state = "update " + peer.Quote(value) }
}

// deleted is the delete that the answer carries.
func deleted() part {
	return func(e *expectation) { e.want.state = "delete" }
}

// effects are the side effects that the answer carries, in order, in the notation of
// [peer.Effect].
func effects(all ...string) part {
	return func(e *expectation) { e.want.effects = all }
}

// likely explains the wrong message, should it come.
func likely(message, cause string) part {
	return func(e *expectation) {
		if e.causes == nil {
			e.causes = map[string]string{}
		}
		e.causes[peer.Quote(message)] = cause
	}
}

// reply expects the reply to the command, with the model's message.
func (s stream) reply(id int64, message string, parts ...part) line {
	return s.answers(id, peer.Quote(message), parts)
}

// called expects the reply of an entity of one of the other two services.
func (s stream) called(id int64) line { return s.answers(id, peer.Quote(""), nil) }

// forwarded expects a forward to the entity with the id of the second service.
func (s stream) forwarded(id int64, target string, parts ...part) line {
	return s.answers(id, peer.Forwarded(modelTarget(target)), parts)
}

// failed expects a failure as client action. It may ask for a restart, and may carry a
// state action, which the proxy ignores.
func (s stream) failed(id int64, description string) line {
	return s.answers(id, peer.Failed(description), []part{func(e *expectation) { e.anyState = true }})
}

// failedBare expects a failure as client action that carries nothing else.
func (s stream) failedBare(id int64, description string) line {
	return s.answers(id, peer.Failed(description), nil)
}

func (s stream) answers(id int64, action string, parts []part) line {
	e := expectation{want: answer{command: id, action: action}}
	for _, apply := range parts {
		apply(&e)
	}
	return line{
		Text: s.label() + "←" + e.want.String(),
		Play: func(sc *scene) error { return s.expect(sc, e) },
	}
}

// expect waits for the next frame and holds it against the expectation.
func (s stream) expect(sc *scene, e expectation) error {
	response, got, err := s.answer(sc, e.want.String())
	if err != nil {
		return err
	}
	known := s.record(sc)
	if !e.met(got) {
		wrong := s.mismatch(e.want.String(), got.String())
		wrong.Likely = e.explain(got, known.answered)
		return wrong
	}
	known.answered, known.last = got.command, response.GetReply()
	known.store(response.GetReply())
	sc.Checked()
	return nil
}

// answer waits for a message of the subject.
func (s stream) answer(sc *scene, expected string) (*valuev1.HandleResponse, answer, error) {
	response, err := wire.Receive(sc, script.Part(s), expected)
	return response, readAnswer(response), err
}

// met reports whether the answer is the expected one. Whether a failure asks for a
// restart is the function's choice.
func (e expectation) met(got answer) bool {
	got.restart = false
	if e.anyState {
		got.state = ""
	}
	return e.want.equal(got)
}

// explain guesses why the answer is not the expected one; it may be empty.
func (e expectation) explain(got answer, answered int64) string {
	switch {
	case got.broken:
		return "" // the failure says itself what it is about
	case got.command == answered && answered > 0:
		return fmt.Sprintf("command %d was answered twice", answered)
	case got.command != e.want.command:
		return "the answer has not the id of its command"
	default:
		return e.causes[got.action]
	}
}

// barrier sends a command that asks for nothing, and expects its answer next: so
// nothing else has come since the last one, and this is the value.
func (s stream) barrier(id int64, message string, parts ...part) line {
	return script.Sequence(s.process(id), s.reply(id, message, parts...))
}
