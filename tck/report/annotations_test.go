package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

func annotations(t *testing.T, r *tckv1.Report, file string) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.WriteAnnotations(&out, r, file); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	want := `::error file=a%2Cb.yaml,title=tck::failed: B-1, B-2
::error file=a%2Cb.yaml,title=B-1%2C B-2 beta/two::expected: reply(1) "AB"%0Aactual: reply(1) "<` + "\uFFFD" + `>"%0Alikely: the other letter
::warning file=a%2Cb.yaml,title=A-3 alpha/should::expected: reply(1) "AB"%0Aactual: reply(1) "<` + "\uFFFD" + `>"%0Alikely: the other letter
`
	if diff := cmp.Diff(want, annotations(t, report.New(failing()), "a,b.yaml")); diff != "" {
		t.Error(diff)
	}
	if got := annotations(t, report.New(whole()), ""); got != "" {
		t.Errorf("a conformant run is annotated: %s", got)
	}
	stale := annotations(t, report.New(listing(false, "beta/two", "A-1")), "")
	for _, part := range []string{"::error title=A-1 alpha/one::A-1 is listed as failing", "::warning title=B-1%2C B-2 beta/two::known: it is being mended"} {
		if !strings.Contains(stale, part) {
			t.Errorf("%q is not in\n%s", part, stale)
		}
	}
}

// No more than are shown; the last counts the rest.
func TestManyAnnotations(t *testing.T) {
	t.Parallel()
	run := whole()
	for i := range 20 {
		run.Results = append(run.Results, result(fmt.Sprintf("beta/%02d", i), fail, "B-1"))
	}
	lines := strings.Split(strings.TrimSpace(annotations(t, report.New(run), "")), "\n")
	if len(lines) != 10 || lines[9] != "::error title=tck::and 12 more; the report has them all" {
		t.Errorf("got %d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}
