package report

import (
	"fmt"
	"slices"
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// Unequal says, one sentence each, in what a report is not like the first of two: in its
// result, in the requirements and the profiles that the subject was held to, and in how
// many of each profile's MUSTs there were, ran, passed and were excused.
func Unequal(first, other *tckv1.Report) []string {
	var out []string
	differ := func(what, a, b string) {
		if a != b {
			out = append(out, fmt.Sprintf("%s: %s, where the first has %s", what, b, a))
		}
	}
	differ("result", first.GetResult().String(), other.GetResult().String())
	differ("requirements", first.GetSpecification().GetRequirementsDigest(), other.GetSpecification().GetRequirementsDigest())
	differ("profiles", listed(first), listed(other))
	differ("narrowed to", narrowed(first.GetSelection()), narrowed(other.GetSelection()))
	for _, profile := range first.GetProfiles() {
		name := profile.GetProfile()
		at := slices.IndexFunc(other.GetProfiles(), func(p *tckv1.ProfileResult) bool { return p.GetProfile() == name })
		if at >= 0 { // else the profiles differ
			differ(name, counts(profile), counts(other.GetProfiles()[at]))
		}
	}
	return out
}

func listed(r *tckv1.Report) string {
	names := make([]string, 0, len(r.GetProfiles()))
	for _, p := range r.GetProfiles() {
		names = append(names, p.GetProfile())
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

func narrowed(s *tckv1.Selection) string {
	return fmt.Sprintf("%q of level %q", s.GetRun(), s.GetLevel())
}

func counts(p *tckv1.ProfileResult) string {
	return fmt.Sprintf("%d required, %d run, %d passed, %d excused", p.GetRequired(), p.GetRun(), p.GetPassed(), p.GetExcused())
}
