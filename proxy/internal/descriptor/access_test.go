package descriptor_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// option is an option as bytes.
func option(t *testing.T, number protowire.Number, said *annotationsv1.Access) []byte {
	t.Helper()
	value, err := proto.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

// undeclared returns the answer's descriptors without the options of the protocol, and the
// service in them.
func undeclared() (files, *descriptorpb.ServiceDescriptorProto) {
	set := descriptortest.Files()
	set.File = set.GetFile()[2:]
	f := files{set}
	f.counter().Dependency = nil
	return f, f.counter().GetService()[0]
}

// TestAccess covers ACC-OPT-001: the options are known by their numbers.
func TestAccess(t *testing.T) {
	t.Parallel()
	f, service := undeclared()
	service.Options = new(descriptorpb.ServiceOptions)
	service.Options.ProtoReflect().SetUnknown(option(t, 84084, &annotationsv1.Access{Roles: []string{"clerk"}}))
	setOptions(service.GetMethod()[0], option(t, 84083, &annotationsv1.Access{Public: true}))
	registry, found := descriptor.Build(wire.V1(), descriptortest.Answer(f.set))
	if len(found) > 0 {
		t.Fatal(found)
	}
	add, _ := registry.Method(descriptortest.Service, "Add")
	get, _ := registry.Method(descriptortest.Service, "Get")
	if add.Access.Method == nil || !add.Access.Method.Public || add.Access.Service == nil || get.Access.Method != nil || get.Access.Service.String() != "role:clerk" {
		t.Errorf("%+v, %+v", add.Access, get.Access)
	}
	f, service = undeclared()
	setOptions(service.GetMethod()[0], option(t, 84083, nil), option(t, 84083, &annotationsv1.Access{Roles: []string{"a"}}), option(t, 84083, &annotationsv1.Access{Roles: []string{"b"}}))
	registry, found = descriptor.Build(wire.V1(), descriptortest.Answer(f.set))
	if len(found) > 0 {
		t.Fatal(found)
	}
	if add, _ = registry.Method(descriptortest.Service, "Add"); add.Access.Method.String() != "role:a|b" {
		t.Errorf("an option that stands several times: %v", add.Access.Method)
	}
}

// TestAccessMistakes covers ACC-OPT-002: what cannot be kept is refused, by its place.
func TestAccessMistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		option []byte
		want   string
	}{
		"both":          {option(t, 84083, &annotationsv1.Access{Public: true, Roles: []string{"a"}}), "both"},
		"an empty role": {option(t, 84083, &annotationsv1.Access{Roles: []string{"a", ""}}), "empty"},
		"a number":      {protowire.AppendVarint(protowire.AppendTag(nil, 84083, protowire.VarintType), 1), "wire format"},
		"no message":    {protowire.AppendBytes(protowire.AppendTag(nil, 84083, protowire.BytesType), []byte{0x12, 9}), "cannot be kept"},
	} {
		f, service := undeclared()
		setOptions(service.GetMethod()[0], test.option)
		_, found := descriptor.Build(wire.V1(), descriptortest.Answer(f.set))
		if len(found) != 1 || found[0].Requirement != "ACC-OPT-002" || !descriptor.Refuses(found) || !strings.Contains(found[0].Text, test.want) ||
			len(found[0].Places) != 1 || !strings.Contains(found[0].Places[0].Symbol, "Add") {
			t.Errorf("%s: %v", name, found)
		}
	}
}
