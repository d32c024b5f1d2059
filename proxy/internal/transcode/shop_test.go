package transcode_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/transcode"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// shop returns the registry of a function that serves shop.proto.
func shop(tb testing.TB) *descriptor.Registry {
	tb.Helper()
	registry, found := descriptor.Build(wire.V1(), descriptortest.ShopAnswer())
	if len(found) > 0 {
		tb.Fatal(found)
	}
	return registry
}

// call is one request by HTTP, "METHOD path?query", with a body of JSON or of the type.
type call struct {
	line, contentType, body string
}

// find returns the binding that the call takes, and its captures.
func (c call) find(registry *descriptor.Registry) (*descriptor.Binding, []string, string, error) {
	method, target, _ := strings.Cut(c.line, " ")
	path, query, _ := strings.Cut(target, "?")
	binding, captures, err := transcode.Find(registry.Routes(), method, path)
	return binding, captures, query, err
}

// payload returns the payload of the command that the call becomes.
func (c call) payload(registry *descriptor.Registry) (*descriptor.Binding, []byte, error) {
	binding, captures, query, err := c.find(registry)
	if err != nil {
		return nil, nil, err
	}
	payload, err := transcode.Request(binding, captures, query, c.contentType, []byte(c.body))
	return binding, payload, err
}

// expect wants the call to become the message, which is written as text.
func (c call) expect(t *testing.T, registry *descriptor.Registry, text string) {
	t.Helper()
	binding, payload, err := c.payload(registry)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	want := dynamicpb.NewMessage(binding.Input)
	types := dynamicpb.NewTypes(registry.Files())
	if err := (prototext.UnmarshalOptions{AllowPartial: true, Resolver: types}).Unmarshal([]byte(text), want); err != nil {
		t.Fatal(err)
	}
	got := decode(t, binding.Input, types, payload)
	if !proto.Equal(got, want) {
		t.Errorf("%+v became\n%v, want\n%v", c, got, want)
	}
}

func decode(t *testing.T, message protoreflect.MessageDescriptor, types *dynamicpb.Types, payload []byte) *dynamicpb.Message {
	t.Helper()
	m := dynamicpb.NewMessage(message)
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: types}).Unmarshal(payload, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// refused wants the call to be refused with the status, and a text that holds the part.
func (c call) refused(t *testing.T, registry *descriptor.Registry, status int, part string) {
	t.Helper()
	_, payload, err := c.payload(registry)
	refusal, ok := errors.AsType[*transcode.Refusal](err)
	if !ok || refusal.Status != status || !strings.Contains(refusal.Text, part) {
		t.Errorf("%+v became %x, %v; want %d and %q", c, payload, err, status, part)
	}
}

// message makes the bytes of the message of shop.proto that is written as text.
func message(tb testing.TB, registry *descriptor.Registry, name protoreflect.Name, text string) []byte {
	tb.Helper()
	found, err := registry.Files().FindDescriptorByName("test.shop.v1." + protoreflect.FullName(name))
	if err != nil {
		tb.Fatal(err)
	}
	m := dynamicpb.NewMessage(found.(protoreflect.MessageDescriptor))
	if err := (prototext.UnmarshalOptions{AllowPartial: true, Resolver: dynamicpb.NewTypes(registry.Files())}).Unmarshal([]byte(text), m); err != nil {
		tb.Fatal(err)
	}
	bytes, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return bytes
}
