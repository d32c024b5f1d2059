package index_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report/index"
)

// pages is where the pages are left for the browser of `make checkreport`.
var pages = flag.String("pages", "", "keep the pages in this `DIR`")

// many are subjects of every sort, more than fit beside each other.
func many() map[string]*tckv1.Report {
	all := map[string]*tckv1.Report{}
	for i := range 12 {
		version := fmt.Sprintf("1.%d.0", i)
		r := published(version, tckv1.Result_RESULT_CONFORMANT, "every MUST of core, value passed",
			&tckv1.ProfileResult{Profile: "core", Required: 28, Passed: 28}, &tckv1.ProfileResult{Profile: "value", Required: 2, Passed: 2})
		switch i {
		case 3:
			r.Result, r.Reason = tckv1.Result_RESULT_NON_CONFORMANT, "failed: A-1"
			r.Profiles[0].Passed, r.Profiles[0].Failed = 27, 1
			r.Requirements = []*tckv1.RequirementResult{
				{Id: "A-1", Level: "MUST", Profile: "core", Verdict: tckv1.Verdict_VERDICT_FAIL},
				{Id: "A-2", Level: "MUST", Profile: "core", Verdict: tckv1.Verdict_VERDICT_PASS},
				{Id: "A-3", Level: "SHOULD", Profile: "core", Verdict: tckv1.Verdict_VERDICT_WARN},
				{Id: "A-4", Level: "MUST", Profile: "value", Verdict: tckv1.Verdict_VERDICT_UNMEASURED},
			}
		case 5:
			r.Result, r.Reason = tckv1.Result_RESULT_PARTIAL, "only known failures: A-1"
			r.Profiles = r.GetProfiles()[:1]
			r.Profiles[0].Passed, r.Profiles[0].KnownFailed = 27, 1
		}
		all["v1/acme-sdk/"+version+".yaml"] = r
	}
	return all
}

// hostile is what a subject may say to break the page.
const hostile = "</script></style><script>document.title='broken'</script><img src=https://acme.example/x>\u202eabc"

func html(t *testing.T, name string, reports map[string]*tckv1.Report) string {
	t.Helper()
	text, err := index.HTML(reports)
	if err != nil {
		t.Fatal(err)
	}
	if *pages != "" {
		if err := os.WriteFile(filepath.Join(*pages, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return string(text)
}

func TestHTML(t *testing.T) {
	t.Parallel()
	got := html(t, "matrix.html", many())
	for _, part := range []string{
		"10 of 12 conformant", `<a href="v1/acme-sdk/README.md">`, `✗ non-conformant</span>`,
		`<a href="v1/acme-sdk/1.3.0.yaml">✗ failed <b>27/28</b></a>`, "<ul><li>A-1</li></ul>",
		`<a href="v1/acme-sdk/1.5.0.yaml">~ known failures <b>27/28</b></a>`, `<span class="what">– not declared</span>`,
		`<a href="v1/acme-sdk/1.11.0.yaml">✓ passed <b>28/28</b></a>`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if strings.Contains(got, "A-4") {
		t.Error("a profile that passed names what was not measured of it")
	}
	if before, after := strings.Index(got, "1.9.0.yaml"), strings.Index(got, "1.10.0.yaml"); before > after {
		t.Error("1.10.0 stands before 1.9.0")
	}
	if again := html(t, "matrix.html", many()); again != got {
		t.Error("the same reports give another page")
	}
}

func TestHTMLOfNothing(t *testing.T) {
	t.Parallel()
	if got := html(t, "nothing.html", nil); !strings.Contains(got, "There is none yet.") || strings.Contains(got, "<table") {
		t.Errorf("got %s", got)
	}
}

// A cell names a bounded number of requirements.
func TestHTMLBoundsWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := published("1.0.0", tckv1.Result_RESULT_NON_CONFORMANT, "", &tckv1.ProfileResult{Profile: "core", Required: 100})
	for i := range 100 {
		r.Requirements = append(r.Requirements, &tckv1.RequirementResult{
			Id: fmt.Sprintf("A-%03d", i), Level: "MUST", Profile: "core", Verdict: tckv1.Verdict_VERDICT_FAIL,
		})
	}
	got := html(t, "long.html", map[string]*tckv1.Report{"v1/acme-sdk/1.yaml": r})
	if !strings.Contains(got, "<li>A-029</li><li>and 70 more</li>") || strings.Contains(got, "A-030") {
		t.Errorf("got %s", got)
	}
}

// A foreign text stays text.
func TestHTMLEscapes(t *testing.T) {
	t.Parallel()
	r := published(hostile, tckv1.Result_RESULT_NON_CONFORMANT, hostile+strings.Repeat("x", 1<<16), &tckv1.ProfileResult{Profile: hostile, Required: 1})
	r.Subject.Project, r.Subject.Role, r.Specification.Protocol = hostile, hostile, hostile
	r.Subject.ServiceInfo = &tckv1.ServiceInfo{ServiceRuntime: hostile}
	r.Requirements = []*tckv1.RequirementResult{{Id: hostile, Level: "MUST", Profile: hostile, Verdict: tckv1.Verdict_VERDICT_FAIL}}
	got := html(t, "hostile-matrix.html", map[string]*tckv1.Report{"javascript:alert(1)/" + hostile + "/1.yaml": r})
	for _, part := range []string{"<script>document", "<img", "\u202e", `href="javascript:`, strings.Repeat("x", 300)} {
		if strings.Contains(got, part) {
			t.Errorf("the page has %.80s", part)
		}
	}
	if !strings.Contains(got, "&lt;script&gt;") {
		t.Error("the page lacks the text")
	}
}
