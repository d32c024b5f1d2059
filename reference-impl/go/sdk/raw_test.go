package sdk_test

import (
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
)

// raw is a codec that sends and receives bytes as they are.
type raw struct{}

var _ encoding.Codec = raw{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(message any) ([]byte, error) {
	bytes, ok := message.([]byte)
	if !ok {
		return nil, fmt.Errorf("%T is not bytes", message)
	}
	return bytes, nil
}

func (raw) Unmarshal(data []byte, message any) error {
	bytes, ok := message.(*[]byte)
	if !ok {
		return fmt.Errorf("%T takes no bytes", message)
	}
	*bytes = append([]byte(nil), data...)
	return nil
}

func asBytes() grpc.CallOption { return grpc.ForceCodec(raw{}) }

func eventSourcedHandle() *grpc.StreamDesc {
	return &grpc.StreamDesc{StreamName: "Handle", ServerStreams: true, ClientStreams: true}
}
