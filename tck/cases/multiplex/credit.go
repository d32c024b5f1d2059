package multiplex

import (
	"slices"
	"strings"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// credits are the cases on how much may be under way.
func credits() []engine.Case {
	var s stream
	a, b := s.handle(1, "a"), s.handle(2, "b")
	large, chunk := strings.Repeat("L", 70_000), strings.Repeat("c", 20_000)
	// owing is a handle on which a reply is larger than the window, and nothing was given
	// back for it: the next one has to wait.
	owing := []engine.Step{
		s.start(), a.openFrom(5, large), b.open(), a.process(1), a.owed(1, large), a.process(2),
	}
	cases := []engine.Case{
		{
			ID:           "multiplexed-stream/credit/waits-for-it",
			Requirements: []string{"MUX-CREDIT-003"},
			Script:       slices.Concat(owing, []engine.Step{b.barrier(1, ""), b.barrier(2, ""), a.reset(), a.last(), b.barrier(3, ""), s.over()}),
		},
		{
			ID:           "multiplexed-stream/credit/goes-on-with-it",
			Requirements: []string{"MUX-CREDIT-003"},
			Script:       slices.Concat(owing, []engine.Step{b.barrier(1, ""), a.returned(), a.reply(2, large), a.barrier(3, large), s.over()}),
		},
		{
			ID:           "multiplexed-stream/credit/a-byte-is-owed",
			Requirements: []string{"MUX-CREDIT-003"},
			Script:       slices.Concat(owing, []engine.Step{a.returnedBut(1), b.barrier(1, ""), b.barrier(2, ""), a.returned(), a.reply(2, large), s.over()}),
		},
		{
			ID:           "multiplexed-stream/credit/before-the-answer",
			Requirements: []string{"MUX-CREDIT-006"},
			Script:       slices.Concat(owing, []engine.Step{a.settled(), b.barrier(1, ""), a.returned(), a.reply(2, large), s.over()}),
		},
		{
			ID:           "multiplexed-stream/credit/before-a-message",
			Requirements: []string{"MUX-FAIR-004"},
			Script:       slices.Concat(owing, []engine.Step{a.settled(), b.barrier(1, ""), b.settled(), a.reset(), a.last(), s.over()}),
		},
		{
			ID:           "multiplexed-stream/credit/for-every-message",
			Requirements: []string{"MUX-CREDIT-004"},
			Script: []engine.Step{
				s.start(), a.openReplaying(1, "A", 3), a.settled(), b.open(), a.event(2, "B"), a.event(3, "C"), a.settled(),
				a.process(1), a.reply(1, "ABC"), a.settled(), b.process(1), b.reply(1, ""), b.settled(), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/credit/for-init",
			Requirements: []string{"MUX-CREDIT-007"},
			Script:       []engine.Step{s.start(), a.open(), a.settled(), a.barrier(1, ""), a.settled(), s.over()},
		},
		{
			ID:           "multiplexed-stream/credit/no-more-than-was-sent",
			Requirements: []string{"MUX-CREDIT-005"},
			Script: []engine.Step{
				s.start(), a.openFrom(5, large), a.settled(), a.processOf(60_000, 1), a.reply(1, large), a.settled(),
				b.open(), b.process(1, chunk), b.reply(1, chunk, chunk), b.settled(), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/credit/larger-than-the-window",
			Requirements: []string{"MUX-CREDIT-011"},
			Script: []engine.Step{
				s.start(), a.openFrom(5, strings.Repeat("x", 200_000)), b.open(), a.processOf(window+1, 1), a.owed(1, strings.Repeat("x", 200_000)),
				a.returned(), a.processOf(300_000, 2), a.reply(2, strings.Repeat("x", 200_000)), b.barrier(1, ""), s.over(),
			},
		},
	}
	replay := []engine.Step{s.start(), a.openReplaying(0, "", 20)}
	for i := range 20 {
		replay = append(replay, a.event(int64(i+1), chunk))
	}
	return append(cases, engine.Case{
		ID:           "multiplexed-stream/credit/a-long-replay",
		Requirements: []string{"MUX-CREDIT-007"},
		Script:       append(replay, a.process(1), a.reply(1, strings.Repeat(chunk, 20)), a.settled(), s.over()),
	})
}

// returnedBut gives back all but some bytes.
func (h handle) returnedBut(bytes int64) script.Line {
	return script.Line{
		Text: h.part().Label() + "→" + named(h.number, "credit, for all but 1 B"),
		Play: func(sc *script.Scene) error {
			a := accounts(sc, h.stream)[h.number]
			f := credit(window - bytes - a.in)
			f.Handle, a.in = h.number, window-bytes
			return wire.Send(sc, h.part(), f)
		},
	}
}

// reading are the cases on what one entity means for another.
func reading() []engine.Case {
	var s stream
	const many = 24
	large, some := strings.Repeat("L", 70_000), strings.Repeat("s", 50_000)
	stuck, flood, answers := []engine.Step{s.start()}, []engine.Step{s.start()}, []engine.Step{}
	for i := range int64(many) {
		h, next := s.nth(i+1), s.nth(many+i+1)
		stuck = append(stuck, h.openFrom(5, large), h.process(1), h.owed(1, large), h.process(2))
		flood = append(flood, h.openFrom(5, some), h.process(1))
		answers = append(answers, h.reply(1, some), next.barrier(1, some))
	}
	for i := range int64(many) {
		flood = append(flood, s.nth(many+i+1).openFrom(5, some))
	}
	last := s.nth(many + 1)
	return []engine.Case{
		{
			ID:           "multiplexed-stream/reading/others-wait-for-credit",
			Requirements: []string{"MUX-READ-003"},
			Script: slices.Concat(stuck, []engine.Step{
				last.open(), last.barrier(1, ""), last.process(2, "A"), last.reply(2, "A", "A"), s.nth(1).resets(), last.barrier(3, "A"),
			}),
		},
		{
			ID:           "multiplexed-stream/reading/its-own-frames-wait",
			Requirements: []string{"MUX-READ-001"},
			Script:       slices.Concat(flood, answers, []engine.Step{s.over()}),
		},
	}
}
