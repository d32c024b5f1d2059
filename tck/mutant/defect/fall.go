package defect

import (
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Falling is the defect of a function that ends every stream of a service, by its full name,
// once it could not read a message on one.
func Falling(service string) Defect {
	return func() Instance {
		var fallen atomic.Bool
		return Instance{Options: []grpc.ServerOption{grpc.StreamInterceptor(
			func(served any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
				if !strings.HasPrefix(info.FullMethod, "/"+service+"/") {
					return handle(served, stream)
				}
				return handle(served, falling{stream, &fallen})
			})}}
	}
}

type falling struct {
	grpc.ServerStream

	fallen *atomic.Bool
}

func (f falling) RecvMsg(message any) error {
	err := f.ServerStream.RecvMsg(message)
	if status.Code(err) == codes.Internal { // what gRPC says of bytes that are no message
		f.fallen.Store(true)
	}
	if f.fallen.Load() {
		return status.Error(codes.Unavailable, "fallen over")
	}
	return err
}
