package dialect

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// What is on the wire is written out here, so that no renaming of a generated constant
// can change it unseen.
func TestNamesOnTheWire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ got, want map[string]string }{
		"paths": {methods, map[string]string{
			"/stateward.discovery.v1.DiscoveryService/Discover":       "/cloudstate.EntityDiscovery/discover",
			"/stateward.discovery.v1.DiscoveryService/ReportError":    "/cloudstate.EntityDiscovery/reportError",
			"/stateward.eventsourced.v1.EventSourcedService/Handle":   "/cloudstate.eventsourced.EventSourced/handle",
			"/stateward.value.v1.ValueEntityService/Handle":           "/cloudstate.valueentity.ValueEntity/handle",
			"/stateward.replicated.v1.ReplicatedEntityService/Handle": "/cloudstate.crdt.Crdt/handle",
			"/stateward.action.v1.ActionService/HandleUnary":          "/cloudstate.action.ActionProtocol/handleUnary",
			"/stateward.action.v1.ActionService/HandleStreamedIn":     "/cloudstate.action.ActionProtocol/handleStreamedIn",
			"/stateward.action.v1.ActionService/HandleStreamedOut":    "/cloudstate.action.ActionProtocol/handleStreamedOut",
			"/stateward.action.v1.ActionService/HandleStreamed":       "/cloudstate.action.ActionProtocol/handleStreamed",
		}},
		"types": {types, map[string]string{
			"stateward.action.v1.ActionService":               "cloudstate.action.ActionProtocol",
			"stateward.eventsourced.v1.EventSourcedService":   "cloudstate.eventsourced.EventSourced",
			"stateward.replicated.v1.ReplicatedEntityService": "cloudstate.crdt.Crdt",
			"stateward.value.v1.ValueEntityService":           "cloudstate.valueentity.ValueEntity",
		}},
		"some of the models": {
			map[string]string{
				"service":  names().toNew["cloudstate.tck.model.EventSourcedTckModel"],
				"request":  names().toNew["cloudstate.tck.model.Request"],
				"response": names().toNew["cloudstate.tck.model.Response"],
				"event":    names().toNew["cloudstate.tck.model.Persisted"],
				"state":    names().toNew["cloudstate.tck.model.valueentity.Persisted"],
				"streamed": names().toOld["stateward.tck.replicated.v1.ProcessStreamedResponse"],
				"unary":    names().toNew["cloudstate.tck.model.crdt.Response"],
				"another":  names().toNew["cloudstate.tck.model.action.OtherRequest"],
			},
			map[string]string{
				"service":  "stateward.tck.eventsourced.v1.EventSourcedTckModelService",
				"request":  "stateward.tck.eventsourced.v1.ProcessRequest",
				"response": "stateward.tck.eventsourced.v1.ProcessResponse",
				"event":    "stateward.tck.eventsourced.v1.Persisted",
				"state":    "stateward.tck.value.v1.Persisted",
				"streamed": "cloudstate.tck.model.crdt.Response",
				"unary":    "stateward.tck.replicated.v1.ProcessResponse",
				"another":  "stateward.tck.action.v1.ActionTwoServiceCallRequest",
			},
		},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Two of the same name would be told apart by nobody.
func TestOneNameIsGivenTwiceAlone(t *testing.T) {
	t.Parallel()
	owners := map[string][]string{}
	for renamed, old := range names().toOld {
		owners[old] = append(owners[old], renamed)
	}
	for old, renamed := range owners {
		slices.Sort(renamed)
		if len(renamed) > 1 && !slices.Equal(renamed, []string{unaryResponse, streamedResponse}) {
			t.Errorf("%s is %q", old, renamed)
		}
	}
}

// The protos say of each field since when it is there, and the tables of what was added
// say the same.
func TestAddedIsWhatTheProtosCallNew(t *testing.T) {
	t.Parallel()
	want := map[protoreflect.FullName][]protoreflect.FieldNumber{}
	files, err := filepath.Glob("../../protocol/stateward/*/v1/*.proto")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ages(t, string(text), want)
	}
	if diff := cmp.Diff(want, added); diff != "" {
		t.Errorf("(-what the protos say +the table):\n%s", diff)
	}
}

var (
	packageLine = regexp.MustCompile(`(?m)^package (\S+);`)
	messageLine = regexp.MustCompile(`^message (\w+)`)
	fieldLine   = regexp.MustCompile(`^ +(?:repeated )?[\w.]+ (\w+) = (\d+)`)
)

// ages adds the newer fields of messages that have older ones, in a file in which
// messages are not nested.
func ages(t *testing.T, text string, newer map[protoreflect.FullName][]protoreflect.FieldNumber) {
	t.Helper()
	var message protoreflect.FullName
	var comment string
	older := map[protoreflect.FullName]bool{}
	found := map[protoreflect.FullName][]protoreflect.FieldNumber{}
	for line := range strings.Lines(text) {
		if declared := messageLine.FindStringSubmatch(line); declared != nil {
			message = protoreflect.FullName(packageLine.FindStringSubmatch(text)[1] + "." + declared[1])
		}
		if strings.HasPrefix(strings.TrimSpace(line), "//") {
			comment += line
			continue
		}
		field := fieldLine.FindStringSubmatch(line)
		if field != nil && isField(message, field[1]) {
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
	descriptor, ok := found.(protoreflect.MessageDescriptor)
	return err == nil && ok && descriptor.Fields().ByName(protoreflect.Name(name)) != nil
}
