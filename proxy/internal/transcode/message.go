package transcode

import (
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
	d := draft{of: f.Input}
	p := newParser(json, f.Files)
	if err := p.whole(func() error { return p.message(&d) }); err != nil {
		return nil, err
	}
	return d.marshal(nil), nil
}

// Response returns the JSON of a response. An error is an [*Unprintable].
func (f Form) Response(payload []byte) ([]byte, error) {
	p := newPrinter(nil, dynamicpb.NewTypes(f.Files))
	if err := p.validate(f.Output, payload, 0); err != nil {
		return nil, noMessage(f.Output, err)
	}
	if err := p.message(f.Output, payload); err != nil {
		return nil, unprintable(f.Output, err)
	}
	return p.out, nil
}
