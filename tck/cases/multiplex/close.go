package multiplex

import (
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// closes are the cases on the end of a handle.
func closes() []engine.Case {
	var s stream
	a, b, c := s.handle(1, "a"), s.handle(2, "b"), s.handle(3, "c")
	large := strings.Repeat("L", 70_000)
	return []engine.Case{
		{
			ID:           "multiplexed-stream/close/acknowledged",
			Requirements: []string{"MUX-CLOSE-002"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), a.closed(), c.open(), c.process(1, "C"), c.reply(1, "C", "C"), c.closed(),
				b.barrier(1, ""), b.closed(), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/close/a-command-is-outstanding",
			Requirements: []string{"MUX-CLOSE-002"},
			Script:       []engine.Step{s.start(), a.open(), b.open(), a.process(1), a.close(), a.goneAnswered(), b.barrier(1, ""), s.over()},
		},
		{
			ID:           "multiplexed-stream/close/reset",
			Requirements: []string{"MUX-CLOSE-003"},
			Script:       []engine.Step{s.start(), a.open(), b.open(), a.barrier(1, ""), a.resets(), b.barrier(1, ""), s.over()},
		},
		{
			ID:           "multiplexed-stream/close/reset-without-credit",
			Requirements: []string{"MUX-CLOSE-003"},
			Script: []engine.Step{
				s.start(), a.openFrom(5, large), b.open(), a.process(1), a.owed(1, large), a.process(2), b.barrier(1, ""),
				a.resets(), b.barrier(2, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/close/reset-of-what-was-closed",
			Requirements: []string{"MUX-CLOSE-008"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), a.closed(), a.reset(), b.barrier(1, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/close/late-credit",
			Requirements: []string{"MUX-CLOSE-008"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), a.process(1), a.owed(1, ""), a.closed(), a.returned(), a.credit(1), b.barrier(1, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/close/nothing-behind",
			Requirements: []string{"MUX-CLOSE-004"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), c.open(), a.barrier(1, ""), a.closed(), b.barrier(1, ""), b.resets(), c.barrier(1, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/close/crossing",
			Requirements: []string{"MUX-CLOSE-007"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), a.unset(), a.fails(codes.InvalidArgument),
				a.raw([]byte{1}), a.credit(0), a.unset(), b.barrier(1, ""), a.close(), b.barrier(2, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/close/crossing-reset",
			Requirements: []string{"MUX-CLOSE-007"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), a.unset(), a.fails(codes.InvalidArgument), a.reset(), b.barrier(1, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/failure/of-one-entity",
			Requirements: []string{"MUX-FAIL-001"},
			Script: []engine.Step{
				s.start(), a.open(), b.open(), b.process(1, "B"), b.reply(1, "B", "B"), a.raw(garbage()), a.failed(codes.InvalidArgument),
				b.barrier(2, "B"), c.open(), c.barrier(1, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/failure/short-description",
			Requirements: []string{"MUX-FAIL-003"},
			Script:       []engine.Step{s.start(), a.open(), b.open(), a.raw(garbage()), a.last(), a.close(), b.barrier(1, ""), s.over()},
		},
	}
}

// resets breaks the handle off, and expects a last frame, and no message before it.
func (h handle) resets() script.Line { return script.Sequence(h.reset(), h.last()) }

// goneAnswered expects the handle's end in good order, and lets the answer of a command
// come before.
func (h handle) goneAnswered() script.Line {
	expected := named(h.number, "closed, perhaps behind an answer")
	return script.Line{
		Text: h.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			frame, err := h.next(sc, h.number, expected)
			if err == nil && len(frame.GetMessage()) > 0 {
				frame, err = h.next(sc, h.number, expected)
			}
			switch {
			case err != nil:
				return err
			case frame.GetClosed() == nil:
				return h.part().Mismatch(expected, received(frame))
			}
			sc.Checked()
			return nil
		},
	}
}

// ends are the cases on the end of a stream.
func ends() []engine.Case {
	var s stream
	t := stream{Name: "next"}
	a, b, c := s.handle(1, "a"), s.handle(2, "b"), s.handle(3, "c")
	onNext := t.handle(1, "a")
	large := strings.Repeat("L", 70_000)
	return []engine.Case{
		{
			ID:           "multiplexed-stream/end/half-close",
			Requirements: []string{"MUX-END-003"},
			Script:       []engine.Step{s.start(), a.open(), a.barrier(1, ""), a.closed(), s.over()},
		},
		{
			ID:           "multiplexed-stream/end/half-close-with-open-handles",
			Requirements: []string{"MUX-END-003"},
			Script:       []engine.Step{s.start(), a.open(), b.open(), c.open(), b.barrier(1, ""), a.closed(), s.over()},
		},
		{
			ID:           "multiplexed-stream/end/half-close-at-once",
			Requirements: []string{"MUX-END-003"},
			Script:       []engine.Step{s.start(), s.over()},
		},
		{
			ID:           "multiplexed-stream/end/broken",
			Requirements: []string{"MUX-END-004"},
			Script: []engine.Step{
				s.start(), a.open(), b.openFrom(5, large), a.process(1, "A"), a.reply(1, "A", "A"), b.process(1), b.owed(1, large), b.process(2),
				s.broken(), t.start(), onNext.open(), onNext.barrier(1, ""), t.handle(2, "b").open(), t.handle(2, "b").barrier(1, ""), t.over(),
			},
		},
		{
			ID:           "multiplexed-stream/end/broken-then-plain",
			Requirements: []string{"MUX-END-004"},
			Script: []engine.Step{
				s.start(), a.open(), a.process(1, "A"), a.reply(1, "A", "A"), s.broken(),
				plain{Name: "plain", Entity: "a"}.init(), plain{Name: "plain", Entity: "a"}.process(1),
				plain{Name: "plain", Entity: "a"}.reply(1, ""), plain{Name: "plain", Entity: "a"}.left(),
			},
		},
	}
}
