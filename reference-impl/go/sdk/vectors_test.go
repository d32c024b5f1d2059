package sdk_test

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
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	// Every package of the protocol has vectors.
	_ "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	_ "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

const vectors = "../../../protocol/vectors"

// vector is how one message looks as bytes; the vectors' README says what the fields mean.
type vector struct {
	Name string          `json:"name"`
	Rule string          `json:"rule"`
	JSON json.RawMessage `json:"json"`
	Hex  string          `json:"hex"`
}

// The protocol's golden vectors of its messages, through the generated code that the
// library speaks with. Among them are messages with unknown fields (MUX-MSG-006).
func TestMessageVectors(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(vectors + "/*/*.json")
	if err != nil || len(paths) < 2 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if filepath.Base(filepath.Dir(path)) == "payloads" {
			continue // read below, and in replicated/crdt
		}
		var file struct {
			Message protoreflect.FullName `json:"message"`
			Vectors []vector              `json:"vectors"`
		}
		readVectors(t, path, &file)
		message, err := protoregistry.GlobalTypes.FindMessageByName(file.Message)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, vector := range file.Vectors {
			t.Run(string(file.Message)+"/"+vector.Name, func(t *testing.T) {
				t.Parallel()
				vector.holds(t, message)
			})
		}
	}
}

// holds checks the vector by its rule.
func (v vector) holds(t *testing.T, message protoreflect.MessageType) {
	t.Helper()
	raw := fromHex(t, v.Hex)
	got := message.New().Interface()
	err := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(raw, got)
	if v.Rule == "refused" {
		if err == nil {
			t.Errorf("read as %v", got)
		}
		return
	}
	want := message.New().Interface()
	if err := protojson.Unmarshal(v.JSON, want); err != nil {
		t.Fatal(err)
	}
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("read as %v, %v; want %v", got, err, want)
	}
	switch v.Rule {
	case "reads":
	case "both ways":
		encoded, err := proto.Marshal(want)
		if err != nil || !slices.Equal(slices.Sorted(slices.Values(encoded)), slices.Sorted(slices.Values(raw))) {
			t.Errorf("written as %x, %v", encoded, err) // the order is not looked at: Go writes each oneof last
		}
	default:
		t.Errorf("a rule that is not known here: %s", v.Rule)
	}
}

// The protocol's own vectors of messages as payloads (CORE-PAYLOAD-003). Those of
// scalars and JSON are not for this library, which packs messages alone.
func TestPayloadVectors(t *testing.T) {
	t.Parallel()
	var file struct {
		Payloads []struct {
			vector

			TypeURLs []string `json:"typeUrls"`
			As       string   `json:"as"`
			Also     []string `json:"also"`
			Refused  []string `json:"refused"`
		} `json:"payloads"`
	}
	readVectors(t, vectors+"/payloads/any.json", &file)
	tested := 0
	for _, vector := range file.Payloads {
		if vector.As != "google.protobuf.StringValue" || !strings.HasPrefix(vector.TypeURLs[0], "type.googleapis.com/") {
			continue
		}
		tested++
		want := &wrapperspb.StringValue{}
		if err := protojson.Unmarshal(vector.JSON, want); err != nil {
			t.Fatal(err)
		}
		packed, err := sdk.Pack(want)
		if err != nil || packed.GetTypeUrl() != vector.TypeURLs[0] || hex.EncodeToString(packed.GetValue()) != vector.Hex {
			t.Errorf("%s: packed as %v, %v", vector.Name, packed, err)
		}
		for _, url := range vector.TypeURLs {
			for _, text := range append(vector.Also, vector.Hex) {
				got, err := sdk.Unpack[*wrapperspb.StringValue](&anypb.Any{TypeUrl: url, Value: fromHex(t, text)})
				if err != nil || got.GetValue() != want.GetValue() {
					t.Errorf("%s: %s %s is read as %v, %v", vector.Name, url, text, got, err)
				}
			}
		}
		for _, text := range vector.Refused {
			if got, err := sdk.Unpack[*wrapperspb.StringValue](&anypb.Any{TypeUrl: vector.TypeURLs[0], Value: fromHex(t, text)}); err == nil {
				t.Errorf("%s: %s is read as %v", vector.Name, text, got)
			}
		}
	}
	if tested == 0 {
		t.Error("no vector of a message was found")
	}
}

func readVectors(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
