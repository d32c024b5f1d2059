package value

import (
	"fmt"
	"strings"

	"github.com/stateward/stateward/tck/script"
)

// anyCommand stands for whatever command id a stream-level failure has.
const anyCommand = -1

// broken expects a stream-level failure, with the command id unless it is anyCommand,
// and then the end of the stream, with whatever status.
func (s stream) broken(id int64) line {
	expected := "stream-level failure"
	if id != anyCommand {
		expected += fmt.Sprintf(", command %d", id)
	}
	return line{
		Text: s.label() + "←" + expected + " ←end",
		Play: func(sc *scene) error {
			_, got, err := s.answer(sc, expected)
			if err != nil {
				return err
			}
			if !got.broken || id != anyCommand && got.command != id {
				return s.mismatch(expected, got.String())
			}
			return s.endAfterFailure(sc)
		},
	}
}

// refused expects the command to be answered by a failure, as client action or
// stream-level; after the latter, the end of the stream.
func (s stream) refused(id int64) line {
	expected := fmt.Sprintf("a failure for command %d", id)
	return line{
		Text: s.label() + "←" + expected + ", as client action or stream-level",
		Play: func(sc *scene) error {
			response, got, err := s.answer(sc, expected)
			if err != nil {
				return err
			}
			if got.command != id || !strings.HasPrefix(got.action, "failure ") {
				return s.mismatch(expected, got.String())
			}
			if got.broken {
				return s.endAfterFailure(sc)
			}
			known := s.record(sc)
			known.answered = id
			known.store(response.GetReply())
			sc.Checked()
			return nil
		},
	}
}

// endAfterFailure expects the end that follows a stream-level failure. Its status is
// the function's choice.
func (s stream) endAfterFailure(sc *scene) error {
	const expected = "the end of the stream after its failure"
	frame, err := wire.Stream(sc, script.Part(s)).Receive()
	switch {
	case err != nil:
		return wire.Silence(sc, script.Part(s), expected)
	case frame.End == nil:
		return s.mismatch(expected, frame.String())
	}
	s.record(sc).spent = true
	sc.Checked()
	return nil
}

// goesOn sends a command that asks for nothing, and expects its answer: on the same
// stream, or, where the failure before has ended the activation or asks for a restart,
// on a new one with what was stored.
func (s stream) goesOn(message string, parts ...part) line {
	return line{
		Text: fmt.Sprintf("%s→command Process{} ←reply %q, after a new init where the failure asks for one", s.label(), message),
		Play: func(sc *scene) error {
			if s.record(sc).spent {
				if err := s.renewed().Play(sc); err != nil {
					return err
				}
			}
			return s.barrier(s.record(sc).sent+1, message, parts...).Play(sc)
		},
	}
}

// ended expects the end of the stream, with status OK, and nothing before it.
func (s stream) ended() line { return wire.Ended(script.Part(s)) }

// endedAfter expects the end of the stream, with status OK, and before it at most one
// answer to the command, which was under way.
func (s stream) endedAfter(id int64) line {
	expected := fmt.Sprintf("end OK, at most one answer to command %d before it", id)
	return line{
		Text: s.label() + "←" + expected,
		Play: func(sc *scene) error {
			frame, err := wire.Stream(sc, script.Part(s)).Receive()
			if frame.Response != nil && readAnswer(frame.Response).command == id {
				return s.ended().Play(sc)
			}
			switch {
			case err != nil:
				return wire.Silence(sc, script.Part(s), expected)
			case frame.String() != "end OK":
				return s.mismatch(expected, frame.String())
			}
			sc.Checked()
			return nil
		},
	}
}

// passivated half-closes the stream, as the proxy does to passivate, and expects its
// end.
func (s stream) passivated() line { return script.Sequence(s.halfClose(), s.ended()) }

// renewed opens the entity's next stream with what was stored; one that is still open
// ends first.
func (s stream) renewed() line {
	next := s.reactivate()
	return line{Text: next.Text, Play: func(sc *scene) error {
		if wire.Stream(sc, script.Part(s)).Open() {
			return script.Sequence(s.passivated(), next).Play(sc)
		}
		return next.Play(sc)
	}}
}
