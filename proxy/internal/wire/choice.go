package wire

import "fmt"

// The values of --dialect.
const (
	// NameAuto leaves the choice to the function's first answer.
	NameAuto = "auto"
	// NameV1 is the protocol's own dialect.
	NameV1 = "v1"
	// NameCloudstate is that of Cloudstate 0.2.
	NameCloudstate = "cloudstate-0.2"
)

// Choice returns the dialects in which a function is asked what it serves, in turn,
// from the first on, until it answers (DIA-CHOICE-001, DIA-CHOICE-005).
func Choice(name string) ([]Dialect, error) {
	switch name {
	case NameAuto:
		return []Dialect{V1(), Cloudstate()}, nil
	case NameV1:
		return []Dialect{V1()}, nil
	case NameCloudstate:
		return []Dialect{Cloudstate()}, nil
	default:
		return nil, fmt.Errorf("the dialect %q is none of %s, %s and %s", name, NameAuto, NameV1, NameCloudstate)
	}
}
