package multiplex

import (
	"google.golang.org/grpc/codes"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Variants are models as other authors might have written them.
func Variants() []defect.Variant {
	return []defect.Variant{
		{Name: "gives credit back in parts", Make: onEach(inParts)},
		{Name: "sends of the newest handle first", Make: made(func(s *stream) { s.backward = true })},
		{Name: "adds to frames what a later version has", Make: onEach(func(frame *response) []*response {
			addUnknown(frame)
			return []*response{frame}
		})},
		{Name: "ends what is reset by a failure", Make: onFrames(func(_ *stream, in *request, out []*response) []*response {
			for _, frame := range out {
				if in.GetClose().GetReset_() && frame.GetClosed() != nil {
					frame.Frame = &multiplexv1.HandleResponse_Failure{Failure: &multiplexv1.Failure{Code: int32(codes.Canceled)}}
				}
			}
			return out
		})},
		{Name: "says nothing behind a mistake", Make: onEach(func(frame *response) []*response {
			if frame.GetFailure() != nil {
				frame.GetFailure().Description = ""
			}
			return []*response{frame}
		})},
	}
}

// inParts splits credit in two: a byte, and the rest.
func inParts(frame *response) []*response {
	bytes := frame.GetCredit().GetBytes()
	if bytes < 2 {
		return []*response{frame}
	}
	return []*response{creditOf(frame.GetHandle(), 1), creditOf(frame.GetHandle(), bytes-1)}
}
