package descriptor

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// keyring finds the entity keys of the methods of one stateful service.
type keyring struct {
	*builder

	service *Service
	byInput map[protoreflect.FullName]*key // nil after a mistake, which is named once
	first   protoreflect.MessageDescriptor // of which there is a key
}

// of returns the key in the method's input; nil after a mistake.
func (r *keyring) of(method protoreflect.MethodDescriptor) *key {
	input := method.Input()
	found, seen := r.byInput[input.FullName()]
	if seen {
		return found
	}
	found = r.find(method)
	r.byInput[input.FullName()] = found
	if found != nil {
		r.compare(input, found)
	}
	return found
}

// find reads the key fields of the method's input; nil after a mistake.
func (r *keyring) find(method protoreflect.MethodDescriptor) *key {
	input, rule := method.Input(), r.keyRule()
	var fields []protoreflect.FieldDescriptor
	for i := range input.Fields().Len() {
		if field := input.Fields().Get(i); isKey(field, r.Dialect.EntityKeys) {
			fields = append(fields, field)
		}
	}
	switch {
	case len(fields) == 0:
		r.mistakef(rule.requirement, r.service.Name, placesOf(input, method),
			"the message %q, input of %q, has no entity key: put [(%s) = true] on the %s field that names the entity",
			input.FullName(), method.FullName(), rule.option, rule.types)
		return nil
	case len(fields) > 1 && !rule.several:
		r.mistakef(rule.requirement, r.service.Name, placesOfFields(fields),
			"the message %q, input of %q, has %d entity keys: leave the option entity_key on one field",
			input.FullName(), method.FullName(), len(fields))
		return nil
	}
	for _, field := range fields {
		if !rule.takes(field) {
			r.mistakef(rule.requirement, r.service.Name, placesOf(field, method),
				"the entity key %q is not a singular %s%s: move the option entity_key to one, or change the field's type",
				field.FullName(), rule.types, rule.outside)
			return nil
		}
	}
	return rule.key(input, fields)
}

func placesOfFields(fields []protoreflect.FieldDescriptor) []Place {
	places := make([]Place, len(fields))
	for i, field := range fields {
		places[i] = placeOf(field)
	}
	return places
}

// compare notes an input that has another number of key fields than the first one:
// of several fields, one text could then be the same as that of one (DISC-KEY-004).
func (r *keyring) compare(input protoreflect.MessageDescriptor, found *key) {
	if r.first == nil {
		r.first = input
		return
	}
	if n := len(r.byInput[r.first.FullName()].fields); !r.Dialect.Cloudstate && n != len(found.fields) {
		r.mistakef(countRequirement, r.service.Name, placesOf(input, r.first),
			"the message %q has %d entity keys, and %q of the same service has %d: give all inputs of a service as many",
			input.FullName(), len(found.fields), r.first.FullName(), n)
	}
}

// keyRule says what may be an entity key, and what is made of it.
type keyRule struct {
	requirement string
	option      string // what an author calls the option
	types       string // which a key may have, for people
	outside     string // where it may not stand, for people
	several     bool
	numbers     bool // integers and bools too
	enums       bool
	oneofs      bool // members of one too
	cloudstate  bool
}

// keyRule returns the rule that counts on this connection.
func (b *builder) keyRule() keyRule {
	switch {
	case b.Dialect.Cloudstate:
		return keyRule{
			requirement: cloudstateKeyRequirement, option: "cloudstate.entity_key", types: "string, bool or integer",
			several: true, numbers: true, oneofs: true, cloudstate: true,
		}
	case b.inForce.Has(discoveryv1.Capability_CAPABILITY_COMPOSITE_KEYS):
		return keyRule{
			requirement: compositeRequirement, option: "stateward.annotations.v1.entity_key",
			types: "string, bool, enum or integer", outside: " outside of every oneof", several: true, numbers: true, enums: true,
		}
	default:
		return keyRule{
			requirement: keyRequirement, option: "stateward.annotations.v1.entity_key",
			types: "string", outside: " outside of every oneof",
		}
	}
}

// takes reports whether the field may be a key.
func (r keyRule) takes(field protoreflect.FieldDescriptor) bool {
	if field.Cardinality() == protoreflect.Repeated || !r.oneofs && oneOfSeveral(field) {
		return false
	}
	switch field.Kind() {
	case protoreflect.StringKind:
		return true
	case protoreflect.EnumKind:
		return r.enums
	case protoreflect.BytesKind, protoreflect.MessageKind, protoreflect.GroupKind, protoreflect.FloatKind, protoreflect.DoubleKind:
		return false
	default: // bool and the ten types of integers
		return r.numbers
	}
}

// key returns how to read the fields, which the descriptor lists in this order.
func (r keyRule) key(input protoreflect.MessageDescriptor, fields []protoreflect.FieldDescriptor) *key {
	k := &key{message: input.FullName(), separator: '/', exact: true}
	if r.cloudstate {
		k.separator, k.exact = '-', false
	}
	for _, field := range fields {
		k.fields = append(k.fields, newKeyField(field, r.cloudstate))
	}
	if !r.cloudstate { // the order of the numbers (DISC-KEY-006)
		slices.SortFunc(k.fields, func(a, b keyField) int { return cmp.Compare(a.number, b.number) })
	}
	return k
}

// oneOfSeveral says whether the field is a member of a oneof, that of an optional
// field not counted.
func oneOfSeveral(field protoreflect.FieldDescriptor) bool {
	oneof := field.ContainingOneof()
	return oneof != nil && !oneof.IsSynthetic()
}
