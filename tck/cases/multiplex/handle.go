package multiplex

import (
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/cases/eventsourced"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/kind"
	"github.com/stateward/stateward/tck/script"
)

// handle is one activation of the model entity. Its methods are the lines of a script.
type handle struct {
	stream

	number int64
	entity string
}

// message is a message of the proxy, built once the entity's id is known.
type message func(entity string) *eventsourcedv1.HandleRequest

// open opens the handle, for an entity without events.
func (h handle) open() script.Line { return h.openFrom(0, "") }

// openFrom opens the handle, for an entity with a snapshot.
func (h handle) openFrom(sequence int64, state string) script.Line {
	return h.openReplaying(sequence, state, sequence)
}

// openReplaying opens the handle, for an entity whose events up to the last follow.
func (h handle) openReplaying(sequence int64, state string, last int64) script.Line {
	return h.opens(func(entity string) *eventsourcedv1.HandleRequest {
		return eventsourced.Init(entity, sequence, state, last)
	})
}

// opens sends whatever message in the frame that opens the handle.
func (h handle) opens(build message) script.Line {
	return h.carries(build, opening).After(h.opened)
}

// opened begins an account of the handle.
func (h handle) opened(sc *script.Scene) {
	accounts(sc, h.stream)[h.number] = newAccount()
}

// event replays an event of the model.
func (h handle) event(sequence int64, value string) script.Line {
	return h.carries(func(entity string) *eventsourcedv1.HandleRequest {
		return eventsourced.Event(entity, sequence, value)
	}, carrying)
}

// process sends a command that emits the values.
func (h handle) process(id int64, values ...string) script.Line {
	return h.carries(func(entity string) *eventsourcedv1.HandleRequest {
		return eventsourced.Process(entity, id, values...)
	}, carrying)
}

// processOf sends a command that asks for nothing, in a message of that size in bytes.
func (h handle) processOf(size int, id int64) script.Line {
	line := h.carries(func(entity string) *eventsourcedv1.HandleRequest {
		return eventsourced.Padded(eventsourced.Process(entity, id), size)
	}, carrying)
	line.Text += fmt.Sprintf(" in a message of %d B", size)
	return line
}

// frame puts a message of the kind into a frame.
type frame func(number int64, message []byte) *request

func opening(number int64, message []byte) *request {
	return &request{Handle: number, Frame: &multiplexv1.HandleRequest_Open{Open: &multiplexv1.Open{Message: message}}}
}

func carrying(number int64, message []byte) *request {
	return &request{Handle: number, Frame: &multiplexv1.HandleRequest_Message{Message: message}}
}

// carries sends a message, once there is credit for it: that the function gives it back
// is expected, and nothing else is waited for.
func (h handle) carries(build message, in frame) script.Line {
	return script.Line{
		Text: h.part().Label() + "→" + sent(in(h.number, encode(build(h.entity)))),
		Play: func(sc *script.Scene) error {
			raw := encode(build(sc.Entity(h.entity)))
			a := accounts(sc, h.stream)[h.number]
			for !admits(a.out, int64(len(raw))) {
				wanted := named(h.number, fmt.Sprintf("credit, for a message of %d B with a balance of %d B", len(raw), a.out))
				if _, err := h.read(sc, wanted); err != nil {
					return err
				}
			}
			a.out -= int64(len(raw))
			return wire.Send(sc, h.part(), in(h.number, raw))
		},
	}
}

// encode encodes a message of a script, which always can be.
func encode(message proto.Message) []byte {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		panic(fmt.Sprintf("a message of the kit cannot be encoded: %v", err))
	}
	return raw
}

// frame sends a frame on the handle, whatever it holds. Its balance is not looked at.
func (h handle) frame(f *request) script.Line {
	f.Handle = h.number
	return h.says(f).After(func(sc *script.Scene) {
		if a := accounts(sc, h.stream)[h.number]; a != nil {
			a.out -= int64(len(f.GetMessage()))
		}
	})
}

func (h handle) close() script.Line { return h.frame(closing(false)) }

func (h handle) reset() script.Line { return h.frame(closing(true)) }

func closing(reset bool) *request {
	return &request{Frame: &multiplexv1.HandleRequest_Close{Close: &multiplexv1.Close{Reset_: reset}}}
}

// unset sends a frame that says nothing, raw a message of these bytes.
func (h handle) unset() script.Line { return h.frame(&request{}) }

func (h handle) raw(message []byte) script.Line { return h.frame(carrying(0, message)) }

// credit gives back bytes, right or wrong.
func (h handle) credit(bytes int64) script.Line {
	return h.frame(credit(bytes)).After(h.given(bytes))
}

// given counts what was given back.
func (h handle) given(bytes int64) func(*script.Scene) {
	return func(sc *script.Scene) {
		if a := accounts(sc, h.stream)[h.number]; a != nil && bytes <= window-a.in {
			a.in += bytes
		}
	}
}

func credit(bytes int64) *request {
	return &request{Frame: &multiplexv1.HandleRequest_Credit{Credit: &multiplexv1.Credit{Bytes: bytes}}}
}

// reply expects the reply to the command, with the model's message and events, and gives
// its bytes back.
func (h handle) reply(id int64, state string, values ...string) script.Line {
	return script.Sequence(h.owed(id, state, values...), h.returned())
}

// owed expects the reply, and gives nothing back.
func (h handle) owed(id int64, state string, values ...string) script.Line {
	return h.answers(named(h.number, "message "+eventsourced.Reply(id, state, values...)))
}

// answers expects a frame of this notation.
func (h handle) answers(expected string) script.Line {
	return h.expects(expected, func(frame *response) bool { return received(frame) == expected })
}

// expects wants the next frame of the handle, credit left out, to be right.
func (h handle) expects(expected string, right func(*response) bool) script.Line {
	return script.Line{
		Text: h.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			frame, err := h.next(sc, h.number, expected)
			switch {
			case err != nil:
				return err
			case !right(frame):
				return h.part().Mismatch(expected, received(frame))
			}
			sc.Checked()
			return nil
		},
	}
}

// returned gives back all that the function has sent, where that is anything.
func (h handle) returned() script.Line {
	return script.Line{
		Text: h.part().Label() + "→" + named(h.number, "credit, for all"),
		Play: func(sc *script.Scene) error {
			a := accounts(sc, h.stream)[h.number]
			if a.in == window {
				return nil
			}
			f := credit(window - a.in)
			f.Handle, a.in = h.number, window
			return wire.Send(sc, h.part(), f)
		},
	}
}

// settled expects the function to have given back all that the proxy has sent.
func (h handle) settled() script.Line {
	const text = "credit, for all"
	return script.Line{
		Text: h.part().Label() + "←" + named(h.number, text),
		Play: func(sc *script.Scene) error {
			for a := accounts(sc, h.stream)[h.number]; a.out < window; {
				wanted := named(h.number, fmt.Sprintf("credit, for the %d B that are owed", window-a.out))
				if _, err := h.read(sc, wanted); err != nil {
					return err
				}
			}
			sc.Checked()
			return nil
		},
	}
}

// barrier sends a command that asks for nothing, and expects its answer next.
func (h handle) barrier(id int64, state string) script.Line {
	return script.Sequence(h.process(id), h.reply(id, state))
}

// closed closes the handle in good order, and expects that to be acknowledged.
func (h handle) closed() script.Line { return script.Sequence(h.close(), h.gone()) }

// gone expects the handle's end in good order.
func (h handle) gone() script.Line { return h.answers(named(h.number, "closed")) }

// last expects a last frame, whichever it is.
func (h handle) last() script.Line {
	return h.expects(named(h.number, "closed, or a failure"), func(frame *response) bool {
		return frame.GetClosed() != nil || frame.GetFailure() != nil
	})
}

// failed expects a failure with the code, and acknowledges it.
func (h handle) failed(code codes.Code) script.Line {
	return script.Sequence(h.fails(code), h.close())
}

// fails expects a failure with the code.
func (h handle) fails(code codes.Code) script.Line {
	return h.expects(named(h.number, "failure "+code.String()), func(frame *response) bool {
		return frame.GetFailure() != nil && codes.Code(frame.GetFailure().GetCode()) == code
	})
}

// broken expects what ends a plain stream that does not begin with init: a failure of the
// stream as a message, then the last frame.
func (h handle) broken() script.Line {
	failed := h.expects(named(h.number, "message with a stream-level failure"), func(frame *response) bool {
		var inside eventsourcedv1.HandleResponse
		return proto.Unmarshal(frame.GetMessage(), &inside) == nil && inside.GetFailure() != nil
	})
	return script.Sequence(failed, h.last())
}

// appendStateful appends the type of a kind, once, where it keeps a state.
func appendStateful(types []string, entityType string) []string {
	of, known := kind.Of(entityType)
	if !known || !of.Stateful || slices.Contains(types, entityType) {
		return types
	}
	return append(types, entityType)
}

var _ engine.Step = script.Line{}
