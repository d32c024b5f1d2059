package multiplex

import (
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// mistake is one of them.
type mistake struct {
	id   string
	line script.Line
}

// mistakes are the cases on frames that no proxy sends which conforms.
func mistakes() []engine.Case {
	var s stream
	a, b, zero, never := s.handle(1, "a"), s.handle(2, "b"), s.handle(0, "a"), s.handle(3, "c")
	var cases []engine.Case
	for _, wrong := range []mistake{
		{"no-case", a.unset()},
		{"credit-of-nothing", a.credit(0)},
		{"credit-below-nothing", a.credit(-1)},
		{"credit-beyond-the-window", a.credit(1)},
		{"much-credit", a.credit(1<<63 - 1)},
		{"a-message-without-bytes", a.raw(nil)},
	} {
		cases = append(cases,
			engine.Case{
				ID:           "multiplexed-stream/wrong/" + wrong.id,
				Requirements: []string{"MUX-WRONG-001"},
				Script:       []engine.Step{s.start(), a.open(), b.open(), b.barrier(1, ""), wrong.line, a.failed(codes.InvalidArgument), s.over()},
			},
			engine.Case{
				ID:           "multiplexed-stream/wrong/" + wrong.id + "-and-others",
				Requirements: []string{"MUX-WRONG-007"},
				Script: []engine.Step{
					s.start(), a.open(), b.open(), b.process(1, "B"), b.reply(1, "B", "B"), wrong.line, a.last(), a.close(),
					b.barrier(2, "B"), b.settled(), never.open(), never.barrier(1, ""), s.over(),
				},
			})
	}
	cases = append(cases, engine.Case{
		ID:           "multiplexed-stream/wrong/open-without-bytes",
		Requirements: []string{"MUX-WRONG-001"},
		Script: []engine.Step{
			s.start(), a.frame(opening(1, nil)).After(a.opened), a.failed(codes.InvalidArgument), b.open(), b.barrier(1, ""), s.over(),
		},
	})
	for _, wrong := range []mistake{
		{"second-start", s.says(start(eventSourced))},
		{"second-start-on-a-handle", a.frame(start(eventSourced))},
		{"open-on-handle-0", zero.frame(opening(0, []byte{1}))},
		{"message-on-handle-0", zero.raw([]byte{1})},
		{"credit-on-handle-0", zero.credit(1)},
		{"close-on-handle-0", zero.close()},
		{"no-case-on-handle-0", zero.unset()},
		{"message-before-open", never.raw([]byte{1})},
		{"credit-before-open", never.credit(1)},
		{"close-before-open", never.close()},
		{"reset-before-open", never.reset()},
		{"no-case-before-open", never.unset()},
		{"message-when-done", script.Sequence(a.closed(), a.raw([]byte{1}))},
		{"close-when-done", script.Sequence(a.closed(), a.close())},
		{"no-case-when-done", script.Sequence(a.closed(), a.unset())},
	} {
		cases = append(cases, engine.Case{
			ID:           "multiplexed-stream/wrong/" + wrong.id,
			Requirements: []string{"MUX-WRONG-002"},
			Script:       []engine.Step{s.start(), a.open(), b.open(), b.barrier(1, ""), wrong.line, s.refused(codes.InvalidArgument)},
		})
	}
	for _, wrong := range []mistake{{"message", a.raw([]byte{1})}, {"second-close", a.close()}} {
		cases = append(cases, engine.Case{
			ID:           "multiplexed-stream/wrong/" + wrong.id + "-behind-close",
			Requirements: []string{"MUX-WRONG-006"},
			Script:       []engine.Step{s.start(), a.open(), b.open(), b.barrier(1, ""), a.close(), wrong.line, a.refusedBehindClose(b.barrier(2, ""))},
		})
	}
	return cases
}

// refusedBehindClose expects what a frame behind the proxy's close has for consequence.
// Where the function has sent its last frame, the handle was done, and the stream is
// ended; where it had not, the handle fails, and the barrier of another one passes.
func (h handle) refusedBehindClose(barrier script.Line) script.Line {
	expected := named(h.number, "failure InvalidArgument; or closed, then end InvalidArgument")
	return script.Line{
		Text: h.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			frame, err := h.next(sc, h.number, expected)
			switch {
			case err != nil:
				return err
			case frame.GetClosed() != nil:
				return h.refused(codes.InvalidArgument).Play(sc)
			case codes.Code(frame.GetFailure().GetCode()) != codes.InvalidArgument:
				return h.part().Mismatch(expected, received(frame))
			}
			return barrier.Play(sc)
		},
	}
}
