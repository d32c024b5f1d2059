package transcode

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/descriptor"
)

// The fields of google.api.HttpBody.
const (
	contentTypeField protoreflect.FieldNumber = 1
	dataField        protoreflect.FieldNumber = 2
)

// isRaw reports whether the message is a google.api.HttpBody.
func isRaw(message protoreflect.MessageDescriptor) bool {
	return message.FullName() == "google.api.HttpBody" &&
		hasField(message, contentTypeField, protoreflect.StringKind) && hasField(message, dataField, protoreflect.BytesKind)
}

// hasField reports whether the message has a singular field of the number and kind.
func hasField(message protoreflect.MessageDescriptor, number protoreflect.FieldNumber, kind protoreflect.Kind) bool {
	field := message.Fields().ByNumber(number)
	return field != nil && field.Kind() == kind && field.Cardinality() != protoreflect.Repeated
}

// isRawField reports whether the field is one google.api.HttpBody.
func isRawField(field protoreflect.FieldDescriptor) bool {
	return field.Message() != nil && field.Cardinality() != protoreflect.Repeated && isRaw(field.Message())
}

// IsRaw reports whether the caller's body is the data of a google.api.HttpBody
// (HTTP-BODY-002, HTTP-STREAM-010).
func IsRaw(b *descriptor.Binding) bool {
	if b.Response != nil {
		return isRawField(b.Response)
	}
	return isRaw(b.Output)
}

// raw returns the content type and the data of a google.api.HttpBody.
func (p *printer) raw(of protoreflect.MessageDescriptor, bytes []byte) (contentType string, data []byte, err error) {
	all := p.read(of, bytes)
	last := func(number protoreflect.FieldNumber) protoreflect.Value {
		field := of.Fields().ByNumber(number)
		return lastOf(field, chunksOf(all, field))
	}
	contentType = last(contentTypeField).String()
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	if !isHeaderValue(contentType) {
		return "", nil, &Unprintable{Requirement: "HTTP-BODY-003", Text: fmt.Sprintf("the response's content_type %q is no value of a header", contentType)}
	}
	return contentType, last(dataField).Bytes(), nil
}

// setRaw sets a google.api.HttpBody to a request's body (HTTP-BODY-001).
func setRaw(d *draft, contentType string, data []byte) {
	d.set(d.of.Fields().ByNumber(contentTypeField), protoreflect.ValueOfString(contentType))
	d.set(d.of.Fields().ByNumber(dataField), protoreflect.ValueOfBytes(data))
}

// isHeaderValue reports whether the text can be the value of a header (RFC 9110,
// section 5.5): visible characters, with spaces and tabs between them alone.
func isHeaderValue(text string) bool {
	if strings.Trim(text, " \t") != text {
		return false
	}
	for _, c := range []byte(text) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
