package crdt

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// recoded reads a payload, and packs what it read.
type recoded func(*anypb.Any) (*anypb.Any, error)

func recode[T any](codec Codec[T]) recoded {
	return func(payload *anypb.Any) (*anypb.Any, error) {
		value, err := codec.unpack(payload)
		if err != nil {
			return nil, err
		}
		return codec.pack(value)
	}
}

// The protocol's own vectors of scalars and messages: every encoding is read
// (CORE-PAYLOAD-005), and no other, and written in one way (CORE-PAYLOAD-004,
// CORE-PAYLOAD-006, REP-EQ-002).
func TestPayloadVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../../protocol/vectors/payloads/any.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Payloads []struct {
			Name     string   `json:"name"`
			TypeURLs []string `json:"typeUrls"`
			Hex      string   `json:"hex"`
			Also     []string `json:"also"`
			Refused  []string `json:"refused"`
		} `json:"payloads"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	codecs := map[string]recoded{
		"string": recode(String()), "bytes": recode(Bytes()), "bool": recode(Bool()),
		"int32": recode(Int32()), "int64": recode(Int64()), "uint32": recode(Uint32()), "uint64": recode(Uint64()),
		"float": recode(Float()), "double": recode(Double()),
		"google.protobuf.StringValue": recode(Message[*wrapperspb.StringValue]()),
	}
	tested := map[string]bool{}
	for _, vector := range file.Payloads {
		name := vector.TypeURLs[0][strings.LastIndex(vector.TypeURLs[0], "/")+1:]
		codec, known := codecs[name]
		if !known {
			continue // JSON
		}
		tested[name] = true
		for _, url := range vector.TypeURLs {
			for _, text := range append(vector.Also, vector.Hex) {
				got, err := codec(&anypb.Any{TypeUrl: url, Value: fromHex(t, text)})
				if err != nil || got.GetTypeUrl() != vector.TypeURLs[0] {
					t.Errorf("%s: %s %s is read as %v, %v", vector.Name, url, text, got, err)
				} else if packed := hex.EncodeToString(got.GetValue()); strings.HasPrefix(url, scalarPrefix) && packed != vector.Hex {
					t.Errorf("%s: %s is packed as %s, not %s", vector.Name, text, packed, vector.Hex)
				}
			}
			for _, text := range vector.Refused {
				if got, err := codec(&anypb.Any{TypeUrl: url, Value: fromHex(t, text)}); err == nil {
					t.Errorf("%s: %s %s is read as %v", vector.Name, url, text, got)
				}
			}
		}
	}
	if len(tested) != len(codecs) {
		t.Errorf("the vectors have %v", tested)
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

// Equal messages are packed into equal bytes, maps in them included (REP-EQ-002).
func TestMessagesAreStable(t *testing.T) {
	t.Parallel()
	set := NewORSet(Message[*structpb.Struct]())
	for range 50 {
		message, err := structpb.NewStruct(map[string]any{"a": 1, "b": 2, "c": 3, "d": 4})
		if err != nil {
			t.Fatal(err)
		}
		set.Add(message)
	}
	if set.Len() != 1 {
		t.Errorf("%d elements", set.Len())
	}
}

func TestPayloadsOfAnotherType(t *testing.T) {
	t.Parallel()
	for about, payload := range map[string]*anypb.Any{
		"another scalar":    {TypeUrl: "p.cloudstate.io/int64"},
		"another prefix":    {TypeUrl: "type.googleapis.com/string"},
		"a message":         {TypeUrl: "type.googleapis.com/google.protobuf.StringValue"},
		"no string":         {TypeUrl: "p.cloudstate.io/string", Value: []byte{0x0a, 9}},
		"text that is none": {TypeUrl: "p.cloudstate.io/string", Value: []byte{0x0a, 1, 0xff}},
	} {
		for name, value := range map[string]Value{
			"GSet":        NewGSet(String()),
			"ORSet":       NewORSet(String()),
			"LWWRegister": NewLWWRegister(String(), ""),
			"ORMap":       newMixed(),
		} {
			delta := map[string]*replicatedv1.Delta{
				"GSet":        {Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: []*anypb.Any{payload}}}},
				"ORSet":       {Delta: &replicatedv1.Delta_Orset{Orset: &replicatedv1.ORSetDelta{Removed: []*anypb.Any{payload}}}},
				"LWWRegister": {Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: &replicatedv1.LWWRegisterDelta{Value: payload}}},
				"ORMap": {Delta: &replicatedv1.Delta_Ormap{Ormap: &replicatedv1.ORMapDelta{Added: []*replicatedv1.ORMapEntryDelta{
					{Key: payload, Delta: NewGCounter().Delta()},
				}}}},
			}[name]
			if _, err := value.Apply(delta); err == nil {
				t.Errorf("%s: a %s takes it", about, name)
			}
		}
	}
}

// Text that is not UTF-8 is a mistake of the handler.
func TestTextThatCannotTravel(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("it is taken")
		}
	}()
	NewGSet(String()).Add("\xff")
}

// What came in another form than ours is found, and removed by that form
// (REP-EQ-003); removed and added again it was not touched (REP-ORSET-003).
func TestFormsOfOthers(t *testing.T) {
	t.Parallel()
	empty := &anypb.Any{TypeUrl: "p.cloudstate.io/string", Value: []byte{0x0a, 0}}
	ours := &anypb.Any{TypeUrl: "p.cloudstate.io/string"}

	set := NewORSet(String())
	apply(t, set, &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: &replicatedv1.ORSetDelta{Added: []*anypb.Any{empty}}}})
	if !set.Has("") || set.Add("") {
		t.Error("it is not found in the set")
	}
	set.Delete("")
	if got := set.Delta().GetOrset().GetRemoved(); len(got) != 1 || !proto.Equal(got[0], empty) {
		t.Errorf("removed by another form: %v", got)
	}
	set.Add("")
	if set.Changed() {
		t.Errorf("removed and added again: %v", set.Delta())
	}
	apply(t, set, &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: &replicatedv1.ORSetDelta{Removed: []*anypb.Any{ours}}}})
	if set.Len() != 1 {
		t.Error("a remove of another form has removed it")
	}

	m := NewPNCounterMap(String())
	apply(t, m, &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{
		Added: []*replicatedv1.PNCounterMapEntryDelta{{Key: empty, Change: 2}},
	}}})
	if err := m.Add("", 1); err != nil {
		t.Fatal(err)
	}
	if got := m.Delta().GetPncounterMap().GetUpdated(); len(got) != 1 || !proto.Equal(got[0].GetKey(), empty) {
		t.Errorf("changed by another key: %v", got)
	}
	m.Delete("")
	if got := m.Delta().GetPncounterMap().GetRemoved(); len(got) != 1 || !proto.Equal(got[0], empty) {
		t.Errorf("removed by another key: %v", got)
	}
}

func apply(t *testing.T, value Value, delta *replicatedv1.Delta) {
	t.Helper()
	if _, err := value.Apply(delta); err != nil {
		t.Fatal(err)
	}
}

// says checks the value's delta, given as JSON.
func says(t *testing.T, value Value, want string) {
	t.Helper()
	message := &replicatedv1.Delta{}
	if err := protojson.Unmarshal([]byte(want), message); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(message, value.Delta(), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
