package dialect

import (
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// descriptors changes the names and options in a serialized FileDescriptorSet. Bytes
// that are none are returned as they are.
func (t translation) descriptors(raw []byte) []byte {
	var set descriptorpb.FileDescriptorSet
	if proto.Unmarshal(raw, &set) != nil {
		return raw
	}
	r := renaming{translation: t, names: map[string]string{}}
	for _, file := range set.GetFile() {
		r.declare(file)
	}
	for _, file := range set.GetFile() {
		r.refer(file.GetMessageType(), file.GetExtension())
		for _, service := range file.GetService() {
			for _, method := range service.GetMethod() {
				method.InputType, method.OutputType = r.reference(method.InputType), r.reference(method.OutputType)
				if method.GetOptions() != nil {
					method.Options = renumbered(method.GetOptions(), t.options)
				}
			}
		}
	}
	changed, err := proto.MarshalOptions{Deterministic: true}.Marshal(&set)
	if err != nil {
		return raw // a text that is not UTF-8, which reading has let through
	}
	return changed
}

// renaming is what one set of files declares, and under which names it does so in the
// other dialect.
type renaming struct {
	translation

	names map[string]string // full names without the dot before them
}

// declare changes the names of what a file declares. A file of the models moves to the
// package that they have in the other dialect, whole.
func (r renaming) declare(file *descriptorpb.FileDescriptorProto) {
	from := file.GetPackage()
	to := r.packageOf(file)
	if to != from {
		file.Package = new(to)
	}
	file.MessageType = r.messages(from, to, file.GetMessageType())
	r.enums(from, to, file.GetEnumType())
	for _, service := range file.GetService() {
		service.Name = r.declared(from, to, service.Name)
	}
}

// packageOf returns the package of a file in the other dialect: that of the first of its
// services and messages which is one of the models, in either dialect.
func (r renaming) packageOf(file *descriptorpb.FileDescriptorProto) string {
	var symbols []string
	for _, service := range file.GetService() {
		symbols = append(symbols, join(file.GetPackage(), service.GetName()))
	}
	for _, message := range file.GetMessageType() {
		symbols = append(symbols, join(file.GetPackage(), message.GetName()))
	}
	for _, symbol := range symbols {
		if to, known := r.models[symbol]; known {
			return to[:strings.LastIndex(to, ".")]
		}
		if isTarget(r.models, symbol) {
			return foreign + file.GetPackage()
		}
	}
	return file.GetPackage()
}

// messages changes the names of messages, and returns those that are left: where two get
// one name, as the responses of a replicated entity do, the first stands for both.
func (r renaming) messages(from, to string, messages []*descriptorpb.DescriptorProto) []*descriptorpb.DescriptorProto {
	left := messages[:0]
	taken := map[string]bool{}
	for _, message := range messages {
		was := join(from, message.GetName())
		message.Name = r.declared(from, to, message.Name)
		if taken[message.GetName()] {
			continue
		}
		taken[message.GetName()] = true
		is := r.names[was]
		message.NestedType = r.messages(was, is, message.GetNestedType())
		r.enums(was, is, message.GetEnumType())
		left = append(left, message)
	}
	return left
}

func (r renaming) enums(from, to string, enums []*descriptorpb.EnumDescriptorProto) {
	for _, enum := range enums {
		enum.Name = r.declared(from, to, enum.Name)
	}
}

// declared returns the short name of something in the scope, and notes its full one.
func (r renaming) declared(from, to string, name *string) *string {
	if name == nil {
		return nil
	}
	was := join(from, *name)
	is := join(to, *name)
	if found, known := r.models[was]; known && strings.HasPrefix(found, to+".") {
		is = found
	}
	r.names[was] = is
	return new(is[strings.LastIndex(is, ".")+1:])
}

// refer changes the names to which messages and extensions refer, and their options.
func (r renaming) refer(messages []*descriptorpb.DescriptorProto, extensions []*descriptorpb.FieldDescriptorProto) {
	r.fields(extensions)
	for _, message := range messages {
		r.fields(message.GetField())
		r.refer(message.GetNestedType(), message.GetExtension())
	}
}

func (r renaming) fields(fields []*descriptorpb.FieldDescriptorProto) {
	for _, field := range fields {
		field.TypeName, field.Extendee = r.reference(field.TypeName), r.reference(field.Extendee)
		if field.GetOptions() != nil {
			field.Options = renumbered(field.GetOptions(), r.options)
		}
	}
}

// reference returns the full name, which a dot leads, of what was renamed.
func (r renaming) reference(name *string) *string {
	if name == nil {
		return nil
	}
	full, whole := strings.CutPrefix(*name, ".")
	if to, known := r.names[full]; whole && known {
		return new("." + to)
	}
	return name
}

// renumbered returns the options with their numbers changed. Options that would be
// unreadable then stay as they are.
func renumbered[Options proto.Message](options Options, numbers map[protowire.Number]protowire.Number) Options {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(options)
	if err != nil {
		return options
	}
	changed, ok := options.ProtoReflect().New().Interface().(Options)
	if !ok || proto.Unmarshal(renumber(raw, numbers), changed) != nil {
		return options
	}
	return changed
}

// renumber changes the numbers of the fields in an encoded message, and leaves out those
// that get none. The message is well-formed.
func renumber(raw []byte, numbers map[protowire.Number]protowire.Number) []byte {
	var changed []byte
	for len(raw) > 0 {
		number, kind, tag := protowire.ConsumeTag(raw)
		size := protowire.ConsumeFieldValue(number, kind, raw[tag:])
		to, listed := numbers[number]
		switch {
		case !listed:
			changed = append(changed, raw[:tag+size]...)
		case to != leftOut:
			changed = append(protowire.AppendTag(changed, to, kind), raw[tag:tag+size]...)
		}
		raw = raw[tag+size:]
	}
	return changed
}

func join(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "." + name
}
