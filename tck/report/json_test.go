package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/report/schema"
)

// compiled is the published schema, as a validator reads it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, text []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t).Validate(value)
}

// The published schema takes what the kit writes, as JSON and as YAML, and refuses what
// no report has.
func TestJSONSchema(t *testing.T) {
	t.Parallel()
	for _, run := range []report.Run{whole(), failing(), listing(false, "beta/two")} {
		r := report.New(run)
		asJSON, err := report.CanonicalJSON(r)
		if err != nil {
			t.Fatal(err)
		}
		asYAML, err := report.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := yaml.YAMLToJSON(asYAML)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{asJSON, again} {
			if err := validate(t, text); err != nil {
				t.Error(err)
			}
		}
		for _, change := range []struct{ old, new string }{
			{`"schema": "v1"`, `"schema": 1`},
			{`"schema": "v1"`, `"mood": "good"`},
			{`"seed": "7"`, `"seed": "seven"`},
			{`"verdict": "VERDICT_PASS"`, `"verdict": "VERDICT_SPLENDID"`},
			{`"run": 2`, `"run": "2"`},
		} {
			changed := strings.Replace(string(asJSON), change.old, change.new, 1)
			if changed == string(asJSON) || validate(t, []byte(changed)) == nil {
				t.Errorf("the schema takes %s, or there is no %s", change.new, change.old)
			}
		}
	}
}

// The file is what `make generate` makes of the proto as it is now. Its descriptions
// come from the comments, which the descriptors here do not have.
func TestJSONSchemaIsFresh(t *testing.T) {
	t.Parallel()
	want, err := schema.Of((&tckv1.Report{}).ProtoReflect().Descriptor(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := schema.Plain(report.JSONSchema())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("report.schema.json is stale: `make generate` writes it")
	}
	if described := bytes.Count(report.JSONSchema(), []byte(`"description"`)); described < bytes.Count(want, []byte(`"type"`)) {
		t.Errorf("only %d parts of the schema are described", described)
	}
}

// Anyone can compute the digest from the JSON, with no knowledge of protobuf.
func TestDigestFollowsFromTheJSON(t *testing.T) {
	t.Parallel()
	r := report.New(failing())
	text, err := report.CanonicalJSON(r)
	if err != nil {
		t.Fatal(err)
	}
	if problems := report.Verify(text, specification()); len(problems) > 0 {
		t.Errorf("the JSON does not verify: %q", problems)
	}
	without := strings.Replace(string(text), `  "digest": "`+r.GetDigest()+`",`+"\n", "", 1)
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(without)); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(compact.Bytes())
	if got := "sha256:" + hex.EncodeToString(sum[:]); got != r.GetDigest() {
		t.Errorf("got %s, want %s", got, r.GetDigest())
	}
}
