package discovery

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/kind"
)

// index finds what the descriptors of an answer declare, by full name.
type index struct {
	set      *descriptorpb.FileDescriptorSet // each file once, in the answer's order
	files    map[string]*descriptorpb.FileDescriptorProto
	services map[string]*descriptorpb.ServiceDescriptorProto
	messages map[string]*descriptorpb.DescriptorProto
}

// parse reads a serialized FileDescriptorSet. A file that stands in it twice
// counts once, whatever its source positions (DISC-DESC-004); two that only share
// their name are an error.
func parse(raw []byte) (index, error) {
	found := index{
		set:      &descriptorpb.FileDescriptorSet{},
		files:    map[string]*descriptorpb.FileDescriptorProto{},
		services: map[string]*descriptorpb.ServiceDescriptorProto{},
		messages: map[string]*descriptorpb.DescriptorProto{},
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(raw, &set); err != nil {
		return found, fmt.Errorf("proto is no FileDescriptorSet: %w", err)
	}
	for _, file := range set.GetFile() {
		switch first, twice := found.files[file.GetName()]; {
		case twice && proto.Equal(withoutPositions(first), withoutPositions(file)):
			continue
		case twice:
			return found, fmt.Errorf("proto holds two different files named %s", file.GetName())
		}
		found.files[file.GetName()] = file
		found.set.File = append(found.set.File, file)
		for _, service := range file.GetService() {
			found.services[join(file.GetPackage(), service.GetName())] = service
		}
		found.addMessages(file.GetPackage(), file.GetMessageType())
	}
	return found, nil
}

// withoutPositions returns a copy of the file less its source positions.
func withoutPositions(file *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
	bare := proto.CloneOf(file)
	bare.SourceCodeInfo = nil
	return bare
}

func (i index) addMessages(scope string, messages []*descriptorpb.DescriptorProto) {
	for _, message := range messages {
		name := join(scope, message.GetName())
		i.messages[name] = message
		i.addMessages(name, message.GetNestedType())
	}
}

func join(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "." + name
}

func openImports(r *discoveryv1.DiscoverResponse) string {
	found, err := parse(r.GetProto())
	if err != nil {
		return err.Error()
	}
	if len(found.files) == 0 {
		return "proto holds no file"
	}
	for _, file := range found.set.GetFile() {
		for _, imported := range file.GetDependency() {
			if found.files[imported] == nil {
				return fmt.Sprintf("%s imports %s, which is missing", file.GetName(), imported)
			}
		}
	}
	if _, err := protodesc.NewFiles(found.set); err != nil {
		return "the files do not link: " + err.Error()
	}
	return ""
}

func unknownServices(r *discoveryv1.DiscoverResponse) string {
	found, err := parse(r.GetProto())
	if err != nil {
		return err.Error()
	}
	for _, entity := range r.GetEntities() {
		if found.services[entity.GetServiceName()] == nil {
			return fmt.Sprintf("proto has no service %q", entity.GetServiceName())
		}
	}
	return ""
}

func streamingMethods(r *discoveryv1.DiscoverResponse) string {
	found, err := parse(r.GetProto())
	if err != nil {
		return err.Error()
	}
	for _, entity := range r.GetEntities() {
		of, _ := kind.Of(entity.GetEntityType())
		for _, method := range found.services[entity.GetServiceName()].GetMethod() {
			if of.Stateful && (method.GetClientStreaming() || method.GetServerStreaming() && !of.Streams) {
				return fmt.Sprintf("%s/%s is a stream", entity.GetServiceName(), method.GetName())
			}
		}
	}
	return ""
}

// badKeys holds the keys of a function against DISC-KEY-001, which does not bind one
// with CAPABILITY_COMPOSITE_KEYS.
func badKeys(r *discoveryv1.DiscoverResponse) string {
	if slices.Contains(r.GetServiceInfo().GetCapabilities(), discoveryv1.Capability_CAPABILITY_COMPOSITE_KEYS) {
		return ""
	}
	return eachInput(r, func(_, input string, message *descriptorpb.DescriptorProto) string {
		return badKey(input, message)
	})
}

// eachInput holds the input of every method of a stateful entity against a sentence; the
// first breach counts.
func eachInput(r *discoveryv1.DiscoverResponse, breach func(service, input string, message *descriptorpb.DescriptorProto) string) string {
	found, err := parse(r.GetProto())
	if err != nil {
		return err.Error()
	}
	for _, entity := range r.GetEntities() {
		if !stateful(entity) {
			continue
		}
		for _, method := range found.services[entity.GetServiceName()].GetMethod() {
			input := strings.TrimPrefix(method.GetInputType(), ".")
			if text := breach(entity.GetServiceName(), input, found.messages[input]); text != "" {
				return text
			}
		}
	}
	return ""
}

// keysOf returns the fields that are marked as entity keys.
func keysOf(message *descriptorpb.DescriptorProto) []*descriptorpb.FieldDescriptorProto {
	var keys []*descriptorpb.FieldDescriptorProto
	for _, field := range message.GetField() {
		if isKey, _ := proto.GetExtension(field.GetOptions(), annotationsv1.E_EntityKey).(bool); isKey {
			keys = append(keys, field)
		}
	}
	return keys
}

// chosen reports whether the field is a member of a oneof; one that is merely optional
// is none.
func chosen(field *descriptorpb.FieldDescriptorProto) bool {
	return field.OneofIndex != nil && !field.GetProto3Optional()
}

// badKey says why the message has not exactly one entity key that is a string.
func badKey(name string, message *descriptorpb.DescriptorProto) string {
	keys := keysOf(message)
	for _, field := range keys {
		switch {
		case field.GetType() != descriptorpb.FieldDescriptorProto_TYPE_STRING,
			field.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
			return fmt.Sprintf("the key of %s, %s, is no singular string", name, field.GetName())
		case chosen(field):
			return fmt.Sprintf("the key of %s, %s, is a member of a oneof", name, field.GetName())
		}
	}
	if len(keys) != 1 {
		return fmt.Sprintf("%s has %d entity keys", name, len(keys))
	}
	return ""
}
