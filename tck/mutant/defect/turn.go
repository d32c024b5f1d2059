package defect

import (
	"strings"

	"google.golang.org/grpc"
)

// InTurns is the defect of a function that sends one message at a time, of all streams of
// a service, which is given by its full name.
func InTurns(service string) Defect {
	return func() Instance {
		turn := make(chan struct{}, 1)
		return Instance{Options: []grpc.ServerOption{grpc.StreamInterceptor(
			func(served any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
				if !strings.HasPrefix(info.FullMethod, "/"+service+"/") {
					return handle(served, stream)
				}
				return handle(served, takingTurns{stream, turn})
			})}}
	}
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
