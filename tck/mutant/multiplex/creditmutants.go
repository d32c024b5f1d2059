package multiplex

import (
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/tck/mutant/defect"
)

// creditMutants are wrong about how much may be under way.
func creditMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "sends-without-credit", KilledBy: "MUX-CREDIT-003", Message: "no message of", MayAlsoFail: anyStream(),
			Defect: onRequests(func(s *stream, in *request) {
				if h := s.handles[in.GetHandle()]; h != nil && in.GetCredit() == nil {
					h.out = window
				}
			}),
		},
		{
			Name: "keeps-the-credit-of-events", KilledBy: "MUX-CREDIT-004", Message: "credit, for the",
			MayAlsoFail: []string{"multiplexed-stream/credit/"},
			Defect: onFrames(func(_ *stream, in *request, out []*response) []*response {
				if carried(in).GetEvent() != nil {
					return without(out, isCredit)
				}
				return out
			}),
		},
		{
			Name: "gives-too-much-credit", KilledBy: "MUX-CREDIT-005", Message: "credit of 1 to", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				if isCredit(frame) {
					frame.GetCredit().Bytes++
				}
				return []*response{frame}
			}),
		},
		{
			Name: "gives-credit-of-nothing", KilledBy: "MUX-CREDIT-005", Message: "credit of 1 to", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				if isCredit(frame) {
					return []*response{frame, creditOf(frame.GetHandle(), 0)}
				}
				return []*response{frame}
			}),
		},
		{
			Name: "gives-credit-with-the-answer", KilledBy: "MUX-CREDIT-006", Message: "credit, for the",
			MayAlsoFail: []string{"multiplexed-stream/credit/"}, Defect: bent(lateCredit),
		},
		{
			Name: "gives-credit-once-half-the-window-is-used", KilledBy: "MUX-CREDIT-007", Message: "credit, for the", MayAlsoFail: anyStream(),
			Defect: bent(gatheredCredit),
		},
		{
			Name: "takes-no-more-than-the-window", KilledBy: "MUX-CREDIT-011", Message: "failure", MayAlsoFail: anyStream(),
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if h := s.handles[in.GetHandle()]; h != nil && !h.ended && len(in.GetMessage()) > window {
						return h.fail(codes.ResourceExhausted, "larger than the window"), false
					}
					return next(in)
				}
			}),
		},
		{
			Name: "reads-on-once-its-frames-are-sent", KilledBy: "MUX-READ-001", Message: "room for a message",
			MayAlsoFail: []string{"multiplexed-stream/close/reset"},
			Defect:      made(func(s *stream) { s.serial = true }),
		},
		{
			Name: "waits-for-the-credit-of-one", KilledBy: "MUX-READ-003", Message: "nothing within", MayAlsoFail: anyStream(), Defect: bent(oneForAll),
		},
		{
			Name: "sends-credit-behind-messages", KilledBy: "MUX-FAIR-004", Message: "credit, for the", MayAlsoFail: anyStream(),
			Defect: bent(creditBehindMessages),
		},
	}
}

// lateCredit gives the bytes of a command back with its answer.
func lateCredit(_ *stream, next machine) machine {
	held := map[int64][]*response{}
	return func(in *request) ([]*response, bool) {
		out, end := next(in)
		if carried(in).GetCommand() != nil && !slices.ContainsFunc(out, isMessage) && !slices.ContainsFunc(out, isFailure) {
			held[in.GetHandle()], out = out, nil
		}
		if slices.ContainsFunc(out, isMessage) {
			out = append(held[in.GetHandle()], out...)
			delete(held, in.GetHandle())
		}
		return out, end
	}
}

// gatheredCredit gives bytes back once they are half the window.
func gatheredCredit(_ *stream, next machine) machine {
	owed := map[int64]int64{}
	return func(in *request) ([]*response, bool) {
		out, end := next(in)
		for _, frame := range out {
			owed[frame.GetHandle()] += frame.GetCredit().GetBytes()
		}
		out = without(out, isCredit)
		if n := owed[in.GetHandle()]; n >= window/2 {
			out = append([]*response{creditOf(in.GetHandle(), n)}, out...)
			delete(owed, in.GetHandle())
		}
		return out, end
	}
}

// oneForAll handles no frame of any handle while one of them has a message that lacks
// credit.
func oneForAll(s *stream, next machine) machine {
	var held []*request
	stuck := func() *handle {
		for _, h := range s.handles {
			if len(h.waiting) > 0 {
				return h
			}
		}
		return nil
	}
	return func(in *request) ([]*response, bool) {
		if h := stuck(); h != nil && in != nil && in.GetHandle() != h.number {
			held = append(held, in)
			return nil, false
		}
		out, end := next(in)
		for len(held) > 0 && stuck() == nil && !end {
			var more []*response
			more, end = next(held[0])
			out, held = append(out, more...), held[1:]
		}
		return out, end
	}
}

// creditBehindMessages gives nothing back while a message lacks credit.
func creditBehindMessages(s *stream, next machine) machine {
	var held []*response
	return func(in *request) ([]*response, bool) {
		out, end := next(in)
		for _, h := range s.handles {
			if len(h.waiting) > 0 {
				held = append(held, slices.DeleteFunc(slices.Clone(out), func(f *response) bool { return !isCredit(f) })...)
				return without(out, isCredit), end
			}
		}
		out = append(held, out...)
		held = nil
		return out, end
	}
}
