package schema_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/apipb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/stateward/stateward/tck/report/schema"
)

func TestSchemaOfAMessage(t *testing.T) {
	t.Parallel()
	text, err := schema.Of((&apipb.Method{}).ProtoReflect().Descriptor().ParentFile().Messages().ByName("Mixin"),
		func(d protoreflect.Descriptor) string { return "the " + string(d.Name()) })
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "description": "the Mixin",
  "type": "object",
  "properties": {
    "name": {
      "description": "the name",
      "type": "string"
    },
    "root": {
      "description": "the root",
      "type": "string"
    }
  },
  "additionalProperties": false
}
`
	if string(text) != want {
		t.Errorf("got %s", text)
	}
	plain, err := schema.Plain(text)
	if err != nil || strings.Contains(string(plain), "description") || !strings.Contains(string(plain), `"root"`) {
		t.Errorf("without descriptions: %s, %v", plain, err)
	}
}

// What it cannot describe rightly it refuses.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]protoreflect.ProtoMessage{"is a map": &structpb.Struct{}, "bytes": &anypb.Any{}} {
		if _, err := schema.Of(m.ProtoReflect().Descriptor(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: got %v, want %q", m, err, want)
		}
	}
}
