package sdk_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// The protocol's own vectors of messages as payloads (CORE-PAYLOAD-003). Those of scalars
// and JSON are not for this package, which packs messages alone; those of the protocol's own
// messages are held against this very generated code by the protocol's tests.
func TestPayloadVectors(t *testing.T) {
	t.Parallel()
	var file struct {
		Payloads []struct {
			Name     string          `json:"name"`
			TypeURLs []string        `json:"typeUrls"`
			As       string          `json:"as"`
			JSON     json.RawMessage `json:"json"`
			Hex      string          `json:"hex"`
			Also     []string        `json:"also"`
			Refused  []string        `json:"refused"`
		} `json:"payloads"`
	}
	text, err := os.ReadFile("../../../protocol/vectors/payloads/any.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
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

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
