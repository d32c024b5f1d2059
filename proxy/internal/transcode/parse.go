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
func (p *parser) message(d *draft) error {
	switch p.known.of(d.of) {
	case anything:
		return p.any(d)
	case timestamp, duration, fieldMask:
		return p.filled(d)
	case wrapper:
		field := d.of.Fields().ByNumber(wrapped)
		value, err := p.scalar(field)
		if err == nil {
			d.set(field, value)
		}
		return err
	case object:
		return p.entries(d.grown(d.of.Fields().ByNumber(entriesField)))
	case list:
		return p.elements(d.grown(d.of.Fields().ByNumber(entriesField)))
	case dynamic:
		return p.value(d)
	default:
		return p.fields(d, nil)
	}
}

// filled reads a message that is written as a string.
func (p *parser) filled(d *draft) error {
	if p.peek() != '"' {
		return p.unfit(string(d.of.FullName()))
	}
	text, err := p.text()
	if err == nil && !d.fill(text) {
		err = wrong("%s is no %s", excerpt(text), d.of.FullName())
	}
	return err
}

// fields reads an object into the message. It calls other, which may be nil, for a
// name that is no field of it; other says whether it knows the name.
func (p *parser) fields(d *draft, other func(name string) (known bool, err error)) error {
	if p.peek() != '{' {
		return p.unfit(string(d.of.FullName()))
	}
	var usual [16]protoreflect.FieldNumber
	seen := usual[:0]
	return p.object(func(name string) error {
		if other != nil {
			if known, err := other(name); known {
				return err
			}
		}
		field, err := p.named(d.of, name)
		if err != nil {
			return err
		}
		if slices.Contains(seen, field.Number()) {
			err = wrong("it is given twice")
		} else {
			seen = append(seen, field.Number())
			err = p.field(d, field)
		}
		if err != nil {
			return within("."+string(field.Name()), err)
		}
		return nil
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
func (p *parser) field(d *draft, field protoreflect.FieldDescriptor) error {
	if !p.known.takesNull(field) || field.IsList() || field.IsMap() {
		if p.word("null") {
			return nil
		}
	}
	if rival := d.rival(field); rival != nil {
		return wrong("the oneof %q has a value already, of %q", field.ContainingOneof().Name(), rival.Name())
	}
	switch {
	case field.IsMap():
		return p.entries(d.grown(field))
	case field.IsList():
		return p.elements(d.grown(field))
	case field.Message() != nil:
		return p.message(d.open(field))
	}
	value, err := p.scalar(field)
	if err == nil {
		d.set(field, value)
	}
	return err
}

// elements reads an array into the repeated field.
func (p *parser) elements(list *part) error {
	if p.peek() != '[' {
		return p.unfit("array")
	}
	return p.array(func(int) error {
		if list.field.Message() == nil {
			value, err := p.scalar(list.field)
			if err == nil {
				list.add(value)
			}
			return err
		}
		element := draft{of: list.field.Message()}
		err := p.message(&element)
		list.addMessage(element.marshal(nil))
		return err
	})
}

// entries reads an object into the map field. Its entries stay in their order.
func (p *parser) entries(entries *part) error {
	if p.peek() != '{' {
		return p.unfit("object")
	}
	keys := map[any]struct{}{}
	return p.object(func(name string) error {
		if err := p.entry(entries, keys, name); err != nil {
			return within("["+excerpt(name)+"]", err)
		}
		return nil
	})
}

// entry reads the value of the entry of the map field that has the name.
func (p *parser) entry(entries *part, keys map[any]struct{}, name string) error {
	keyField, valueField := entries.field.MapKey(), entries.field.MapValue()
	key, ok := scalar(keyField, name)
	if !ok {
		return wrong("the key is no %s", typeName(keyField))
	}
	if _, twice := keys[key.Interface()]; twice {
		return wrong("it is given twice")
	}
	keys[key.Interface()] = struct{}{}
	entry := appendSingle(nil, keyField, keyNumber, key)
	if valueField.Message() == nil {
		value, err := p.scalar(valueField)
		if err == nil {
			entries.addMessage(appendSingle(entry, valueField, valueNumber, value))
		}
		return err
	}
	held := draft{of: valueField.Message()}
	err := p.message(&held)
	entries.addMessage(appendMessage(entry, valueField, valueNumber, held.marshal(nil)))
	return err
}

// unfit says that the value which comes is no value of the type, or no JSON at all.
func (p *parser) unfit(typeName string) error {
	begin := p.pos
	if err := p.skip(); err != nil {
		return err
	}
	return wrong("%s is no %s", excerpt(strings.TrimSpace(string(p.data[begin:p.pos]))), typeName)
}
