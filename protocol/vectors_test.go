package protocol_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	_ "google.golang.org/protobuf/types/known/wrapperspb" // in vectors, inside an Any

	// Every package of the protocol: TestVectorsAreComplete finds one left out.
	_ "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// messageVectors is one file of vectors/; its README says what the fields mean.
type messageVectors struct {
	Message protoreflect.FullName `json:"message"`
	Vectors []messageVector       `json:"vectors"`
}

type messageVector struct {
	Name string          `json:"name"`
	Rule string          `json:"rule"`
	JSON json.RawMessage `json:"json"`
	Hex  string          `json:"hex"`
}

type payload struct {
	Name     string                `json:"name"`
	TypeURLs []string              `json:"typeUrls"`
	As       protoreflect.FullName `json:"as"`
	JSON     json.RawMessage       `json:"json"`
	Hex      string                `json:"hex"`
	Also     []string              `json:"also"`
	Refused  []string              `json:"refused"`
}

func TestMessageVectors(t *testing.T) {
	t.Parallel()
	for _, file := range readVectors(t) {
		for _, v := range file.Vectors {
			t.Run(string(file.Message.Name())+"/"+v.Name, func(t *testing.T) {
				t.Parallel()
				holds(t, file.Message, v)
			})
		}
	}
}

// holds checks one vector by its rule.
func holds(t *testing.T, name protoreflect.FullName, v messageVector) {
	t.Helper()
	decoded, err := decode(t, name, v.Hex)
	if v.Rule == "refused" {
		if err == nil || v.JSON != nil {
			t.Errorf("decoded to %v, and is to be refused", decoded)
		}
		return
	}
	if err != nil {
		t.Fatalf("does not decode: %v", err)
	}
	want := newMessage(t, name)
	if err := protojson.Unmarshal(v.JSON, want); err != nil {
		t.Fatalf("json: %v", err)
	}
	if !proto.Equal(decoded, want) {
		t.Errorf("decoded to %v, want %v", decoded, want)
	}
	encoded := toHex(t, want)
	switch v.Rule {
	case "both ways":
		if encoded != v.Hex {
			t.Errorf("encoded to %s, want %s", encoded, v.Hex)
		}
	case "reads":
		if encoded == v.Hex {
			t.Errorf("encodes to just these bytes: the rule is \"both ways\"")
		}
	default:
		t.Errorf("unknown rule %q", v.Rule)
	}
}

func TestPayloadVectors(t *testing.T) {
	t.Parallel()
	var file struct {
		Payloads []payload `json:"payloads"`
	}
	readJSON(t, "vectors/payloads/any.json", &file)
	if len(file.Payloads) == 0 {
		t.Fatal("no vectors")
	}
	for _, p := range file.Payloads {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			want := newMessage(t, p.As)
			if err := protojson.Unmarshal(p.JSON, want); err != nil {
				t.Fatalf("json: %v", err)
			}
			if got := toHex(t, want); got != p.Hex {
				t.Errorf("encoded to %s, want %s", got, p.Hex)
			}
			for _, also := range append([]string{p.Hex}, p.Also...) {
				got, err := decode(t, p.As, also)
				if err != nil || !proto.Equal(got, want) {
					t.Errorf("%q decoded to %v (%v), want %v", also, got, err, want)
				}
			}
			for _, refused := range p.Refused {
				if got, err := decode(t, p.As, refused); err == nil {
					t.Errorf("%q decoded to %v, and is to be refused", refused, got)
				}
			}
			for _, url := range p.TypeURLs {
				if _, name, found := strings.Cut(url, "/"); !found || name == "" {
					t.Errorf("%q is no type URL", url)
				}
			}
		})
	}
}

// TestVectorsAreComplete holds that every message has its file, a vector with
// unknown fields, and in some vector each of its fields.
func TestVectorsAreComplete(t *testing.T) {
	t.Parallel()
	have := map[protoreflect.FullName]messageVectors{}
	for _, file := range readVectors(t) {
		have[file.Message] = file
	}
	for _, messages := range messagesOfEachProto(t) {
		for i := range messages.Len() {
			message := messages.Get(i)
			file, ok := have[message.FullName()]
			if !ok {
				t.Errorf("%s has no file", message.FullName())
				continue
			}
			for _, missing := range unseen(t, message, file.Vectors) {
				t.Errorf("no vector of %s shows %s", message.FullName(), missing)
			}
		}
	}
}

// messagesOfEachProto returns the messages of every proto of the protocol, those
// inside others left out. A proto whose package this test does not import is an
// error: its vectors would not be read.
func messagesOfEachProto(t *testing.T) []protoreflect.MessageDescriptors {
	t.Helper()
	names, err := filepath.Glob("stateward/*/v1/*.proto")
	if err != nil || len(names) == 0 {
		t.Fatalf("found no proto: %v", err)
	}
	all := make([]protoreflect.MessageDescriptors, 0, len(names))
	for _, name := range names {
		file, err := protoregistry.GlobalFiles.FindFileByPath(filepath.ToSlash(name))
		if err != nil {
			t.Errorf("%s: %v: import its package here", name, err)
			continue
		}
		all = append(all, file.Messages())
	}
	return all
}

// unseen returns what no vector of the message shows: fields, unknown fields.
func unseen(t *testing.T, message protoreflect.MessageDescriptor, vectors []messageVector) []string {
	t.Helper()
	seen := map[string]bool{}
	for _, v := range vectors {
		m := newMessage(t, message.FullName())
		if proto.Unmarshal(fromHex(t, v.Hex), m) != nil {
			continue
		}
		m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			seen[string(field.Name())] = true
			return true
		})
		seen["unknown fields"] = seen["unknown fields"] || len(m.ProtoReflect().GetUnknown()) > 0
	}
	want := []string{"unknown fields"}
	for i := range message.Fields().Len() {
		want = append(want, string(message.Fields().Get(i).Name()))
	}
	return slices.DeleteFunc(want, func(name string) bool { return seen[name] })
}

// readVectors returns the vectors of every message.
func readVectors(t *testing.T) []messageVectors {
	t.Helper()
	names, err := filepath.Glob("vectors/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var files []messageVectors
	for _, name := range names {
		if filepath.Base(filepath.Dir(name)) == "payloads" {
			continue
		}
		var file messageVectors
		readJSON(t, name, &file)
		if len(file.Vectors) == 0 {
			t.Errorf("%s has no vector", name)
		}
		files = append(files, file)
	}
	return files
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func newMessage(t *testing.T, name protoreflect.FullName) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return kind.New().Interface()
}

// decode reads the bytes as the message, less its unknown fields.
func decode(t *testing.T, name protoreflect.FullName, text string) (proto.Message, error) {
	t.Helper()
	m := newMessage(t, name)
	return m, proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(fromHex(t, text), m)
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return raw
}

func toHex(t *testing.T, m proto.Message) string {
	t.Helper()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(inOrder(t, raw, m.ProtoReflect().Descriptor()))
}
