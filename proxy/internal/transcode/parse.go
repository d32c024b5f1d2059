package transcode

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// whole reads the text, which is one value and nothing behind it. An error is a
// [*Refusal].
func (p *parser) whole(value func() error) error {
	if !utf8.Valid(p.data) {
		return Refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	err := value()
	if err == nil && p.peek() != 0 {
		err = p.notJSON("nothing behind the value")
	}
	if err == nil && p.pos < len(p.data) { // a byte 0
		err = p.notJSON("nothing behind the value")
	}
	if err != nil {
		return Refuse(http.StatusBadRequest, "the body cannot be taken: %v", err)
	}
	return nil
}

// message reads a value of the message's type into it.
func (p *parser) message(m protoreflect.Message) error {
	switch knownOf(m.Descriptor()) {
	case anything:
		return p.any(m)
	case timestamp, duration, fieldMask:
		return p.filled(m)
	case wrapper:
		field := m.Descriptor().Fields().ByNumber(wrapped)
		value, err := p.scalar(field)
		if err == nil {
			m.Set(field, value)
		}
		return err
	case object:
		return p.entries(m, m.Descriptor().Fields().ByNumber(entriesField))
	case list:
		return p.elements(m, m.Descriptor().Fields().ByNumber(entriesField))
	case dynamic:
		return p.value(m)
	default:
		return p.fields(m, nil)
	}
}

// filled reads a message that is written as a string.
func (p *parser) filled(m protoreflect.Message) error {
	if p.peek() != '"' {
		return p.unfit(string(m.Descriptor().FullName()))
	}
	text, err := p.text()
	if err == nil && !fill(m, text) {
		err = wrong("%s is no %s", excerpt(text), m.Descriptor().FullName())
	}
	return err
}

// fields reads an object into the message. It calls other, which may be nil, for a
// name that is no field of it; other says whether it knows the name.
func (p *parser) fields(m protoreflect.Message, other func(name string) (known bool, err error)) error {
	if p.peek() != '{' {
		return p.unfit(string(m.Descriptor().FullName()))
	}
	var usual [16]protoreflect.FieldNumber
	seen := usual[:0]
	return p.object(func(name string) error {
		if other != nil {
			if known, err := other(name); known {
				return err
			}
		}
		field, err := p.named(m.Descriptor(), name)
		if err != nil {
			return err
		}
		step := "." + string(field.Name())
		if slices.Contains(seen, field.Number()) {
			return within(step, wrong("it is given twice"))
		}
		seen = append(seen, field.Number())
		return within(step, p.field(m, field))
	})
}

// named returns the field of the message by its JSON name, its name in the proto, or
// that of an extension in brackets.
func (p *parser) named(message protoreflect.MessageDescriptor, name string) (protoreflect.FieldDescriptor, error) {
	if field := message.Fields().ByJSONName(name); field != nil {
		return field, nil
	}
	if field := message.Fields().ByName(protoreflect.Name(name)); field != nil {
		return field, nil
	}
	if extension, ok := strings.CutPrefix(name, "["); ok && strings.HasSuffix(extension, "]") {
		found, err := p.types.FindExtensionByName(protoreflect.FullName(strings.TrimSuffix(extension, "]")))
		if err == nil && found.TypeDescriptor().ContainingMessage().FullName() == message.FullName() {
			return found.TypeDescriptor(), nil
		}
	}
	return nil, wrong("the message %s has no field %s", message.FullName(), excerpt(name))
}

// field reads the value of a field and sets it; null leaves it absent.
func (p *parser) field(m protoreflect.Message, field protoreflect.FieldDescriptor) error {
	if !takesNull(field) || field.IsList() || field.IsMap() {
		if p.word("null") {
			return nil
		}
	}
	if oneof := field.ContainingOneof(); oneof != nil && m.WhichOneof(oneof) != nil {
		return wrong("the oneof %q has a value already, of %q", oneof.Name(), m.WhichOneof(oneof).Name())
	}
	switch {
	case field.IsMap():
		return p.entries(m, field)
	case field.IsList():
		return p.elements(m, field)
	}
	value, err := p.single(field, func() protoreflect.Value { return m.NewField(field) })
	if err == nil {
		m.Set(field, value)
	}
	return err
}

// single reads one value of the field's type; blank makes a message.
func (p *parser) single(field protoreflect.FieldDescriptor, blank func() protoreflect.Value) (protoreflect.Value, error) {
	if field.Message() == nil {
		return p.scalar(field)
	}
	value := blank()
	return value, p.message(value.Message())
}

// elements reads an array into the repeated field.
func (p *parser) elements(m protoreflect.Message, field protoreflect.FieldDescriptor) error {
	if p.peek() != '[' {
		return p.unfit("array")
	}
	list := m.Mutable(field).List()
	return p.array(func(int) error {
		value, err := p.single(field, list.NewElement)
		if err == nil {
			list.Append(value)
		}
		return err
	})
}

// entries reads an object into the map field.
func (p *parser) entries(m protoreflect.Message, field protoreflect.FieldDescriptor) error {
	if p.peek() != '{' {
		return p.unfit("object")
	}
	entries := m.Mutable(field).Map()
	return p.object(func(name string) error {
		step := "[" + excerpt(name) + "]"
		key, ok := scalar(field.MapKey(), name)
		if !ok {
			return within(step, wrong("the key is no %s", typeName(field.MapKey())))
		}
		if entries.Has(key.MapKey()) {
			return within(step, wrong("it is given twice"))
		}
		value, err := p.single(field.MapValue(), entries.NewValue)
		if err == nil {
			entries.Set(key.MapKey(), value)
		}
		return within(step, err)
	})
}

// value reads any JSON into a google.protobuf.Value.
func (p *parser) value(m protoreflect.Message) error {
	fields := m.Descriptor().Fields()
	set := func(number protoreflect.FieldNumber, value protoreflect.Value) { m.Set(fields.ByNumber(number), value) }
	nested := func(number protoreflect.FieldNumber) error {
		return p.message(m.Mutable(fields.ByNumber(number)).Message())
	}
	switch c := p.peek(); {
	case c == '{':
		return nested(objectField)
	case c == '[':
		return nested(listField)
	case c == '"':
		text, err := p.text()
		set(stringField, protoreflect.ValueOfString(text))
		return err
	case p.word("null"):
		set(nullField, protoreflect.ValueOfEnum(0))
	case p.word("true"):
		set(boolField, protoreflect.ValueOfBool(true))
	case p.word("false"):
		set(boolField, protoreflect.ValueOfBool(false))
	default:
		text, err := p.number()
		if err != nil {
			return err
		}
		n, ok := parseFloat(text, 64)
		if !ok {
			return wrong("%s is a number out of range", excerpt(text))
		}
		set(numberField, protoreflect.ValueOfFloat64(n))
	}
	return nil
}

// scalar reads the value of a field that is no message. A number may stand in quotes,
// but for that of an enum; nothing else may stand without.
func (p *parser) scalar(field protoreflect.FieldDescriptor) (protoreflect.Value, error) {
	c := p.peek()
	kind := field.Kind()
	isWord := c == 't' || c == 'f'
	var text string
	var err error
	switch {
	case isNull(field) && p.word("null"):
		return protoreflect.ValueOfEnum(0), nil
	case kind == protoreflect.BoolKind && isWord:
		text, err = p.boolean()
	case kind == protoreflect.BoolKind:
		return protoreflect.Value{}, p.unfit(typeName(field))
	case c == '"':
		text, err = p.text()
		if err == nil && kind == protoreflect.EnumKind && isNumber(text) {
			err = wrong("%s is no name of the enum %s", excerpt(text), typeName(field))
		}
	case kind == protoreflect.StringKind || kind == protoreflect.BytesKind || c != '-' && (c < '0' || c > '9'):
		return protoreflect.Value{}, p.unfit(typeName(field))
	default:
		text, err = p.number()
	}
	if err != nil {
		return protoreflect.Value{}, err
	}
	value, ok := scalar(field, text)
	if !ok {
		return protoreflect.Value{}, wrong("%s is no %s", excerpt(text), typeName(field))
	}
	return value, nil
}

// boolean reads true or false.
func (p *parser) boolean() (string, error) {
	for _, word := range []string{"true", "false"} {
		if p.word(word) {
			return word, nil
		}
	}
	return "", p.notJSON("a value")
}

// unfit says that the value which comes is no value of the type, or no JSON at all.
func (p *parser) unfit(typeName string) error {
	begin := p.pos
	if err := p.skip(); err != nil {
		return err
	}
	return wrong("%s is no %s", excerpt(strings.TrimSpace(string(p.data[begin:p.pos]))), typeName)
}
