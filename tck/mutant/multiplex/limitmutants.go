package multiplex

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// limitMutants are wrong about how many there may be, and how large.
func limitMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "serves-few-handles", KilledBy: "MUX-LIMIT-003", Message: "failure ResourceExhausted",
			MayAlsoFail: []string{"multiplexed-stream/limits/"}, Defect: made(func(s *stream) { s.most = 100 }),
		},
		{
			Name: "lets-handles-wait-for-a-thread", KilledBy: "MUX-LIMIT-003", Message: "nothing within",
			MayAlsoFail: []string{"multiplexed-stream/limits/"},
			Defect: onFrames(func(_ *stream, _ *request, out []*response) []*response {
				return without(out, func(frame *response) bool { return isMessage(frame) && frame.GetHandle() > 100 })
			}),
		},
		{
			Name: "serves-few-streams", KilledBy: "MUX-LIMIT-003", Message: "nothing within",
			Defect: defect.Pooled(multiplexv1.MultiplexService_ServiceDesc.ServiceName, 4),
		},
		{Name: "serves-any-number-of-handles", KilledBy: "MUX-LIMIT-007", Message: "nothing within", Defect: made(func(s *stream) { s.most++ })},
		{
			Name: "takes-frames-no-larger-than-messages", KilledBy: "MUX-LIMIT-004", Message: "end ResourceExhausted",
			Defect: func() defect.Instance {
				return defect.Instance{Options: []grpc.ServerOption{grpc.MaxRecvMsgSize(maxMessage)}}
			},
		},
		{
			Name: "sends-messages-of-any-size", KilledBy: "MUX-LIMIT-005", Message: "got 1 message",
			Defect: made(func(s *stream) { s.limit = 1 << 30 }),
		},
	}
}

// withoutPlainStreams refuses plain streams where multiplexed ones may be used.
func withoutPlainStreams() defect.Instance {
	return defect.Instance{Options: []grpc.ServerOption{
		grpc.StreamInterceptor(func(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			multiplexed := defect.InForce(stream.Context())(discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM)
			if multiplexed && info.FullMethod == eventsourcedv1.EventSourcedService_Handle_FullMethodName {
				return status.Error(codes.Unavailable, "multiplex it")
			}
			return next(service, stream)
		}),
	}}
}

// wrongMutants are wrong about the mistakes of a proxy.
func wrongMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "overlooks-frames-without-a-case", KilledBy: "MUX-WRONG-001", Message: "nothing within", MayAlsoFail: anyStream(),
			Defect: ignoring(func(s *stream, in *request) bool {
				return in.GetFrame() == nil && s.handles[in.GetHandle()] != nil
			}),
		},
		{
			Name: "overlooks-wrong-credit", KilledBy: "MUX-WRONG-001", Message: "nothing within", MayAlsoFail: []string{"multiplexed-stream/wrong/"},
			Defect: ignoring(func(s *stream, in *request) bool {
				h := s.handles[in.GetHandle()]
				bytes := in.GetCredit().GetBytes()
				return in.GetCredit() != nil && h != nil && (bytes <= 0 || bytes > window-h.out)
			}),
		},
		{
			Name: "overlooks-messages-without-bytes", KilledBy: "MUX-WRONG-001", Message: "nothing within", MayAlsoFail: []string{"multiplexed-stream/wrong/"},
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if _, is := in.GetFrame().(*multiplexv1.HandleRequest_Message); is && s.handles[in.GetHandle()] != nil && len(in.GetMessage()) == 0 {
						return nil, false
					}
					if in.GetOpen() != nil && in.GetHandle() != 0 && len(in.GetOpen().GetMessage()) == 0 {
						in.GetOpen().Message = someInit()
						out, end := next(in)
						return without(out, isCredit), end
					}
					return next(in)
				}
			}),
		},
		{
			Name: "overlooks-wrong-handles", KilledBy: "MUX-WRONG-002", Message: "nothing within", MayAlsoFail: anyStream(),
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					started := s.started
					out, end := next(in)
					if started && s.status != nil {
						s.status = nil
						return nil, false
					}
					return out, end
				}
			}),
		},
		{
			Name: "overlooks-what-comes-behind-close", KilledBy: "MUX-WRONG-006", Message: "nothing within", MayAlsoFail: []string{"multiplexed-stream/wrong/"},
			Defect: ignoring(func(s *stream, in *request) bool { return done(s, in) && in.GetOpen() == nil }),
		},
		{
			Name: "fails-all-for-one", KilledBy: "MUX-WRONG-007", Message: "got 2 failure", MayAlsoFail: anyStream(),
			Defect: onFrames(func(s *stream, _ *request, out []*response) []*response {
				failed := false
				for _, frame := range out {
					failed = failed || isFailure(frame)
				}
				for number, h := range s.handles {
					if failed && !h.ended && number != 0 {
						out = append(out, h.fail(codes.Internal, "another one has failed")...)
					}
				}
				return out
			}),
		},
	}
}
