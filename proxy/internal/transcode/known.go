package transcode

import (
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// known says which JSON of its own a message of google.protobuf has.
type known uint8

const (
	ordinary known = iota // none: it is an object with its fields
	anything              // Any
	timestamp
	duration
	fieldMask
	wrapper // StringValue and the others
	object  // Struct
	list    // ListValue
	dynamic // Value
)

// Fields of google.protobuf.
const (
	typeURLField protoreflect.FieldNumber = 1 // of Any
	valueField   protoreflect.FieldNumber = 2
	secondsField protoreflect.FieldNumber = 1 // of Timestamp and Duration
	nanosField   protoreflect.FieldNumber = 2
	pathsField   protoreflect.FieldNumber = 1 // of FieldMask
	wrapped      protoreflect.FieldNumber = 1 // of a wrapper
	entriesField protoreflect.FieldNumber = 1 // of Struct and ListValue
	nullField    protoreflect.FieldNumber = 1 // of Value, and so on to listField
	numberField  protoreflect.FieldNumber = 2
	stringField  protoreflect.FieldNumber = 3
	boolField    protoreflect.FieldNumber = 4
	objectField  protoreflect.FieldNumber = 5
	listField    protoreflect.FieldNumber = 6
)

// knownOf returns which JSON the message has. The descriptors are the function's, so
// that a name alone proves nothing: the fields have to be there too.
func knownOf(message protoreflect.MessageDescriptor) known {
	if message.FullName().Parent() != "google.protobuf" {
		return ordinary
	}
	var found known
	var fits bool
	switch message.Name() {
	case "Any":
		found, fits = anything, hasField(message, typeURLField, protoreflect.StringKind) && hasField(message, valueField, protoreflect.BytesKind)
	case "Timestamp":
		found, fits = timestamp, hasInstant(message)
	case "Duration":
		found, fits = duration, hasInstant(message)
	case "FieldMask":
		paths := message.Fields().ByNumber(pathsField)
		found, fits = fieldMask, paths != nil && paths.IsList() && paths.Kind() == protoreflect.StringKind
	case "Struct":
		entries := message.Fields().ByNumber(entriesField)
		found, fits = object, entries != nil && entries.IsMap() && entries.MapKey().Kind() == protoreflect.StringKind && entries.MapValue().Message() != nil
	case "ListValue":
		entries := message.Fields().ByNumber(entriesField)
		found, fits = list, entries != nil && entries.IsList() && entries.Message() != nil
	case "Value":
		found, fits = dynamic, hasCases(message)
	default:
		found, fits = wrapper, hasWrapped(message)
	}
	if !fits {
		return ordinary
	}
	return found
}

// hasInstant reports whether the message has seconds and nanos.
func hasInstant(message protoreflect.MessageDescriptor) bool {
	return hasField(message, secondsField, protoreflect.Int64Kind) && hasField(message, nanosField, protoreflect.Int32Kind)
}

// hasWrapped reports whether the message is one of the wrappers.
func hasWrapped(message protoreflect.MessageDescriptor) bool {
	kinds := map[protoreflect.Name]protoreflect.Kind{
		"BoolValue": protoreflect.BoolKind, "BytesValue": protoreflect.BytesKind, "StringValue": protoreflect.StringKind,
		"DoubleValue": protoreflect.DoubleKind, "FloatValue": protoreflect.FloatKind,
		"Int32Value": protoreflect.Int32Kind, "Int64Value": protoreflect.Int64Kind,
		"UInt32Value": protoreflect.Uint32Kind, "UInt64Value": protoreflect.Uint64Kind,
	}
	kind, named := kinds[message.Name()]
	return named && hasField(message, wrapped, kind)
}

// hasCases reports whether the message has the cases of Value, all in one oneof.
func hasCases(message protoreflect.MessageDescriptor) bool {
	cases := []protoreflect.Kind{
		protoreflect.EnumKind, protoreflect.DoubleKind, protoreflect.StringKind, protoreflect.BoolKind,
		protoreflect.MessageKind, protoreflect.MessageKind,
	}
	for i, kind := range cases {
		number := nullField + protoreflect.FieldNumber(i)
		if !hasField(message, number, kind) {
			return false
		}
		oneof := message.Fields().ByNumber(number).ContainingOneof()
		if oneof == nil || oneof != message.Fields().ByNumber(nullField).ContainingOneof() {
			return false
		}
	}
	return true
}

// glossary remembers which JSON the messages of google.protobuf have, of which one body
// can hold a million.
type glossary map[protoreflect.MessageDescriptor]known

// of returns what knownOf does.
func (g glossary) of(message protoreflect.MessageDescriptor) known {
	if message.FullName().Parent() != "google.protobuf" {
		return ordinary
	}
	found, seen := g[message]
	if !seen {
		found = knownOf(message)
		g[message] = found
	}
	return found
}

// takesNull reports whether null is a value of the field, and not its absence.
func (g glossary) takesNull(field protoreflect.FieldDescriptor) bool {
	return field.Message() != nil && g.of(field.Message()) == dynamic || isNull(field)
}

// isNull reports whether the field's type is google.protobuf.NullValue.
func isNull(field protoreflect.FieldDescriptor) bool {
	return field.Enum() != nil && field.Enum().FullName() == "google.protobuf.NullValue"
}

// twin returns the message of this process that has the JSON of the type: the library
// knows how to write it.
func (k known) twin() proto.Message {
	switch k {
	case timestamp:
		return new(timestamppb.Timestamp)
	case duration:
		return new(durationpb.Duration)
	default:
		return new(fieldmaskpb.FieldMask)
	}
}

// parse reads the text of a Timestamp, a Duration or a FieldMask.
func (k known) parse(d *draft, text string) bool {
	twin := k.twin()
	if protojson.Unmarshal(appendString(nil, text), twin) != nil {
		return false
	}
	twin.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		own := d.of.Fields().ByNumber(field.Number())
		if !own.IsList() {
			d.set(own, value)
			return true
		}
		list := d.grown(own)
		for i := range value.List().Len() {
			list.add(value.List().Get(i))
		}
		return true
	})
	return true
}

// print returns the JSON of the Timestamp, Duration or FieldMask that the bytes are.
func (k known) print(bytes []byte) ([]byte, error) {
	twin := k.twin()
	if err := proto.Unmarshal(bytes, twin); err != nil {
		return nil, err
	}
	return protojson.Marshal(twin)
}
