package eventsourced

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// ended expects the end of the stream, with status OK, and nothing before it.
func (s stream) ended() step {
	return step{
		text: s.label() + "←end OK",
		play: func(sc *scene) error {
			frame, err := sc.receive(s)
			return sc.ending(s, frame, err)
		},
	}
}

// endedAfter expects the end of the stream, with status OK, and before it at
// most one answer to the command, which was under way.
func (s stream) endedAfter(id int64) step {
	return step{
		text: fmt.Sprintf("%s←end OK, at most one answer to command %d before it", s.label(), id),
		play: func(sc *scene) error {
			frame, err := sc.receive(s)
			if frame.Response != nil && readAnswer(frame.Response).command == id {
				frame, err = sc.receive(s)
			}
			return sc.ending(s, frame, err)
		},
	}
}

// receive waits for the next frame.
func (sc *scene) receive(s stream) (peer.Frame[eventsourcedv1.HandleResponse], error) {
	return wire.Stream(sc.Scene, script.Part(s)).Receive()
}

// ending holds what came against an end with status OK.
func (sc *scene) ending(s stream, frame peer.Frame[eventsourcedv1.HandleResponse], err error) error {
	const expected = "end OK"
	switch {
	case errors.Is(err, peer.ErrSilent):
		return sc.silence(s, expected)
	case err != nil:
		return err
	case frame.End == nil, frame.End.Code() != codes.OK:
		return mismatch(s, expected, frame.String())
	}
	sc.Checked()
	return nil
}

// passivated half-closes the stream, as the proxy does to passivate, and
// expects its end.
func (s stream) passivated() step { return sequence(s.halfClose(), s.ended()) }

// reactivated opens the entity's next stream, and replays what was stored; a
// stream that is still open ends first.
func (s stream) reactivated() step {
	next := s.rehydrate()
	return step{text: next.text, play: func(sc *scene) error {
		if wire.Stream(sc.Scene, script.Part(s)).Open() {
			return sequence(s.passivated(), next).play(sc)
		}
		return next.play(sc)
	}}
}
