package eventsourced

import (
	"fmt"
	"strings"
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
			got, _, err := sc.answer(s, expected)
			if err != nil {
				return err
			}
			if !got.broken || id != anyCommand && got.command != id {
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
			got, _, err := sc.answer(s, expected)
			if err != nil {
				return err
			}
			if got.command != id || !strings.HasPrefix(got.action, "failure ") {
				return mismatch(s, expected, got.String())
			}
			if got.broken {
				return sc.endAfterFailure(s)
			}
			sc.activation(s).spent = got.restart
			sc.activation(s).answered = id
			sc.Checked()
			return nil
		},
	}
}

// endAfterFailure expects the end that follows a stream-level failure. Its
// status is the function's choice.
func (sc *scene) endAfterFailure(s stream) error {
	const expected = "the end of the stream after its failure"
	frame, err := sc.receive(s)
	switch {
	case err != nil:
		return sc.silence(s, expected)
	case frame.End == nil:
		return mismatch(s, expected, frame.String())
	}
	sc.activation(s).spent = true
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
