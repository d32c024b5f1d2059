package report

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	orderedyaml "go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"sigs.k8s.io/yaml"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// MaxBytes bounds what is read as a report, in bytes; the largest are below 1 MiB.
const MaxBytes = 16 << 20

// heading stands above each report; comments are no part of it.
const heading = "# Written by tck. Publish it unmodified: `tck report verify` recomputes all of it.\n"

// Marshal writes the report as YAML, fields in the order of the schema: the
// same report always gives the same bytes.
func Marshal(r *tckv1.Report) ([]byte, error) {
	text, err := protojson.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var tree orderedyaml.Node // JSON is YAML; the tree keeps the order
	if err := orderedyaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	plain(&tree)
	out := bytes.NewBufferString(heading)
	encoder := orderedyaml.NewEncoder(out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(&tree), encoder.Close()); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}

// ambiguous is text that YAML 1.1, which most tools still read, takes for a
// truth value, a number to the base of 60 or a sign of its own.
var ambiguous = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|=|<<|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)

// plain drops JSON's braces and quotes. The encoder puts back the quotes that
// YAML 1.2 needs; those that 1.1 needs are kept.
func plain(node *orderedyaml.Node) {
	node.Style = 0
	if node.Kind == orderedyaml.ScalarNode && node.Tag == "!!str" && ambiguous.MatchString(node.Value) {
		node.Style = orderedyaml.DoubleQuotedStyle
	}
	for _, child := range node.Content {
		plain(child)
	}
}

// Unmarshal reads a report, as YAML or JSON. It refuses fields that the schema
// does not have, and whatever stands twice.
func Unmarshal(data []byte) (*tckv1.Report, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("report: %d bytes are more than the %d that a report may have", len(data), MaxBytes)
	}
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, fmt.Errorf("report: this is no YAML: %w", err)
	}
	r := &tckv1.Report{}
	if err := protojson.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("report: this is no report: %w", err)
	}
	return r, nil
}
