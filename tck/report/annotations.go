package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// shownAnnotations is how many annotations of one level GitHub shows of a step; the
// last of them says how many are left.
const shownAnnotations = 10

// WriteAnnotations writes what did not pass as GitHub's workflow commands: an error
// for what fails the run, a warning for a SHOULD that was not met or a failure that
// is known. They point at file, the report's own, when it is not empty. Of each level
// only as many are written as are shown.
func WriteAnnotations(w io.Writer, r *tckv1.Report, file string) error {
	a := annotator{file: file}
	if r.GetResult() != tckv1.Result_RESULT_CONFORMANT && r.GetResult() != tckv1.Result_RESULT_PARTIAL {
		a.errors = append(a.errors, a.annotation("error", "tck", r.GetReason()))
	}
	for _, c := range (&verifier{report: r}).casesCited() {
		a.add(c)
	}
	for _, level := range []struct {
		name  string
		lines []string
	}{{"error", a.errors}, {"warning", a.warnings}} {
		for _, line := range shorten(level.name, level.lines) {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return fmt.Errorf("report: %w", err)
			}
		}
	}
	return nil
}

// annotator gathers annotations by their level.
type annotator struct {
	file             string
	errors, warnings []string
}

func (a *annotator) add(c *cited) {
	title := strings.Join(c.requirements, ", ") + " " + c.result.GetId()
	switch c.result.GetVerdict() {
	case tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_FLAKY, tckv1.Verdict_VERDICT_STALE_KNOWN, tckv1.Verdict_VERDICT_KIT_ERROR:
		a.errors = append(a.errors, a.annotation("error", title, Message(c.result)))
	case tckv1.Verdict_VERDICT_WARN, tckv1.Verdict_VERDICT_KNOWN_FAIL:
		a.warnings = append(a.warnings, a.annotation("warning", title, Message(c.result)))
	default: // it passed; or is unmeasured, of which the result speaks
	}
}

func (a *annotator) annotation(level, title, message string) string {
	properties := "title=" + property(title)
	if a.file != "" {
		properties = "file=" + property(a.file) + "," + properties
	}
	return fmt.Sprintf("::%s %s::%s", level, properties, data(message))
}

// shorten keeps as many lines as are shown; the last then counts the rest.
func shorten(level string, lines []string) []string {
	if len(lines) <= shownAnnotations {
		return lines
	}
	kept := lines[:shownAnnotations-1]
	return append(slices.Clip(kept), fmt.Sprintf("::%s title=tck::and %d more; the report has them all", level, len(lines)-len(kept)))
}

// data escapes the text of a workflow command, and property the value of one of its
// properties.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(text))
}
