package eventsourced

import (
	"fmt"
	"strings"

	"github.com/stateward/stateward/tck/peer"
)

// anyCommand stands for whatever command id a stream-level failure has.
const anyCommand = -1

// broken expects a stream-level failure, with the command id unless it is
// anyCommand, and then the end of the stream, with whatever status.
func (s stream) broken(id int64) step {
	expected := "stream-level failure"
	if id != anyCommand {
		expected += fmt.Sprintf(", command %d", id)
	}
	return step{
		text: s.label() + "←" + expected + " ←end",
		play: func(sc *scene) error {
			got, err := sc.answer(s, expected)
			if err != nil {
				return err
			}
			if !got.Broken || id != anyCommand && got.Command != id {
				return mismatch(s, expected, got.String())
			}
			return sc.endAfterFailure(s)
		},
	}
}

// refused expects the command to be answered by a failure, as client action or
// stream-level; after the latter, the end of the stream.
func (s stream) refused(id int64) step {
	expected := fmt.Sprintf("a failure for command %d", id)
	return step{
		text: s.label() + "←" + expected + ", as client action or stream-level",
		play: func(sc *scene) error {
			got, err := sc.answer(s, expected)
			if err != nil {
				return err
			}
			if got.Command != id || !strings.HasPrefix(got.Action, "failure ") {
				return mismatch(s, expected, got.String())
			}
			if got.Broken {
				return sc.endAfterFailure(s)
			}
			sc.activation(s).spent = got.Restart
			sc.activation(s).answered = id
			sc.Checked()
			return nil
		},
	}
}

// answer waits for a message of the subject.
func (sc *scene) answer(s stream, expected string) (peer.Answer, error) {
	frame, err := sc.activation(s).Receive()
	switch {
	case err != nil:
		return peer.Answer{}, sc.silence(s, expected)
	case frame.End != nil:
		return peer.Answer{}, mismatch(s, expected, frame.String())
	default:
		return peer.Read(frame.Response), nil
	}
}

// endAfterFailure expects the end that follows a stream-level failure. Its
// status is the function's choice.
func (sc *scene) endAfterFailure(s stream) error {
	const expected = "the end of the stream after its failure"
	current := sc.activation(s)
	frame, err := current.Receive()
	switch {
	case err != nil:
		return sc.silence(s, expected)
	case frame.End == nil:
		return mismatch(s, expected, frame.String())
	}
	current.spent = true
	sc.Checked()
	return nil
}

// goesOn sends a command that asks for nothing, and expects its answer: on the
// same stream, or, where the failure before has ended the activation or asks
// for a restart, on a new one that replays what was stored.
func (s stream) goesOn(message string, parts ...part) step {
	return step{
		text: fmt.Sprintf("%s→command Process{} ←reply %q, after a new init where the failure asks for one", s.label(), message),
		play: func(sc *scene) error {
			if sc.activation(s).spent {
				if err := s.reactivated().play(sc); err != nil {
					return err
				}
			}
			return s.barrier(sc.activation(s).sent+1, message, parts...).play(sc)
		},
	}
}
