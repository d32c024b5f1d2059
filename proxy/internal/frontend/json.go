package frontend

import (
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/frontend/web"
)

// form makes the messages of a method out of JSON, and JSON out of them.
type form struct {
	input, output protoreflect.MessageDescriptor
	types         *dynamicpb.Types
}

var _ web.JSON = form{}

// Request returns the request that the JSON says.
func (f form) Request(json []byte) ([]byte, error) {
	message := dynamicpb.NewMessage(f.input)
	if err := (protojson.UnmarshalOptions{Resolver: f.types}).Unmarshal(json, message); err != nil {
		return nil, fault.New(fault.Invalid, "the request is not the JSON of a %s: %w", f.input.FullName(), err)
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(message)
}

// Response returns the JSON of a response.
func (f form) Response(response []byte) ([]byte, error) {
	message := dynamicpb.NewMessage(f.output)
	err := proto.UnmarshalOptions{Resolver: f.types}.Unmarshal(response, message)
	if err != nil {
		return nil, fault.New(fault.Internal, "the response is no %s: %w", f.output.FullName(), err)
	}
	return protojson.MarshalOptions{EmitDefaultValues: true, Resolver: f.types}.Marshal(message)
}
