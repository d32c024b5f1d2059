package script

import (
	"errors"
	"io"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/trace"
)

// Part is a part in a script: one entity, or one call, and the newest stream that is
// open for it. It is a name, and holds nothing.
type Part struct {
	// Name leads each line, where a script has several parts; else it is empty.
	Name string
	// Service and Entity name the entity; the entity's real id is fresh for each
	// run (see [engine.Stage.Entity]).
	Service, Entity string
}

// Label is what leads a line about the part.
func (p Part) Label() string {
	if p.Name == "" {
		return ""
	}
	return p.Name + " "
}

// Mismatch is that of what was expected of the part and what came.
func (p Part) Mismatch(expected, actual string) *engine.MismatchError {
	return &engine.MismatchError{Expected: p.Label() + expected, Actual: p.Label() + actual}
}

// Wire is how the parts of a script talk to the subject: by one method of the protocol.
type Wire[Request, Response any] struct {
	peer.Service[Request, Response]
}

// open are the newest streams of a run, each by its part and by the method.
type open[Request, Response any] map[opened]*peer.Stream[Request, Response]

type opened struct {
	part   Part
	method string
}

// Open opens a new stream for the part, which becomes its newest. It is closed when
// the run is over.
func (w Wire[Request, Response]) Open(sc *Scene, p Part) *peer.Stream[Request, Response] {
	call := sc.NewCall()
	stream := peer.Open(sc.ctx, w.Service, peer.Config{
		Conn:     sc.Conn(),
		Patience: sc.Patience(),
		Record: func(frame trace.Frame) {
			frame.Call, frame.Text = call, p.Label()+frame.Text
			sc.RecordFrame(frame)
		},
	})
	sc.Defer(stream.Close)
	all := engine.Local[open[Request, Response]](sc.Stage)
	if *all == nil {
		*all = open[Request, Response]{}
	}
	(*all)[opened{p, w.Method}] = stream
	return stream
}

// Stream returns the newest stream of the part; a script that has opened none gets one.
func (w Wire[Request, Response]) Stream(sc *Scene, p Part) *peer.Stream[Request, Response] {
	if current := (*engine.Local[open[Request, Response]](sc.Stage))[opened{p, w.Method}]; current != nil {
		return current
	}
	return w.Open(sc, p)
}

// Send sends a request on the part's newest stream. A stream that has ended is the
// subject's mistake: the script would not have gone on.
func (w Wire[Request, Response]) Send(sc *Scene, p Part, request *Request) error {
	err := w.Stream(sc, p).Send(request)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return w.Missed(sc, p, "the stream is open")
	case errors.Is(err, peer.ErrSilent):
		wrong := p.Mismatch("room for a message of the proxy", "none within "+sc.Patience().String())
		wrong.Likely = "the function no longer reads the stream"
		return wrong
	default:
		return err
	}
}

// Receive returns the next message on the part's newest stream. Where none comes, or
// the end, the error is the mismatch with what was expected.
func (w Wire[Request, Response]) Receive(sc *Scene, p Part, expected string) (*Response, error) {
	frame, err := w.Stream(sc, p).Receive()
	switch {
	case errors.Is(err, peer.ErrSilent):
		return nil, w.Silence(sc, p, expected)
	case err != nil:
		return nil, err
	case frame.End != nil:
		return nil, p.Mismatch(expected, frame.String())
	default:
		return frame.Response, nil
	}
}

// Missed is the mismatch of whatever comes next on the stream with what was expected
// in its place.
func (w Wire[Request, Response]) Missed(sc *Scene, p Part, expected string) error {
	frame, err := w.Stream(sc, p).Receive()
	switch {
	case errors.Is(err, peer.ErrSilent):
		return w.Silence(sc, p, expected)
	case err != nil:
		return err
	}
	return p.Mismatch(expected, frame.String())
}

// Silence is the mismatch of an expectation for which nothing came.
func (w Wire[Request, Response]) Silence(sc *Scene, p Part, expected string) error {
	return p.Mismatch(expected, "nothing within "+sc.Patience().String())
}

// Sends returns the line that sends a request, which is built once the entity's id is
// known. The builder returns a message of its own each time.
func (w Wire[Request, Response]) Sends(p Part, build func(entity string) *Request) Line {
	return Line{
		Text: p.Label() + "→" + w.Sent(build(p.Entity)),
		Play: func(sc *Scene) error { return w.Send(sc, p, build(sc.Entity(p.Entity))) },
	}
}

// HalfClose returns the line that says that nothing more comes from the proxy.
func (w Wire[Request, Response]) HalfClose(p Part) Line {
	return Line{
		Text: p.Label() + "→half-close",
		Play: func(sc *Scene) error {
			if err := w.Stream(sc, p).HalfClose(); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		},
	}
}

// Reset returns the line that breaks the stream off.
func (w Wire[Request, Response]) Reset(p Part) Line {
	return Line{
		Text: p.Label() + "→reset",
		Play: func(sc *Scene) error {
			w.Stream(sc, p).Reset()
			return nil
		},
	}
}

// Ended returns the line that expects the end of the stream, with status OK.
func (w Wire[Request, Response]) Ended(p Part) Line {
	const expected = "end OK"
	return Line{
		Text: p.Label() + "←" + expected,
		Play: func(sc *Scene) error {
			frame, err := w.Stream(sc, p).Receive()
			switch {
			case errors.Is(err, peer.ErrSilent):
				return w.Silence(sc, p, expected)
			case err != nil:
				return err
			case frame.String() != expected:
				return p.Mismatch(expected, frame.String())
			}
			sc.Checked()
			return nil
		},
	}
}
