package transcode

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/stateward/stateward/proxy/internal/descriptor"
)

// JSON is the content type of JSON.
const JSON = "application/json"

// Unprintable says that a response cannot be given to its caller by HTTP, who gets
// INTERNAL; the function is told.
type Unprintable struct { //nolint:errname // a property of the response, and the error for it
	// Requirement is the sentence that the response breaks, for the report.
	Requirement string
	// Text says why, for a person.
	Text string
}

// Error returns the text.
func (u *Unprintable) Error() string { return u.Text }

// GRPCStatus returns INTERNAL and the text.
func (u *Unprintable) GRPCStatus() *status.Status { return status.New(codes.Internal, u.Text) }

// noMessage returns why a response is no message of the type.
func noMessage(of protoreflect.MessageDescriptor, reason error) error {
	return &Unprintable{Requirement: "HTTP-JSON-006", Text: fmt.Sprintf("the response is no %s: %v", of.FullName(), reason)}
}

// unprintable returns why a response that is a message of the type cannot be printed.
func unprintable(of protoreflect.MessageDescriptor, reason error) error {
	return &Unprintable{Requirement: "HTTP-JSON-006", Text: fmt.Sprintf("the response, a %s, cannot be printed as JSON: %v", of.FullName(), reason)}
}

// Response returns the caller's body and its content type, of the bytes of a message
// of the method's output. An error is an [*Unprintable].
func Response(b *descriptor.Binding, payload []byte) (contentType string, body []byte, err error) {
	p := newPrinter(nil, dynamicpb.NewTypes(b.Files))
	if err := p.validate(b.Output, payload, 0); err != nil {
		return "", nil, noMessage(b.Output, err)
	}
	if b.Response == nil && isRaw(b.Output) {
		return p.raw(b.Output, payload)
	}
	if b.Response == nil {
		err = p.message(b.Output, payload)
	} else {
		chunks := chunksOf(p.read(b.Output, payload), b.Response)
		switch {
		case isRawField(b.Response):
			return p.raw(b.Response.Message(), merged(chunks))
		case len(chunks) == 0 && b.Response.Message() != nil && b.Response.Cardinality() != protoreflect.Repeated:
			p.out = append(p.out, "null"...) // HTTP-JSON-007
		default:
			err = p.field(b.Response, chunks)
		}
	}
	if err != nil {
		return "", nil, unprintable(b.Output, err)
	}
	return JSON, p.out, nil
}
