package wire_test

import (
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/protocol"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// TestStrip covers the table of DIA-FIELD-001 and DIA-FIELD-002: what 0.2 lacks is
// taken out wherever it stands, and nothing else.
func TestStrip(t *testing.T) {
	t.Parallel()
	inside, err := anypb.New(&entityv1.Failure{Code: 5}) // a payload is not the protocol's
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ message, want proto.Message }{
		"a command": {
			&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Command{Command: &entityv1.Command{Id: 1, Timeout: 2, Payload: inside}}},
			&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Command{Command: &entityv1.Command{Id: 1, Payload: inside}}},
		},
		"a case": {
			&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Cancel{Cancel: &entityv1.Cancel{CommandId: 1}}},
			&valuev1.HandleRequest{},
		},
		"inside a list": {
			&eventsourcedv1.EventSourcedReply{CommandId: 1, SideEffects: []*entityv1.SideEffect{{Synchronous: true, Durable: true}}, Delete: &eventsourcedv1.Delete{}},
			&eventsourcedv1.EventSourcedReply{CommandId: 1, SideEffects: []*entityv1.SideEffect{{Synchronous: true}}},
		},
		"inside itself": {
			ormap(&replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{Cleared: true}}}),
			ormap(&replicatedv1.Delta{}),
		},
		"nothing": {
			ormap(&replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{}}}),
			ormap(&replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{}}}),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := proto.Clone(test.message)
			wire.V1().Lacks.Strip(whole)
			if diff := cmp.Diff(test.message, whole, protocmp.Transform()); diff != "" {
				t.Errorf("v1 lacks something: %s", diff)
			}
			wire.Cloudstate().Lacks.Strip(whole)
			if diff := cmp.Diff(test.want, whole, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// ormap is a map with one entry.
func ormap(value *replicatedv1.Delta) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: &replicatedv1.ORMapDelta{
		Added: []*replicatedv1.ORMapEntryDelta{{Delta: value}},
	}}}
}

// The protos say of each field since when it is there, and the table of what 0.2
// lacks says the same.
func TestLacksIsWhatTheProtosCallNew(t *testing.T) {
	t.Parallel()
	want := wire.Fields{}
	files := 0
	err := fs.WalkDir(protocol.Protos, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".proto") {
			return err
		}
		files++
		text, err := protocol.Protos.ReadFile(path)
		ages(t, string(text), want)
		return err
	})
	if err != nil || files < 9 {
		t.Fatal(files, err)
	}
	if diff := cmp.Diff(want, wire.Cloudstate().Lacks); diff != "" {
		t.Errorf("(-what the protos say +the table):\n%s", diff)
	}
}

var (
	packageLine = regexp.MustCompile(`(?m)^package (\S+);`)
	messageLine = regexp.MustCompile(`^message (\w+)`)
	fieldLine   = regexp.MustCompile(`^ +(?:repeated )?[\w.]+ (\w+) = (\d+)`)
)

// ages adds the newer fields of the messages that have older ones, in a file whose
// messages are not nested.
func ages(t *testing.T, text string, newer wire.Fields) {
	t.Helper()
	var message protoreflect.FullName
	var comment string
	older := map[protoreflect.FullName]bool{}
	found := wire.Fields{}
	for line := range strings.Lines(text) {
		if declared := messageLine.FindStringSubmatch(line); declared != nil {
			message = protoreflect.FullName(packageLine.FindStringSubmatch(text)[1] + "." + declared[1])
		}
		if strings.HasPrefix(strings.TrimSpace(line), "//") {
			comment += line
			continue
		}
		if field := fieldLine.FindStringSubmatch(line); field != nil && isField(message, field[1]) {
			number, err := strconv.Atoi(field[2])
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(comment, "Since 1.0") {
				found[message] = append(found[message], protoreflect.FieldNumber(number))
			} else {
				older[message] = true
			}
		}
		comment = ""
	}
	for name, numbers := range found {
		if older[name] {
			newer[name] = numbers
		}
	}
}

// isField tells a field from the value of an enum.
func isField(message protoreflect.FullName, name string) bool {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(message)
	declared, ok := found.(protoreflect.MessageDescriptor)
	return err == nil && ok && declared.Fields().ByName(protoreflect.Name(name)) != nil
}
