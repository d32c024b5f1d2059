package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

//go:embed report.schema.json
var jsonSchema []byte

// JSONSchema is the schema of reports, as `make generate` makes it of report.proto.
func JSONSchema() []byte { return slices.Clone(jsonSchema) }

// CanonicalJSON writes the report as JSON, names in the order of RFC 8785 and indented for
// people: the same report always gives the same bytes. Without its white space and its
// digest this is the text that the digest is over.
func CanonicalJSON(r *tckv1.Report) ([]byte, error) {
	var out bytes.Buffer
	if err := json.Indent(&out, canonical(r), "", "  "); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
