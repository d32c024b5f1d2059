package transcode

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// What JSON calls the type of what a google.protobuf.Any holds, and the value where
// that has JSON of its own.
const (
	anyType  = "@type"
	anyValue = "value"
)

// any reads a google.protobuf.Any, whose type may stand behind its fields.
func (p *parser) any(d *draft) error {
	if p.peek() != '{' {
		return p.unfit(string(d.of.FullName()))
	}
	url, err := p.typeAhead()
	if err != nil {
		return err
	}
	if url == "" {
		return p.untyped()
	}
	found, err := p.types.FindMessageByURL(url)
	if err != nil {
		return within("."+anyType, wrong("the function's files have no type %s", excerpt(url)))
	}
	held := draft{of: found.Descriptor()}
	if err := p.held(&held); err != nil {
		return err
	}
	d.set(d.of.Fields().ByNumber(typeURLField), protoreflect.ValueOfString(url))
	d.set(d.of.Fields().ByNumber(valueField), protoreflect.ValueOfBytes(held.marshal(nil)))
	return nil
}

// typeAhead returns the type that the object which comes names; empty when it names
// none.
func (p *parser) typeAhead() (string, error) {
	if p.pos >= p.ahead {
		if p.urls == nil {
			p.urls = map[int]string{}
		}
		look := *p
		if err := look.look(p.urls); err != nil {
			return "", err
		}
		p.ahead = look.pos
	}
	return p.urls[p.pos], nil
}

// untyped reads an Any without a type: {} holds nothing, and there is no other.
func (p *parser) untyped() error {
	return p.object(func(string) error { return wrong("it has no %q, which names the type as a string", anyType) })
}

// held reads what the Any holds: the fields beside the type, or its one value.
func (p *parser) held(d *draft) error {
	isOwn := p.known.of(d.of) != ordinary
	isEmpty := d.of.FullName() == "google.protobuf.Empty"
	typed, given := false, false
	err := p.fields(d, func(name string) (bool, error) {
		switch {
		case name == anyType && typed:
			return true, within("."+anyType, wrong("it is given twice"))
		case name == anyType:
			typed = true
			return true, p.skip()
		case !isOwn && (!isEmpty || name != anyValue):
			return false, nil
		case name != anyValue:
			return true, wrong("%s beside a %s has no field %s", anyType, d.of.FullName(), excerpt(name))
		case given:
			return true, within("."+anyValue, wrong("it is given twice"))
		}
		given = true
		return true, within("."+anyValue, p.message(d))
	})
	if err == nil && isOwn && !given {
		err = wrong("it has no %q, which holds the %s", anyValue, d.of.FullName())
	}
	return err
}

// mostHeld is how many messages of google.protobuf.Any are printed one in the other:
// each holds the bytes of all within, which are read once for each.
const mostHeld = 100

// any prints a google.protobuf.Any.
func (p *printer) any(url string, bytes []byte) error {
	if url == "" && len(bytes) == 0 {
		p.out = append(p.out, "{}"...)
		return nil
	}
	if p.held++; p.held > mostHeld {
		return fmt.Errorf("more than %d messages of type google.protobuf.Any hold each other", mostHeld)
	}
	defer func() { p.held-- }()
	found, err := p.types.FindMessageByURL(url)
	if err != nil {
		return fmt.Errorf("the function's files have no type %q, which an Any holds", url)
	}
	held := found.Descriptor()
	if err := p.validate(held, bytes, 0); err != nil {
		return fmt.Errorf("an Any holds a %q, and its bytes are none: %w", url, err)
	}
	p.out = append(p.out, `{"`+anyType+`":`...)
	p.out = appendString(p.out, url)
	if p.known.of(held) == ordinary {
		err = p.fields(held, bytes, true)
	} else {
		p.out = append(p.out, `,"`+anyValue+`":`...)
		err = p.message(held, bytes)
	}
	p.out = append(p.out, '}')
	return err
}
