package descriptor

import "google.golang.org/protobuf/reflect/protoreflect"

// methods checks the methods of the service and adds them to it.
func (b *builder) methods(service *Service, declared protoreflect.ServiceDescriptor) {
	keys := map[protoreflect.FullName]protoreflect.FieldDescriptor{} // by input; nil after a mistake
	for i := range declared.Methods().Len() {
		method := declared.Methods().Get(i)
		if method.IsStreamingClient() || method.IsStreamingServer() {
			b.mistakef(unaryRequirement, service.Name, placesOf(method),
				"the method %q is streamed, and %s entities take single requests and give single responses: take the keyword stream out",
				method.FullName(), service.Kind)
			continue
		}
		options := b.options(service, method)
		input := method.Input()
		key, seen := keys[input.FullName()]
		if !seen {
			key = b.key(service, method)
			keys[input.FullName()] = key
		}
		if key == nil {
			continue
		}
		service.methods[string(method.Name())] = &Method{
			Service:  service.Name,
			Name:     string(method.Name()),
			Input:    typeURL + string(input.FullName()),
			Output:   method.Output().FullName(),
			ReadOnly: options.readOnly,
			message:  input.FullName(),
			field:    key.Name(),
			key:      key.Number(),
		}
	}
}

// key finds the entity key of the method's input; nil after a mistake.
func (b *builder) key(service *Service, method protoreflect.MethodDescriptor) protoreflect.FieldDescriptor {
	input := method.Input()
	var keys []protoreflect.Descriptor
	for i := range input.Fields().Len() {
		if field := input.Fields().Get(i); isKey(field, b.dialect.EntityKeys) {
			keys = append(keys, field)
		}
	}
	switch {
	case len(keys) == 0:
		b.mistakef(keyRequirement, service.Name, placesOf(input, method),
			"the message %q, input of %q, has no entity key: put [(stateward.annotations.v1.entity_key) = true] on the string field that names the entity",
			input.FullName(), method.FullName())
		return nil
	case len(keys) > 1:
		b.mistakef(keyRequirement, service.Name, placesOf(keys...),
			"the message %q, input of %q, has %d entity keys: leave the option entity_key on one field",
			input.FullName(), method.FullName(), len(keys))
		return nil
	}
	key := input.Fields().ByName(keys[0].Name())
	if key.Kind() != protoreflect.StringKind || key.Cardinality() == protoreflect.Repeated || oneOfSeveral(key) {
		b.mistakef(keyRequirement, service.Name, placesOf(key, method),
			"the entity key %q is not a singular string outside of every oneof: move the option entity_key to one, or change the field's type", key.FullName())
		return nil
	}
	return key
}

// oneOfSeveral says whether the field is a member of a oneof, that of an optional
// field not counted.
func oneOfSeveral(field protoreflect.FieldDescriptor) bool {
	oneof := field.ContainingOneof()
	return oneof != nil && !oneof.IsSynthetic()
}
