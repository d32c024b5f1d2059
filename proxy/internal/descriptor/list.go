package descriptor

import (
	"maps"
	"slices"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Methods returns the service's methods by their names, sorted. The caller owns the slice.
func (s *Service) Methods() []*Method {
	methods := make([]*Method, 0, len(s.methods))
	for _, name := range slices.Sorted(maps.Keys(s.methods)) {
		methods = append(methods, s.methods[name])
	}
	return methods
}

// KeyFields returns the names of the fields of the request that name the entity, in the
// order in which they are joined; none for an action.
func (m *Method) KeyFields() []string {
	if m.key == nil {
		return nil
	}
	names := make([]string, len(m.key.fields))
	for i, field := range m.key.fields {
		names[i] = string(field.name)
	}
	return names
}

// Paths returns what the method is by HTTP, such as "GET /carts/{id}", as its author wrote
// it; none where no rule says so.
func (r *Registry) Paths(m *Method) []string {
	found, err := r.files.FindDescriptorByName(protoreflect.FullName(m.Service + "." + m.Name))
	if err != nil {
		return nil
	}
	encoded, err := proto.Marshal(found.Options())
	if err != nil {
		return nil
	}
	var options descriptorpb.MethodOptions // This process knows the rule, and the registry does not.
	if err := proto.Unmarshal(encoded, &options); err != nil {
		return nil
	}
	rule, is := proto.GetExtension(&options, annotations.E_Http).(*annotations.HttpRule)
	if !is || rule == nil {
		return nil
	}
	var paths []string
	for _, each := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		if path := pathOf(each); path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// pathOf returns the verb and the path of one rule; empty where it has none.
func pathOf(rule *annotations.HttpRule) string {
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET " + pattern.Get
	case *annotations.HttpRule_Put:
		return "PUT " + pattern.Put
	case *annotations.HttpRule_Post:
		return "POST " + pattern.Post
	case *annotations.HttpRule_Delete:
		return "DELETE " + pattern.Delete
	case *annotations.HttpRule_Patch:
		return "PATCH " + pattern.Patch
	case *annotations.HttpRule_Custom:
		return pattern.Custom.GetKind() + " " + pattern.Custom.GetPath()
	default:
		return ""
	}
}
