package app

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// How existing libraries of Cloudstate 0.2 behave, one test for each row of that table
// in the chapter about the dialect.

// Row 1: no version is stated, and a replicated entity is then refused by name
// (DIA-VERSION-001, DIA-VERSION-003, DIA-VERSION-004).
func TestLibraryStatesNoVersion(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: both(unversioned, without(cloudstate.Presence))}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
	reports := refused(t, unversioned, nil)
	if len(reports) != 1 || !strings.HasPrefix(reports[0], "DIA-VERSION-003") || !strings.Contains(reports[0], cloudstate.Presence) || !strings.Contains(reports[0], "0.0") {
		t.Errorf("the function is told %q", reports)
	}
	allowed := observe(t, cloudstate.Behaviour{Discover: unversioned}, func(c *Config) { c.Unversioned = true })
	allowed.Must(cloudstate.Presence, "a", "update gcounter{increment:1}", "0")
}

// Row 2: the older number of the key's option, under the newer name, and files more than
// once and of another edition (DIA-KEY-001, DIA-DISC-001, DISC-DESC-003).
func TestLibraryNumbersKeysOtherwise(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: func(answer *discoveryv1.DiscoverResponse) {
		set := cloudstate.Files(cloudstate.OlderKeyOption)
		edition := protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto)
		edition.MessageType = edition.GetMessageType()[:len(edition.GetMessageType())-1]
		set.File[2] = edition
		set.File = append(set.GetFile(), &descriptorpb.FileDescriptorProto{
			Name: new("cloudstate/entity_key.proto"), Package: new("cloudstate"), Syntax: new("proto3"), Dependency: []string{edition.GetName()},
			Extension: []*descriptorpb.FieldDescriptorProto{{
				Name: new("entity_key"), Number: new(int32(cloudstate.OlderKeyOption)), Extendee: new(".google.protobuf.FieldOptions"),
				Type: descriptorpb.FieldDescriptorProto_TYPE_BOOL.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
			}},
		}, set.GetFile()[0])
		answer.Proto = cloudstate.Answer(set).GetProto()
	}}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
}

// Row 3: keys of several fields, and another request for each method (DIA-KEY-003,
// DIA-KEY-004, DIA-DISC-003).
func TestLibraryJoinsKeys(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, seat := range []cloudstate.Raw{cloudstate.Seat("a-b", 7, "emit x"), cloudstate.Seat("a", 0, "emit y")} {
		if _, err := o.Call(cloudstate.Method(cloudstate.Booking, "Do"), seat); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]string{"a-b-7": "x", "a-0": "y"} { // in the order of the descriptor
		if got, err := o.Call(cloudstate.Method(cloudstate.Booking, "Find"), cloudstate.Request(id, "")); got != want || err != nil {
			t.Errorf("%s has %q, %v", id, got, err)
		}
	}
}
