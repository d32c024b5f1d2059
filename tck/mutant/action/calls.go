package action

import (
	"context"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// callMutants are wrong about which calls there are, or about what one means for another.
func callMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "lists-no-target", KilledBy: "DISC-ENT-001", Message: "it is not listed",
			Defect: defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
				var rest []*discoveryv1.Entity
				for _, entity := range answer.GetEntities() {
					if entity.GetServiceName() != twoService {
						rest = append(rest, entity)
					}
				}
				answer.Entities = rest
				return nil
			}),
		},
		{
			Name: "serves-no-stream", KilledBy: "ACT-DISC-001", Message: "Unimplemented",
			MayAlsoFail: withStatus(anyCall()),
			Defect: func() defect.Instance {
				instance := bending(func(c *call, next machine) machine {
					return func(in *command) ([]*response, bool) {
						if c.shape.streamsIn || c.shape.streamsOut {
							return nil, true
						}
						return next(in)
					}
				})
				instance.Status = status.Error(codes.Unimplemented, "not in this version")
				return instance
			},
		},
		{
			Name: "serves-one-call-at-a-time", KilledBy: "ACT-CALL-003", Message: "busy",
			MayAlsoFail: anyCall(),
			Defect:      busy,
		},
		{
			Name: "serves-fifty-calls-of-a-connection", KilledBy: "ACT-CALL-003", Message: "nothing within",
			Defect: defect.Pooled(actionv1.ActionService_ServiceDesc.ServiceName, 50),
		},
		{
			Name: "takes-any-service", KilledBy: "ACT-CALL-004", Message: `got reply "A"`,
			MayAlsoFail: []string{"action/unary/the-target", "action/unary/reply-type-of-the-target"},
			Defect: onCommands(func(c *call, in *command) {
				if c.method == "" {
					in.ServiceName = modelService
				}
			}),
		},
		{
			Name: "takes-any-method", KilledBy: "ACT-CALL-004", Message: `got reply "A"`,
			Defect: onCommands(func(c *call, in *command) {
				if c.method == "" && in.GetServiceName() == modelService {
					in.Name = "Process" + c.shape.name
				}
			}),
		},
		{
			Name: "takes-what-it-does-not-serve-for-nothing", KilledBy: "ACT-CALL-004", Message: "end OK",
			MayAlsoFail: anyCall(),
			Defect: bent(func(_ *call, next machine) machine {
				return func(in *command) ([]*response, bool) {
					out, end := next(in)
					if end && in != nil {
						return nil, true
					}
					return out, end
				}
			}),
		},
		{
			Name: "hangs-on-an-unknown-method", KilledBy: "ACT-CALL-004", Message: "nothing within",
			Defect: bent(func(c *call, next machine) machine {
				lost := false
				return func(in *command) ([]*response, bool) {
					if c.method == "" && in != nil && !strings.HasPrefix(in.GetName(), "Process") && in.GetName() != "Call" {
						lost = true
					}
					if lost {
						return nil, false
					}
					return next(in)
				}
			}),
		},
		{
			Name: "holds-on-after-a-cancel", KilledBy: "ACT-CANCEL-004", Message: "too many calls",
			MayAlsoFail: anyCall(),
			Defect:      holdingOn,
		},
		{
			Name: "sends-one-response-at-a-time", KilledBy: "ACT-FLOW-003", Message: "nothing within",
			MayAlsoFail: anyCall(),
			Defect:      oneSender,
		},
		{
			Name: "takes-small-messages-only", KilledBy: "CORE-LIMIT-001", Message: "ResourceExhausted",
			MayAlsoFail: []string{"action/limits/", "action/flow/"},
			Defect: func() defect.Instance {
				return defect.Instance{Options: []grpc.ServerOption{grpc.MaxRecvMsgSize(1 << 20)}}
			},
		},
	}
}

// busy refuses each call that is made while another is open. One that is broken off
// stays open to it.
func busy() defect.Instance {
	var mu sync.Mutex
	open := 0
	return bending(func(c *call, next machine) machine {
		return func(in *command) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case c.method == "" && in != nil && open > 0:
				return refused("busy")
			case c.method == "" && in != nil:
				open++
			}
			out, end := next(in)
			if end {
				open--
			}
			return out, end
		}
	})
}

// intercepting is the instance whose calls of actions pass through the interceptor.
func intercepting(intercept grpc.StreamServerInterceptor) defect.Instance {
	ours := "/" + actionv1.ActionService_ServiceDesc.ServiceName + "/"
	return defect.Instance{Options: []grpc.ServerOption{grpc.StreamInterceptor(
		func(served any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			if !strings.HasPrefix(info.FullMethod, ours) {
				return handle(served, stream)
			}
			return intercept(served, stream, info, handle)
		})}}
}

// holdingOn never lets go of a call that was cancelled, and has room for no other then.
func holdingOn() defect.Instance {
	var mu sync.Mutex
	held := map[context.Context]bool{}
	return intercepting(func(served any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		ctx := stream.Context()
		mu.Lock()
		for other := range held {
			if other.Err() != nil {
				mu.Unlock()
				return status.Error(codes.ResourceExhausted, "too many calls")
			}
		}
		held[ctx] = true
		mu.Unlock()
		err := handle(served, stream)
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() == nil {
			delete(held, ctx)
		}
		return err
	})
}

// oneSender sends one response at a time, of all calls.
func oneSender() defect.Instance {
	turn := make(chan struct{}, 1)
	return intercepting(func(served any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		return handle(served, takingTurns{stream, turn})
	})
}

// takingTurns sends when it has the turn.
type takingTurns struct {
	grpc.ServerStream

	turn chan struct{}
}

// SendMsg waits for its turn.
func (s takingTurns) SendMsg(message any) error {
	select {
	case s.turn <- struct{}{}:
	case <-s.Context().Done():
		return s.Context().Err()
	}
	defer func() { <-s.turn }()
	return s.ServerStream.SendMsg(message)
}
