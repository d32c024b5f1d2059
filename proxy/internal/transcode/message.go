package transcode

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Form makes messages of one method out of JSON, and JSON out of them, where no route has
// been taken (HTTP-WEB-005). Files have the types of what an Any holds.
type Form struct {
	Input, Output protoreflect.MessageDescriptor
	Files         *protoregistry.Files
}

// Request returns the payload that the JSON says. An error is a [*Refusal].
func (f Form) Request(json []byte) ([]byte, error) {
	message := dynamicpb.NewMessage(f.Input)
	p := parser{data: json, types: dynamicpb.NewTypes(f.Files)}
	if err := p.whole(func() error { return p.message(message) }); err != nil {
		return nil, err
	}
	return appendMessage(nil, message), nil
}

// Response returns the JSON of a response. An error is an [*Unprintable].
func (f Form) Response(payload []byte) ([]byte, error) {
	types := dynamicpb.NewTypes(f.Files)
	message := dynamicpb.NewMessage(f.Output)
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: types}).Unmarshal(payload, message); err != nil {
		return nil, &Unprintable{Requirement: "HTTP-JSON-006", Text: fmt.Sprintf("the response is no %s: %v", f.Output.FullName(), err)}
	}
	p := printer{types: types}
	if err := p.message(message); err != nil {
		return nil, &Unprintable{Requirement: "HTTP-JSON-006", Text: fmt.Sprintf("the response, a %s, cannot be printed as JSON: %v", f.Output.FullName(), err)}
	}
	return p.out, nil
}
