package report

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

// Verify reads a report and holds it against itself and the specification:
// everything that follows from the verdicts on cases is derived again. It
// returns one sentence for each thing that is wrong; none means that the report
// is what the kit wrote. It cannot tell whether the kit ever ran: Reproduce can.
func Verify(data []byte, specification Specification) []string {
	r, err := Unmarshal(data)
	if err != nil {
		return []string{err.Error()}
	}
	v := verifier{report: r, specification: specification}
	v.head()
	v.rows()
	v.known()
	v.derived()
	if got := digest(r); r.GetDigest() != got {
		v.problemf("the digest is %s, and the content gives %s: it was changed", r.GetDigest(), got)
	}
	return v.problems
}

type verifier struct {
	report        *tckv1.Report
	specification Specification
	problems      []string
}

func (v *verifier) problemf(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

func (v *verifier) head() {
	r, want := v.report, v.specification
	if r.GetSchema() != Schema {
		v.problemf("the schema is %q, and this kit knows %q", r.GetSchema(), Schema)
	}
	if got := r.GetSpecification().GetRequirementsDigest(); got != want.Digest {
		v.problemf("the requirements are those of %q, and this kit knows those of %q", got, want.Digest)
	}
	if got := r.GetSpecification().GetProtocol(); got != want.Protocol {
		v.problemf("the protocol is %q, and this kit knows %q", got, want.Protocol)
	}
	for name, text := range map[string]string{
		"kit.version":          r.GetKit().GetVersion(),
		"subject.attached":     r.GetSubject().GetAttached(),
		"environment.platform": r.GetEnvironment().GetPlatform(),
		"reason":               r.GetReason(),
	} {
		if text == "" {
			v.problemf("%s is missing", name)
		}
	}
	if from := r.GetSubject().GetProfilesFrom(); from != Declared && from != Discovered {
		v.problemf("subject.profilesFrom is %q, and not %q or %q", from, Declared, Discovered)
	}
	for name, list := range map[string][]string{
		"subject.profiles":           r.GetSubject().GetProfiles(),
		"subject.discoveredProfiles": r.GetSubject().GetDiscoveredProfiles(),
	} {
		if !ascending(list) {
			v.problemf("%s is not in order, each once", name)
		}
	}
	slices.Sort(v.problems) // the maps have no order
}

// rows wants every requirement of the role, once, in order, and nothing else.
func (v *verifier) rows() {
	role := v.report.GetSubject().GetRole()
	want := v.specification.of(v.report.GetSubject())
	if len(want) == 0 {
		v.problemf("the role is %q, for which there is no requirement", role)
	}
	rows := v.report.GetRequirements()
	if len(rows) != len(want) {
		v.problemf("there are %d requirements, and the role has %d", len(rows), len(want))
	}
	for i, row := range rows {
		if i < len(want) && (row.GetId() != want[i].ID || row.GetLevel() != want[i].Level || row.GetProfile() != want[i].Profile) {
			v.problemf("requirement %d is %s %s %s, and should be %s %s %s", i+1,
				row.GetId(), row.GetLevel(), row.GetProfile(), want[i].ID, want[i].Level, want[i].Profile)
		}
		v.cases(row)
	}
}

func (v *verifier) cases(row *tckv1.RequirementResult) {
	ids := make([]string, 0, len(row.GetCases()))
	for _, c := range row.GetCases() {
		ids = append(ids, c.GetId())
		if c.GetId() == "" || !slices.Contains(severity, c.GetVerdict()) {
			v.problemf("%s: case %q has the verdict %v, which no case has", row.GetId(), c.GetId(), c.GetVerdict())
		}
		if slices.Contains(foreign(row.GetLevel()), c.GetVerdict()) {
			v.problemf("%s: case %q has the verdict %v, which no %s gives", row.GetId(), c.GetId(), c.GetVerdict(), row.GetLevel())
		}
		if !evident(c) {
			v.problemf("%s: case %q has the verdict %v, and its evidence does not fit it", row.GetId(), c.GetId(), c.GetVerdict())
		}
	}
	if !ascending(ids) {
		v.problemf("%s: its cases are not in order, each once", row.GetId())
	}
	for _, c := range row.GetCases() {
		v.runs(row.GetId(), c)
	}
}

// runs holds the verdict on a repeated case against how often it failed.
func (v *verifier) runs(row string, c *tckv1.CaseResult) {
	runs, failed := c.GetRuns(), c.GetFailedRuns()
	fits := failed >= 0 && failed <= runs && runs != 1
	switch c.GetVerdict() {
	case tckv1.Verdict_VERDICT_PASS, tckv1.Verdict_VERDICT_STALE_KNOWN:
		fits = fits && failed == 0
	case tckv1.Verdict_VERDICT_FAIL:
		fits = fits && failed == runs
	case tckv1.Verdict_VERDICT_FLAKY:
		fits = fits && failed > 0 && failed < runs
	default:
	}
	if !fits {
		v.problemf("%s: case %q has the verdict %v, and failed in %d of %d runs", row, c.GetId(), c.GetVerdict(), failed, runs)
	}
}

// foreign are the verdicts that no case has for a requirement of this level.
func foreign(level string) []tckv1.Verdict {
	if level == requirement.Must {
		return []tckv1.Verdict{tckv1.Verdict_VERDICT_WARN}
	}
	return []tckv1.Verdict{tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_FLAKY, tckv1.Verdict_VERDICT_KNOWN_FAIL}
}

// derived derives everything again and compares.
func (v *verifier) derived() {
	want := proto.CloneOf(v.report)
	derive(want, v.specification)
	for i, row := range v.report.GetRequirements() {
		if derived := want.GetRequirements()[i]; row.GetVerdict() != derived.GetVerdict() {
			v.problemf("%s: the verdict is %v, and its cases give %v", row.GetId(), row.GetVerdict(), derived.GetVerdict())
		} else if row.GetReason() != derived.GetReason() {
			v.problemf("%s: the reason is %q, and should be %q", row.GetId(), row.GetReason(), derived.GetReason())
		}
	}
	if had, has := v.report.GetUnmeasuredProfiles(), want.GetUnmeasuredProfiles(); !slices.Equal(had, has) {
		v.problemf("the unmeasured profiles are %s, and should be %s", enumerate(had), enumerate(has))
	}
	got := v.report.GetProfiles()
	if len(got) != len(want.GetProfiles()) {
		v.problemf("there are counts for %d profiles, and %d are declared", len(got), len(want.GetProfiles()))
	}
	for i := range min(len(got), len(want.GetProfiles())) {
		if !proto.Equal(got[i], want.GetProfiles()[i]) {
			v.problemf("the counts are {%v}, and the requirements give {%v}", got[i], want.GetProfiles()[i])
		}
	}
	if v.report.GetResult() != want.GetResult() {
		v.problemf("the result is %v, and should be %v: %s", v.report.GetResult(), want.GetResult(), want.GetReason())
	} else if !endsIn(v.report.GetReason(), want.GetReason()) {
		v.problemf("the reason is %q, and should end in %q", v.report.GetReason(), want.GetReason())
	}
}

// endsIn reports whether the reason is the derived one, what ended the run
// before it or not (see New).
func endsIn(reason, derived string) bool {
	return reason == derived || strings.HasSuffix(reason, "; "+derived)
}

// ascending reports whether each element is greater than the one before it.
func ascending(list []string) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}
