package dialect

import (
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// foreign leads a name that stands in a message of one dialect and is a name of the
// other: whoever reads the message does not know it.
const foreign = "foreign."

// translation is the table of the dialects, read in one direction.
type translation struct {
	models, types map[string]string
	options       map[protowire.Number]protowire.Number
	// version is what is said of the protocol's version; nil to leave it.
	version *version
}

type version struct{ major, minor int32 }

// toOld makes messages of 0.2; toNew makes messages of version 1, and leaves what a
// function says of its version as it is.
func toOld() translation {
	return translation{models: names().toOld, types: types, options: toOldOptions, version: &version{0, 2}}
}

func toNew() translation {
	return translation{models: names().toNew, types: inverse(types), options: toNewOptions}
}

// copied returns the message in the other dialect; the given one is not changed. What is
// no protobuf message is returned as it is: a codec will refuse it.
func (t translation) copied(message any) any {
	given, ok := message.(proto.Message)
	if !ok {
		return message
	}
	said := proto.Clone(given)
	t.message(said.ProtoReflect())
	return said
}

// inPlace changes the message into the other dialect.
func (t translation) inPlace(message any) {
	if given, ok := message.(proto.Message); ok {
		t.message(given.ProtoReflect())
	}
}

// message changes the message, and all that is in it but the bytes of payloads: these
// are the same in both dialects.
func (t translation) message(m protoreflect.Message) {
	for _, number := range added[m.Descriptor().FullName()] {
		m.Clear(m.Descriptor().Fields().ByNumber(number))
	}
	switch whole := m.Interface().(type) {
	case *anypb.Any:
		whole.TypeUrl = t.typeURL(whole.GetTypeUrl())
		return
	case *discoveryv1.DiscoverRequest:
		t.question(whole)
	case *discoveryv1.DiscoverResponse:
		whole.Proto = t.descriptors(whole.GetProto())
	case *discoveryv1.ServiceInfo: // its service_name is for people
		if t.version != nil {
			whole.ProtocolMajorVersion, whole.ProtocolMinorVersion = t.version.major, t.version.minor
		}
	default:
		t.named(m, "service_name", t.models)
		t.named(m, "entity_type", t.types)
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Message() == nil || field.IsMap(): // no message of the protocol has a map
		case field.IsList():
			for i := range value.List().Len() {
				t.message(value.List().Get(i).Message())
			}
		default:
			t.message(value.Message())
		}
		return true
	})
}

// question changes what a proxy asks at discovery.
func (t translation) question(asked *discoveryv1.DiscoverRequest) {
	for i, one := range asked.GetSupportedEntityTypes() {
		asked.SupportedEntityTypes[i] = rename(t.types, one)
	}
	if t.version != nil {
		asked.ProtocolMajorVersion, asked.ProtocolMinorVersion = t.version.major, t.version.minor
	}
}

// named changes the name in a field of the message, where it has such a field.
func (t translation) named(m protoreflect.Message, name protoreflect.Name, table map[string]string) {
	field := m.Descriptor().Fields().ByName(name)
	if field == nil || !m.Has(field) {
		return
	}
	m.Set(field, protoreflect.ValueOfString(rename(table, m.Get(field).String())))
}

// typeURL changes the name at the end of a type URL.
func (t translation) typeURL(url string) string {
	slash := strings.LastIndex(url, "/")
	return url[:slash+1] + rename(t.models, url[slash+1:])
}

// rename looks a name up. One that is in neither dialect is the same in both.
func rename(table map[string]string, name string) string {
	if to, known := table[name]; known {
		return to
	}
	if isTarget(table, name) {
		return foreign + name
	}
	return name
}

// isTarget reports whether the name is one that the table gives.
func isTarget(table map[string]string, name string) bool {
	for _, to := range table {
		if to == name {
			return true
		}
	}
	return false
}
