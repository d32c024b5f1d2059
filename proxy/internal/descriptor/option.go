package descriptor

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// isKey reports whether one of the options stands on the field and is true. The last
// one counts, as protobuf rules.
func isKey(field protoreflect.FieldDescriptor, options []protowire.Number) bool {
	var set bool
	visitOptions(field, func(number protowire.Number, format protowire.Type, value []byte) {
		if format == protowire.VarintType && slices.Contains(options, number) {
			set = protowire.DecodeBool(first(protowire.ConsumeVarint(value)))
		}
	})
	return set
}

// methodOptions are what a method's options say to the proxy.
type methodOptions struct {
	// eventing is whether the option connects the method to events, whichever.
	eventing bool
	readOnly bool
	// http is the option google.api.http as bytes; nil where there is none.
	http []byte
}

// options reads the options of the method. One that is not of its type is a mistake
// (DISC-OPT-002).
func (b *builder) options(service *Service, method protoreflect.MethodDescriptor) *methodOptions {
	found := new(methodOptions)
	visitOptions(method, func(number protowire.Number, format protowire.Type, value []byte) {
		var err error
		switch number {
		case b.Dialect.Eventing:
			err = found.readEventing(format, value)
		case b.Dialect.ReadOnly:
			err = found.readReadOnly(format, value)
		case httpOption:
			found.readHTTP(format, value)
		}
		if err != nil {
			b.mistakef(optionRequirement, service.Name, placesOf(method),
				"the option %d of the method %q cannot be read (%v): take it from %s", number, method.FullName(), err, b.optionsFile())
		}
	})
	if found.eventing {
		b.unserved(service, method)
	}
	return found
}

// optionsFile is where an author finds the options of methods.
func (b *builder) optionsFile() string {
	if b.Dialect.Cloudstate {
		return "cloudstate/eventing.proto"
	}
	return "stateward/annotations/v1/annotations.proto"
}

// unserved names an option eventing, which the proxy does not serve: to the function
// as well, but not to one of Cloudstate, to which such a report is a refusal.
func (b *builder) unserved(service *Service, method protoreflect.MethodDescriptor) {
	found := Mistake{
		Severity: discoveryv1.Severity_SEVERITY_WARNING, Requirement: eventingRequirement, Service: service.Name, Places: placesOf(method),
		Text: fmt.Sprintf("the method %q has the option eventing, and this proxy serves neither topics nor event logs: the method is called by callers alone, and its responses go to them alone",
			method.FullName()),
	}
	if b.Dialect.Cloudstate {
		found.Requirement, found.Untold = cloudstateEventingRequirement, true
	}
	b.found = append(b.found, found)
}

func (o *methodOptions) readEventing(format protowire.Type, value []byte) error {
	if format != protowire.BytesType {
		return fmt.Errorf("wire format %d", format)
	}
	err := proto.Unmarshal(first(protowire.ConsumeBytes(value)), new(annotationsv1.Eventing))
	o.eventing = o.eventing || err == nil
	return err
}

func (o *methodOptions) readReadOnly(format protowire.Type, value []byte) error {
	if format != protowire.VarintType {
		return fmt.Errorf("wire format %d", format)
	}
	o.readOnly = protowire.DecodeBool(first(protowire.ConsumeVarint(value)))
	return nil
}

// readHTTP takes one part of the option: several are one message, as protobuf rules. A
// value of another wire format is of another option.
func (o *methodOptions) readHTTP(format protowire.Type, value []byte) {
	if format == protowire.BytesType {
		o.http = append(append([]byte{}, o.http...), first(protowire.ConsumeBytes(value))...)
	}
}

// first leaves out the length of a value, which visitOptions has measured.
func first[T any](value T, _ int) T { return value }

// visitOptions calls visit with each option: the number, the wire format, and the
// value from its first byte on. The options are read from the bytes by number: a name
// proves nothing, and the process may know other options by the same number. They
// were a message's unknown fields, so that each has a tag and a value.
func visitOptions(declared protoreflect.Descriptor, visit func(protowire.Number, protowire.Type, []byte)) {
	unknown := declared.Options().ProtoReflect().GetUnknown()
	for len(unknown) > 0 {
		number, format, n := protowire.ConsumeTag(unknown)
		if n < 0 {
			return
		}
		value := unknown[n:]
		length := protowire.ConsumeFieldValue(number, format, value)
		if length < 0 {
			return
		}
		visit(number, format, value)
		unknown = value[length:]
	}
}
