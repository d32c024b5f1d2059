package action

import (
	"fmt"

	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// replies expects a reply with the model's message, and side effects in the notation of
// [peer.Effect].
func (c call) replies(message string, effects ...string) line {
	return c.answers(answer{replied(peer.Quote(message)), effects})
}

// forwards expects a forward to the model's target.
func (c call) forwards(id string, effects ...string) line {
	return c.answers(answer{peer.Forwarded(modelTarget(id)), effects})
}

// fails expects a failure. It carries the side effects, or none: the one is as good as
// the other (FX-FAIL-002).
func (c call) fails(description string, effects ...string) line {
	return c.answers(answer{peer.Failed(description), effects})
}

// silent expects a response without a case.
func (c call) silent(effects ...string) line {
	return c.answers(answer{nothing, effects})
}

func (c call) answers(want answer) line {
	return line{
		Text: c.part.Label() + "←" + want.String(),
		Play: func(sc *scene) error {
			response, err := c.wire.Receive(sc, c.part, want.String())
			if err != nil {
				return err
			}
			got := readAnswer(response)
			if got.failure() && len(got.effects) == 0 {
				got.effects = want.effects
			}
			if !want.equal(got) {
				return c.part.Mismatch(want.String(), readAnswer(response).String())
			}
			sc.Checked()
			return nil
		},
	}
}

// repliesTimes expects the same reply so many times.
func (c call) repliesTimes(n int, message string) line {
	return line{
		Text: fmt.Sprintf("%s, %d times", c.replies(message).Text, n),
		Play: func(sc *scene) error {
			for range n {
				if err := c.replies(message).Play(sc); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// ended expects the end of the call, with status OK, and nothing before it.
func (c call) ended() line { return c.wire.Ended(c.part) }

// served makes a call that asks for nothing special, and expects its answer: so the
// function goes on, whatever came before.
func (c call) served() line {
	return script.Sequence(c.given(group(reply("barrier"))), c.replies("barrier"), c.ended())
}

// refused expects the call, which is half-closed, to be refused: by a failure or by
// another status than OK, in place of what is still to be answered. Behind a failure a
// stream of responses may go on (ACT-FAIL-005).
func (c call) refused() line {
	const expected = "a failure, or an end with another status than OK"
	return line{
		Text: c.part.Label() + "←" + expected,
		Play: func(sc *scene) error {
			failed := false
			for range 4 {
				frame, err := c.wire.Stream(sc, c.part).Receive()
				switch {
				case err != nil && failed:
					return c.wire.Silence(sc, c.part, "the end of the call after its failure")
				case err != nil:
					return c.wire.Silence(sc, c.part, expected)
				case frame.End != nil && (failed || frame.String() != "end OK"):
					sc.Checked()
					return nil
				case frame.End != nil, !failed && !readAnswer(frame.Response).failure(), failed && !c.streamsOut:
					return c.part.Mismatch(expected, frame.String())
				}
				failed = true
			}
			return c.part.Mismatch("the end of the call after its failure", "one response after the other")
		},
	}
}
