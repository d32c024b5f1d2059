package cloudstate

import (
	_ "embed"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// The numbers of the option that marks a key.
const (
	KeyOption      = 1080
	OlderKeyOption = 50002
)

//go:embed shop.txtpb
var shop []byte

// Files returns the descriptors of the services, with keys marked by the option of
// that number. Nothing declares it. The caller owns them.
func Files(option protowire.Number) *descriptorpb.FileDescriptorSet {
	file := new(descriptorpb.FileDescriptorProto)
	must(prototext.Unmarshal(shop, file))
	for _, message := range file.GetMessageType() {
		for _, field := range message.GetField() {
			switch field.GetName() {
			case "id", "row", "number":
				field.Options = new(descriptorpb.FieldOptions)
				field.GetOptions().ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, option, protowire.VarintType), 1))
			}
		}
	}
	return &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		file, // before whatever else is there
		protodesc.ToFileDescriptorProto(anypb.File_google_protobuf_any_proto),
		protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto),
	}}
}

// Answer returns the right answer to discover: an EntitySpec, which has the numbers of
// the DiscoverResponse of version 1.
func Answer(files *descriptorpb.FileDescriptorSet) *discoveryv1.DiscoverResponse {
	serialized, err := proto.Marshal(files)
	must(err)
	return &discoveryv1.DiscoverResponse{
		Proto: serialized,
		Entities: []*discoveryv1.Entity{
			{EntityType: typeOf(EventSourced), ServiceName: Ledger, PersistenceId: "ledger"},
			{EntityType: typeOf(ValueEntity), ServiceName: Profile, PersistenceId: "profile"},
			{EntityType: typeOf(Crdt), ServiceName: Presence, PersistenceId: "presence"},
			{EntityType: typeOf(ActionUnary), ServiceName: Converter},
			{EntityType: typeOf(EventSourced), ServiceName: Booking, PersistenceId: "booking"},
		},
		ServiceInfo: &discoveryv1.ServiceInfo{
			ServiceName: "shop", ServiceVersion: "1", ServiceRuntime: "scripted",
			SupportLibraryName: "none", SupportLibraryVersion: "1", ProtocolMinorVersion: 2,
		},
	}
}

// Passivate gives the entity of the service a passivation timeout.
func Passivate(answer *discoveryv1.DiscoverResponse, service string, milliseconds int64) {
	for _, e := range answer.GetEntities() {
		if e.GetServiceName() == service {
			e.PassivationStrategy = &discoveryv1.PassivationStrategy{Strategy: &discoveryv1.PassivationStrategy_Timeout{
				Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: milliseconds},
			}}
		}
	}
}

// Raw is a message as its bytes. Both the caller's codec and the function's pass them
// through.
type Raw []byte

// Request returns the bytes of a Request.
func Request(id, text string) Raw { return appendText(appendText(nil, 1, id), 2, text) }

// Seat returns the bytes of a Seat; a number of 0 is left out.
func Seat(row string, number int32, text string) Raw {
	seat := appendText(appendText(nil, 4, row), 2, text)
	if number != 0 {
		seat = protowire.AppendVarint(protowire.AppendTag(seat, 3, protowire.VarintType), uint64(number))
	}
	return seat
}

// Response returns the bytes of a Response.
func Response(text string) Raw { return appendText(nil, 1, text) }

func appendText(to []byte, number protowire.Number, text string) []byte {
	if text == "" {
		return to
	}
	return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), text)
}

// Text returns the last value of the text field with the number.
func Text(message []byte, number protowire.Number) string {
	var text string
	for len(message) > 0 {
		at, format, n := protowire.ConsumeTag(message)
		if n < 0 {
			return ""
		}
		size := protowire.ConsumeFieldValue(at, format, message[n:])
		if size < 0 {
			return ""
		}
		if at == number && format == protowire.BytesType {
			text, _ = protowire.ConsumeString(message[n:])
		}
		message = message[n+size:]
	}
	return text
}

// must stops a test whose own fixture is broken.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Subscribe puts the option eventing on a method of one of the services, with an event
// log as its source.
func Subscribe(files *descriptorpb.FileDescriptorSet, service, method, log string) {
	source := appendText(nil, 3, log)
	eventing := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), source)
	option(files, service, method, protowire.AppendBytes(protowire.AppendTag(nil, 1081, protowire.BytesType), eventing))
}

// CallReadOnly puts the option read_only of version 1, which 0.2 does not have, on a
// method of one of the services.
func CallReadOnly(files *descriptorpb.FileDescriptorSet, service, method string) {
	option(files, service, method, protowire.AppendVarint(protowire.AppendTag(nil, 84082, protowire.VarintType), 1))
}

// option puts an option, which nothing declares, on a method.
func option(files *descriptorpb.FileDescriptorSet, service, method string, encoded []byte) {
	for _, s := range files.GetFile()[0].GetService() {
		for _, m := range s.GetMethod() {
			if s.GetName() == service && m.GetName() == method {
				m.Options = new(descriptorpb.MethodOptions)
				m.GetOptions().ProtoReflect().SetUnknown(encoded)
			}
		}
	}
}
