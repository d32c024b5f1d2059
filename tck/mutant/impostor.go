package mutant

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// impostor is no user function. No case passes against it.
type impostor struct {
	name string
	// meet runs use against it.
	meet func(use func(target) error) error
}

func impostors() []impostor {
	return []impostor{
		{"nobody-listens", nobody},
		{"accepts-and-closes", closing},
		{"knows-no-method", func(use func(target) error) error { return with(grpc.NewServer(), use) }},
		{"echoes", func(use func(target) error) error { return with(grpc.NewServer(grpc.UnknownServiceHandler(echo)), use) }},
		{"ends-every-stream", func(use func(target) error) error {
			return with(grpc.NewServer(grpc.UnknownServiceHandler(agree)), use)
		}},
		{"says-nothing", func(use func(target) error) error { return with(grpc.NewServer(grpc.UnknownServiceHandler(hush)), use) }},
	}
}

// nobody is an address where nothing listens.
func nobody(use func(target) error) error {
	return reach(func(context.Context) (net.Conn, error) {
		return nil, errors.New("connection refused")
	}, use)
}

// closing is a listener that closes every connection at once.
func closing(use func(target) error) error {
	return reach(func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		return near, far.Close()
	}, use)
}

// echo sends back what it gets, byte for byte. (An Empty keeps what it does not know.)
func echo(_ any, stream grpc.ServerStream) error {
	for {
		var message emptypb.Empty
		if err := stream.RecvMsg(&message); err != nil {
			return nil //nolint:nilerr // the other side has said all
		}
		if err := stream.SendMsg(&message); err != nil {
			return err
		}
	}
}

// agree answers every call with one empty message, and status OK.
func agree(_ any, stream grpc.ServerStream) error {
	var message emptypb.Empty
	if err := stream.RecvMsg(&message); err != nil {
		return nil //nolint:nilerr // the other side has said all
	}
	return stream.SendMsg(&emptypb.Empty{})
}

// hush takes every call and says nothing.
func hush(_ any, stream grpc.ServerStream) error {
	<-stream.Context().Done()
	return stream.Context().Err()
}
