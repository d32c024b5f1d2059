package multiplex

import (
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/tck/mutant/defect"
)

// closeMutants are wrong about the end of a handle, or of the stream.
func closeMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "acknowledges-no-close", KilledBy: "MUX-CLOSE-002", Message: "nothing within", MayAlsoFail: anyStream(),
			Defect: onFrames(func(_ *stream, in *request, out []*response) []*response {
				if in.GetClose() != nil && !in.GetClose().GetReset_() {
					return nil
				}
				return out
			}),
		},
		{
			Name: "ends-a-closed-handle-by-a-failure", KilledBy: "MUX-CLOSE-002", Message: "failure Internal", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				if frame.GetClosed() != nil {
					return (&handle{number: frame.GetHandle()}).fail(codes.Internal, "closed")
				}
				return []*response{frame}
			}),
		},
		{
			Name: "overlooks-a-reset", KilledBy: "MUX-CLOSE-003", Message: "nothing within", MayAlsoFail: anyStream(),
			Defect: ignoring(func(_ *stream, in *request) bool { return in.GetClose().GetReset_() }),
		},
		{
			Name: "sends-what-waits-before-it-acknowledges", KilledBy: "MUX-CLOSE-003", Message: "no message of",
			MayAlsoFail: anyStream(), Defect: bent(parting),
		},
		{
			Name: "closes-twice", KilledBy: "MUX-CLOSE-004", Message: "behind the last one", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				if frame.GetClosed() != nil {
					return []*response{frame, frame}
				}
				return []*response{frame}
			}),
		},
		{
			Name: "answers-what-crosses-its-failure", KilledBy: "MUX-CLOSE-007", Message: "behind the last one", MayAlsoFail: anyStream(),
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if ended(s, in) {
						h := s.handles[in.GetHandle()]
						_, end := next(in)
						return h.close(), end
					}
					return next(in)
				}
			}),
		},
		{
			Name: "takes-what-comes-late-for-a-mistake", KilledBy: "MUX-CLOSE-008", Message: "end InvalidArgument",
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in != nil && done(s, in) {
						return s.end(codes.InvalidArgument, "a handle that is done")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "leaves-a-half-closed-stream-open", KilledBy: "MUX-END-003", Message: "nothing within", MayAlsoFail: anyStream(),
			Defect: onFramesAndEnd(func(in *request, out []*response, end bool) ([]*response, bool) { return out, end && in != nil }),
		},
		{
			Name: "leaves-handles-open-at-the-end", KilledBy: "MUX-END-003", Message: "end OK", MayAlsoFail: anyStream(),
			Defect: onFramesAndEnd(func(in *request, out []*response, end bool) ([]*response, bool) {
				if in == nil {
					return nil, end
				}
				return out, end
			}),
		},
		{Name: "keeps-entities-of-a-broken-stream", KilledBy: "MUX-END-004", Message: "failure Unavailable", Defect: clinging},
	}
}

// onFramesAndEnd is the defect that changes how a frame is answered, and whether the
// stream then ends.
func onFramesAndEnd(change func(in *request, out []*response, end bool) ([]*response, bool)) defect.Defect {
	return bent(func(_ *stream, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			return change(in, out, end)
		}
	})
}

// parting sends on a reset what lacked credit, and then acknowledges.
func parting(s *stream, next machine) machine {
	return func(in *request) ([]*response, bool) {
		h := s.handles[in.GetHandle()]
		if h == nil || !in.GetClose().GetReset_() {
			return next(in)
		}
		h.out = window
		waiting := h.flush()
		out, end := next(in)
		return append(waiting, out...), end
	}
}

// clinging holds an entity until its handle is done, and for ever where it never is.
func clinging() defect.Instance {
	var mu sync.Mutex
	held := map[string]bool{}
	return bending(func(s *stream, next machine) machine {
		mine := map[int64]string{}
		return func(in *request) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			entity := carried(in).GetInit().GetEntityId()
			taken := entity != "" && held[entity]
			out, end := next(in)
			if taken && s.handles[in.GetHandle()] != nil {
				return s.handles[in.GetHandle()].fail(codes.Unavailable, "it is on another stream"), end
			}
			if entity != "" {
				held[entity], mine[in.GetHandle()] = true, entity
			}
			for number, entity := range mine {
				if s.handles[number] == nil || s.handles[number].ended || in == nil {
					delete(held, entity)
				}
			}
			return out, end
		}
	})
}
