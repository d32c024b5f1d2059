package replicated

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
)

// anyCommand stands for whatever command id a stream-level failure has.
const anyCommand = -1

// broken expects a stream-level failure, with the command id unless it is anyCommand,
// and then the end of the stream, with whatever status.
func (s stream) broken(id int64) step {
	expected := "stream-level failure"
	if id != anyCommand {
		expected += fmt.Sprintf(", command %d", id)
	}
	return step{text: s.label() + "←" + expected + " ←end", play: func(sc *scene) error {
		got, _, err := sc.answer(s, expected)
		if err != nil {
			return err
		}
		if got.form != broken || id != anyCommand && got.command != id {
			return s.mismatch(expected, got.String())
		}
		return sc.endAfterFailure(s)
	}}
}

// refused expects the command to be answered by a failure, as client action or
// stream-level; after the latter, the end of the stream.
func (s stream) refused(id int64) step {
	expected := fmt.Sprintf("a failure for command %d", id)
	return step{text: s.label() + "←" + expected + ", as client action or stream-level", play: func(sc *scene) error {
		got, out, err := sc.answer(s, expected)
		switch {
		case err != nil:
			return err
		case got.command != id || got.streamed || !strings.HasPrefix(got.action, "failure "):
			return s.mismatch(expected, got.String())
		case got.form == broken:
			return sc.endAfterFailure(s)
		}
		sc.met(s, got, out)
		return nil
	}}
}

// failing expects a failure as client action, with any description.
func (s stream) failing(id int64) step {
	expected := fmt.Sprintf("reply %d failure", id)
	return step{text: s.label() + "←" + expected, play: func(sc *scene) error {
		got, out, err := sc.answer(s, expected)
		if err != nil {
			return err
		}
		if got.form != reply || got.command != id || !strings.HasPrefix(got.action, "failure ") {
			return s.mismatch(expected, got.String())
		}
		sc.met(s, got, out)
		return nil
	}}
}

// endAfterFailure expects the end that follows a stream-level failure. Its status is
// the function's choice.
func (sc *scene) endAfterFailure(s stream) error {
	const expected = "the end of the stream after its failure"
	frame, err := sc.receive(s)
	switch {
	case err != nil:
		return wire.Silence(sc.Scene, s.part(), expected)
	case frame.End == nil:
		return s.mismatch(expected, frame.String())
	}
	sc.activation(s).spent = true
	sc.Checked()
	return nil
}

// receive waits for the next frame.
func (sc *scene) receive(s stream) (peer.Frame[response], error) {
	return wire.Stream(sc.Scene, s.part()).Receive()
}

// ended expects the end of the stream, with status OK, and nothing before it.
func (s stream) ended() step {
	return step{text: s.label() + "←end OK", play: func(sc *scene) error {
		frame, err := sc.receive(s)
		return sc.ending(s, frame, err)
	}}
}

// endedAfter expects the end of the stream, with status OK, and before it at most one
// answer to the command, which was under way.
func (s stream) endedAfter(id int64) step {
	text := fmt.Sprintf("%s←end OK, at most one answer to command %d before it", s.label(), id)
	return step{text: text, play: func(sc *scene) error {
		frame, err := sc.receive(s)
		if frame.Response != nil && readAnswer(frame.Response).command == id {
			frame, err = sc.receive(s)
		}
		return sc.ending(s, frame, err)
	}}
}

// ending holds what came against an end with status OK.
func (sc *scene) ending(s stream, frame peer.Frame[response], err error) error {
	const expected = "end OK"
	switch {
	case err != nil:
		return wire.Silence(sc.Scene, s.part(), expected)
	case frame.End == nil, frame.End.Code() != codes.OK:
		return s.mismatch(expected, frame.String())
	}
	sc.activation(s).spent = true
	sc.Checked()
	return nil
}

// passivated half-closes the stream, as the proxy does to passivate, and expects its end.
func (s stream) passivated() step { return sequence(s.halfClose(), s.ended()) }

// goesOn sends a command that asks for nothing, and expects its answer: on the same
// stream, or, where the failure before has ended the activation or asks for a restart,
// on a new one that starts from the value which the proxy holds, given as its delta.
func (s stream) goesOn(held *replicatedv1.Delta, state *tckreplicatedv1.State, parts ...part) step {
	text := fmt.Sprintf("%s→command Process{} ←reply %s, after →%s where the failure asks for one",
		s.label(), stateNotation(state), requestNotation(initRequest(s.Service, "", held)))
	return step{text: text, play: func(sc *scene) error {
		if sc.activation(s).spent {
			if wire.Stream(sc.Scene, s.part()).Open() {
				if err := s.passivated().play(sc); err != nil {
					return err
				}
			}
			if err := s.initFrom(held).play(sc); err != nil {
				return err
			}
		}
		return s.barrier(sc.activation(s).sent+1, state, parts...).play(sc)
	}}
}

// next sends a command with the id that is next on the stream, and expects its reply.
func (s stream) next(actions []*tckreplicatedv1.RequestAction, state *tckreplicatedv1.State, parts ...part) step {
	after := replied(0, state, parts...).want
	text := fmt.Sprintf("%s→command Process%s ←%s, by the next id", s.label(), actionsNotation(actions), after)
	return step{text: text, play: func(sc *scene) error {
		id := sc.activation(s).sent + 1
		return sequence(s.process(id, actions...), s.reply(id, state, parts...)).play(sc)
	}}
}
