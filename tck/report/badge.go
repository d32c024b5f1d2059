package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// badge is the form that an endpoint badge of shields.io is drawn from.
type badge struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
	IsError       bool   `json:"isError,omitempty"`
}

// The colours of badges, by their names at shields.io.
const (
	good   = "brightgreen"
	fair   = "yellow"
	bad    = "red"
	silent = "lightgrey"
)

// Badge returns what a badge says of a report, as JSON; of one profile where it is
// named, which has to be among those that the subject was held to. No profile of a
// report without a result looks better than the report.
func Badge(r *tckv1.Report, profile string) ([]byte, error) {
	made := badge{SchemaVersion: 1, Label: "stateward " + r.GetSpecification().GetProtocol()}
	made.Message, made.Color = resultWords(r.GetResult())
	made.IsError = made.Color == silent
	if profile != "" {
		at := slices.IndexFunc(r.GetProfiles(), func(p *tckv1.ProfileResult) bool { return p.GetProfile() == profile })
		if at < 0 {
			return nil, fmt.Errorf("the report has no profile %q; it has %s", profile, enumerate(r.GetSubject().GetProfiles()))
		}
		made.Label += " " + profile
		if !made.IsError {
			made.Message, made.Color = profileWords(r.GetProfiles()[at])
		}
	}
	text, err := json.Marshal(made)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return append(text, '\n'), nil
}

// resultWords are the words and the colour for a result.
func resultWords(result tckv1.Result) (words, colour string) {
	words = strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(result.String(), "RESULT_")), "_", "-")
	switch result {
	case tckv1.Result_RESULT_CONFORMANT:
		return words, good
	case tckv1.Result_RESULT_PARTIAL:
		return words, fair
	case tckv1.Result_RESULT_NON_CONFORMANT:
		return words, bad
	default:
		return words, silent
	}
}

// profileWords are those for the counts of a profile: it passes only when all that is
// required did.
func profileWords(p *tckv1.ProfileResult) (words, colour string) {
	words = fmt.Sprintf("%d/%d passed", p.GetPassed(), p.GetRequired())
	switch {
	case p.GetFailed() > 0 || p.GetRequired() == 0:
		return words, bad
	case p.GetPassed() < p.GetRequired():
		return words, fair
	default:
		return words, good
	}
}
