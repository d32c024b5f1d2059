package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

// The JUnit format, as far as CI systems read it.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Name    string       `xml:"name,attr"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`

		spent time.Duration
	}
	junitCase struct {
		Name    string      `xml:"name,attr"`
		Class   string      `xml:"classname,attr"`
		Time    string      `xml:"time,attr"`
		Failure *junitFault `xml:"failure,omitempty"`
		Error   *junitFault `xml:"error,omitempty"`
		Skipped *junitFault `xml:"skipped,omitempty"`
		Output  string      `xml:"system-out,omitempty"`
	}
	junitFault struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML: one suite for each declared
// profile, one test for each case, and one for each requirement that no case
// measured, but for those that a narrowed run left out. A MUST that was not
// measured is an error, as it is in the result. A SHOULD that was not met, or
// has no case, is skipped with its message, for the format has no warning; so is
// what failed as listed.
func WriteJUnit(w io.Writer, r *tckv1.Report) error {
	document := junitSuites{Name: "tck " + r.GetSubject().GetRole() + " " + r.GetSubject().GetAttached()}
	for _, profile := range r.GetSubject().GetProfiles() {
		document.Suites = append(document.Suites, junitOf(profile, r))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOf(profile string, r *tckv1.Report) junitSuite {
	suite := junitSuite{Name: profile}
	for _, found := range gather(profile, r) {
		suite.add(profile, found.requirements, found.result)
	}
	for _, row := range r.GetRequirements() {
		leftOut := r.GetSelection() != nil && row.GetVerdict() == tckv1.Verdict_VERDICT_UNMEASURED
		if row.GetProfile() == profile && len(row.GetCases()) == 0 && !leftOut {
			suite.add(profile, nil, uncased(row))
		}
	}
	suite.Time = seconds(suite.spent)
	return suite
}

// uncased is a requirement without a case in the place of one. Only a MUST has
// to have one.
func uncased(row *tckv1.RequirementResult) *tckv1.CaseResult {
	c := &tckv1.CaseResult{Id: row.GetId(), Verdict: row.GetVerdict(), Reason: row.GetReason()}
	if row.GetLevel() != requirement.Must && c.GetVerdict() == tckv1.Verdict_VERDICT_UNMEASURED {
		c.Verdict = tckv1.Verdict_VERDICT_WARN
	}
	return c
}

// cited is a case with the requirements that it measures.
type cited struct {
	requirements []string
	result       *tckv1.CaseResult
}

// gather finds each case of a profile once, in order of the requirement that
// cites it first.
func gather(profile string, r *tckv1.Report) []*cited {
	var all []*cited
	for _, row := range r.GetRequirements() {
		if row.GetProfile() != profile {
			continue
		}
		for _, c := range row.GetCases() {
			at := slices.IndexFunc(all, func(known *cited) bool { return known.result.GetId() == c.GetId() })
			if at < 0 {
				all, at = append(all, &cited{result: c}), len(all)
			}
			all[at].requirements = append(all[at].requirements, row.GetId())
		}
	}
	return all
}

func (s *junitSuite) add(profile string, requirements []string, c *tckv1.CaseResult) {
	spent := time.Duration(c.GetMicros()) * time.Microsecond
	test := junitCase{Name: c.GetId(), Class: profile, Time: seconds(spent), Output: strings.Join(c.GetWire(), "\n")}
	if len(requirements) > 0 {
		test.Name = fmt.Sprintf("%s [%s]", c.GetId(), strings.Join(requirements, ", "))
	}
	fault := &junitFault{Message: strings.ReplaceAll(Message(c), "\n", "; "), Text: Message(c)}
	switch c.GetVerdict() {
	case tckv1.Verdict_VERDICT_PASS:
	case tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_FLAKY, tckv1.Verdict_VERDICT_STALE_KNOWN:
		test.Failure = fault
		s.Failures++
	case tckv1.Verdict_VERDICT_WARN, tckv1.Verdict_VERDICT_KNOWN_FAIL, tckv1.Verdict_VERDICT_EXCUSED:
		test.Skipped = fault
		s.Skipped++
	default:
		test.Error = fault
		s.Errors++
	}
	s.Tests++
	s.spent += spent
	s.Cases = append(s.Cases, test)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
