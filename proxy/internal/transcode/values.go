package transcode

import "google.golang.org/protobuf/reflect/protoreflect"

// value reads any JSON into a google.protobuf.Value.
func (p *parser) value(d *draft) error {
	fields := d.of.Fields()
	set := func(number protoreflect.FieldNumber, value protoreflect.Value) { d.set(fields.ByNumber(number), value) }
	switch c := p.peek(); {
	case c == '{':
		return p.message(d.open(fields.ByNumber(objectField)))
	case c == '[':
		return p.message(d.open(fields.ByNumber(listField)))
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
