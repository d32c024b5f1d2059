package descriptor

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/stateward/stateward/proxy/internal/route"
)

// Binding is one route to a method by HTTP, and what of a request goes where.
type Binding struct {
	// Method is the method that is called.
	Method *Method
	// Verb is the HTTP method, Path the template as its author wrote it.
	Verb, Path string
	// Input and Output are the messages of the method.
	Input, Output protoreflect.MessageDescriptor
	// Files are those of the answer: any type that a message holds is one of theirs.
	Files *protoregistry.Files
	// Variables are the fields that the path sets, in the order of what
	// [Routes.Match] captures.
	Variables []FieldPath
	// Body says what of the input the request's body is.
	Body Body
	// Response is the field of the output that the response's body is; nil where that
	// is the whole output.
	Response protoreflect.FieldDescriptor

	declared protoreflect.MethodDescriptor
	template route.Template
	isOwn    bool // the default route, which no rule has named
}

// Body says what of a message a body is: the whole, one field, or nothing.
type Body struct {
	Whole bool
	// Field is nil where the body is the whole, or nothing.
	Field protoreflect.FieldDescriptor
}

// FieldPath leads from a message to a field in it, or in a message in it: one
// singular message after the other, and the field last.
type FieldPath []protoreflect.FieldDescriptor

// String returns the names of the fields, joined by dots.
func (p FieldPath) String() string {
	names := make([]string, len(p))
	for i, field := range p {
		names[i] = string(field.Name())
	}
	return strings.Join(names, ".")
}

// Last returns the field that the path leads to.
func (p FieldPath) Last() protoreflect.FieldDescriptor { return p[len(p)-1] }

// texts are the messages that JSON writes as one string, number or bool.
var texts = []protoreflect.FullName{
	"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask",
	"google.protobuf.BoolValue", "google.protobuf.BytesValue", "google.protobuf.DoubleValue", "google.protobuf.FloatValue",
	"google.protobuf.Int32Value", "google.protobuf.Int64Value", "google.protobuf.StringValue",
	"google.protobuf.UInt32Value", "google.protobuf.UInt64Value",
}

// IsText reports whether the field is of a text type, or repeats one: a path or a
// query can give its value.
func IsText(field protoreflect.FieldDescriptor) bool {
	return field.Message() == nil || slices.Contains(texts, field.Message().FullName())
}
