// Package schema writes the JSON Schema of a message: what its protobuf JSON looks
// like, for editors and for tools that know no protobuf.
package schema

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// dialect is the version of JSON Schema.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// node is a schema, as far as messages need it. Its fields stand in the order in which
// they are written.
type node struct {
	Schema      string           `json:"$schema,omitempty"`
	Description string           `json:"description,omitempty"`
	Ref         string           `json:"$ref,omitempty"`
	Type        string           `json:"type,omitempty"`
	Const       string           `json:"const,omitempty"`
	Pattern     string           `json:"pattern,omitempty"`
	OneOf       []*node          `json:"oneOf,omitempty"`
	Items       *node            `json:"items,omitempty"`
	Properties  map[string]*node `json:"properties,omitempty"`
	Additional  *bool            `json:"additionalProperties,omitempty"`
	Defs        map[string]*node `json:"$defs,omitempty"`
}

// Of returns the schema of a message and of all that it holds. The comments, which may
// be nil, give what the proto says of a message, a field, an enum or a value. It refuses
// what no report has: maps, groups, bytes and floating-point numbers.
func Of(root protoreflect.MessageDescriptor, comment func(protoreflect.Descriptor) string) ([]byte, error) {
	if comment == nil {
		comment = func(protoreflect.Descriptor) string { return "" }
	}
	w := writer{comment: comment, defs: map[string]*node{}}
	top, err := w.message(root)
	if err != nil {
		return nil, err
	}
	top.Schema, top.Defs = dialect, w.defs
	text, err := json.MarshalIndent(top, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return append(text, '\n'), nil
}

// writer gathers the definitions of what a message refers to.
type writer struct {
	comment func(protoreflect.Descriptor) string
	defs    map[string]*node
}

func (w *writer) message(m protoreflect.MessageDescriptor) (*node, error) {
	out := &node{Type: "object", Description: w.comment(m), Properties: map[string]*node{}, Additional: new(false)}
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		value, err := w.field(field)
		if err != nil {
			return nil, err
		}
		if field.IsList() {
			value = &node{Type: "array", Items: value}
		}
		value.Description = w.comment(field)
		out.Properties[field.JSONName()] = value
	}
	return out, nil
}

func (w *writer) field(f protoreflect.FieldDescriptor) (*node, error) {
	switch {
	case f.IsMap():
		return nil, fmt.Errorf("schema: %s is a map", f.FullName())
	case f.Kind() == protoreflect.MessageKind:
		return w.refer(f.Message(), func() (*node, error) { return w.message(f.Message()) })
	case f.Kind() == protoreflect.EnumKind:
		return w.refer(f.Enum(), func() (*node, error) { return w.enum(f.Enum()), nil })
	case f.Kind() == protoreflect.StringKind:
		return &node{Type: "string"}, nil
	case f.Kind() == protoreflect.BoolKind:
		return &node{Type: "boolean"}, nil
	case f.Kind() == protoreflect.Int32Kind:
		return &node{Type: "integer"}, nil
	case f.Kind() == protoreflect.Int64Kind: // JSON's numbers are too small for it
		return &node{Type: "string", Pattern: "^-?[0-9]+$"}, nil
	default:
		return nil, fmt.Errorf("schema: %s is of the kind %v", f.FullName(), f.Kind())
	}
}

// refer defines what is named, the first time, and returns a reference to it.
func (w *writer) refer(named protoreflect.Descriptor, define func() (*node, error)) (*node, error) {
	name := string(named.Name())
	if w.defs[name] == nil {
		w.defs[name] = &node{} // ends a circle
		defined, err := define()
		if err != nil {
			return nil, err
		}
		w.defs[name] = defined
	}
	return &node{Ref: "#/$defs/" + name}, nil
}

// enum lists the names of the values. The zero value is left out of JSON.
func (w *writer) enum(e protoreflect.EnumDescriptor) *node {
	out := &node{Description: w.comment(e)}
	for i := range e.Values().Len() {
		if value := e.Values().Get(i); value.Number() != 0 {
			out.OneOf = append(out.OneOf, &node{Const: string(value.Name()), Description: w.comment(value)})
		}
	}
	return out
}

// Plain returns a schema without its descriptions: what it has when the comments of
// the proto are not known.
func Plain(text []byte) ([]byte, error) {
	var top node
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	top.strip()
	text, err := json.MarshalIndent(top, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return append(text, '\n'), nil
}

func (n *node) strip() {
	if n == nil {
		return
	}
	n.Description = ""
	n.Items.strip()
	for _, below := range n.OneOf {
		below.strip()
	}
	for _, named := range []map[string]*node{n.Properties, n.Defs} {
		for _, below := range named {
			below.strip()
		}
	}
}
