package eventsourced

import (
	"fmt"
	"slices"

	"github.com/stateward/stateward/tck/peer"
)

// expectation is an answer to one command, whole: what it does not have, the
// subject's answer may not have either.
type expectation struct {
	want answer
	// anyState lets a failure carry events and a snapshot.
	anyState bool
	// causes has, for some wrong messages, what explains them.
	causes map[string]string
}

// part is one part of an expectation.
type part func(*expectation)

// events are the events that the answer carries, in order.
func events(values ...string) part {
	return func(e *expectation) {
		for _, value := range values {
			e.want.events = append(e.want.events, peer.Quote(value))
		}
	}
}

// snapshot is the snapshot that the answer carries.
func snapshot(state string) part {
	return func(e *expectation) { e.want.snapshot = peer.Quote(state) }
}

// effects are the side effects that the answer carries, in order, in the
// notation of [peer.Effect].
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
func (s stream) reply(id int64, message string, parts ...part) step {
	return s.answers(id, peer.Quote(message), parts)
}

// called expects the reply of an entity of one of the other two services.
func (s stream) called(id int64) step {
	return s.answers(id, peer.Quote(""), nil)
}

// forwarded expects a forward to the entity with the id of the second service.
func (s stream) forwarded(id int64, target string, parts ...part) step {
	return s.answers(id, peer.Forwarded(modelTarget(target)), parts)
}

// failed expects a failure as client action. It may ask for a restart, and may
// carry events, which the proxy ignores.
func (s stream) failed(id int64, description string) step {
	return s.answers(id, peer.Failed(description), []part{func(e *expectation) { e.anyState = true }})
}

// failedBare expects a failure as client action that carries nothing else.
func (s stream) failedBare(id int64, description string) step {
	return s.answers(id, peer.Failed(description), nil)
}

func (s stream) answers(id int64, action string, parts []part) step {
	e := expectation{want: answer{command: id, action: action}}
	for _, apply := range parts {
		apply(&e)
	}
	return step{
		text: s.label() + "←" + e.want.String(),
		play: func(sc *scene) error { return sc.expect(s, e) },
	}
}

// expect waits for the next frame and holds it against the expectation.
func (sc *scene) expect(s stream, e expectation) error {
	got, response, err := sc.answer(s, e.want.String())
	if err != nil {
		return err
	}
	current := sc.activation(s)
	if !e.met(got) {
		wrong := mismatch(s, e.want.String(), got.String())
		wrong.Likely = e.explain(got, current.answered)
		return wrong
	}
	current.answered, current.last, current.spent = got.command, response, got.restart
	sc.journal(s).store(response.GetReply())
	sc.Checked()
	return nil
}

// met reports whether the answer is the expected one. Whether a failure asks
// for a restart is the function's choice.
func (e expectation) met(got answer) bool {
	got.restart = false
	if e.anyState {
		got.events, got.snapshot = nil, ""
	}
	return e.want.equal(got)
}

// explain guesses why the answer is not the expected one; it may be empty.
func (e expectation) explain(got answer, answered int64) string {
	reversed := slices.Clone(got.events)
	slices.Reverse(reversed)
	switch cause := e.causes[got.action]; {
	case got.broken:
		return "" // the failure says itself what it is about
	case got.command == answered && answered > 0:
		return fmt.Sprintf("command %d was answered twice", answered)
	case got.command != e.want.command:
		return "the answer has not the id of its command"
	case cause != "":
		return cause
	case len(got.events) > 1 && slices.Equal(e.want.events, reversed):
		return "the events are in reverse order"
	default:
		return ""
	}
}

// barrier sends a command that asks for nothing, and expects its answer next:
// so nothing else has come since the last one, and this is the state.
func (s stream) barrier(id int64, message string, parts ...part) step {
	return sequence(s.process(id), s.reply(id, message, parts...))
}
