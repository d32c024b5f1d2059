package page_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stateward/stateward/protocol"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report/page"
	"github.com/stateward/stateward/tck/requirement"
)

// failing is a report with a failure, whose foreign texts are all the same.
func failing(text string) *tckv1.Report {
	missed := &tckv1.CaseResult{
		Id: "alpha/one", Verdict: tckv1.Verdict_VERDICT_FAIL, Micros: 1500, Runs: 3, FailedRuns: 3,
		Expected: `reply 2 "ABCDEF"`, Actual: `reply 2 "F" ` + text, Likely: text, Reason: text,
		Wire:  []string{"→init{}", "two →command 2 " + text, `←reply 2 "F" ` + text},
		Repro: "tck function " + text,
	}
	return &tckv1.Report{
		Schema: "v1", Result: tckv1.Result_RESULT_NON_CONFORMANT, Reason: text, Digest: text,
		Specification: &tckv1.Specification{Protocol: text, RequirementsDigest: "sha256:abc"},
		Kit:           &tckv1.Kit{Version: text, Commit: text, Seed: 7},
		Environment:   &tckv1.Environment{Platform: text, Go: text},
		Selection:     &tckv1.Selection{Run: []string{text}, Level: text},
		Subject: &tckv1.Subject{
			Role: text, Organization: text, Project: text, Version: text, Url: text, Attached: text, ImageDigest: text,
			Profiles: []string{text}, DiscoveredProfiles: []string{text, text},
			ServiceInfo: &tckv1.ServiceInfo{ServiceName: text, ServiceVersion: text, ServiceRuntime: text, SupportLibraryName: text, SupportLibraryVersion: text},
		},
		UnmeasuredProfiles: []string{text},
		KnownFailures:      []*tckv1.KnownFailure{{Id: text, Reason: text, Issue: text, Expires: text}},
		Profiles:           []*tckv1.ProfileResult{{Profile: text, Required: 2, Run: 2, Passed: 1, Failed: 1}},
		Requirements: []*tckv1.RequirementResult{
			{Id: "A-1", Level: "MUST", Profile: "alpha", Verdict: tckv1.Verdict_VERDICT_PASS, Cases: []*tckv1.CaseResult{
				{Id: text, Verdict: tckv1.Verdict_VERDICT_PASS},
			}},
			{Id: "A-2", Level: "MUST", Profile: "alpha", Verdict: tckv1.Verdict_VERDICT_FAIL, Cases: []*tckv1.CaseResult{missed}},
			{Id: text, Level: text, Profile: text, Verdict: tckv1.Verdict_VERDICT_EXCUSED, Reason: text},
		},
	}
}

func render(t *testing.T, r *tckv1.Report, config page.Config) string {
	t.Helper()
	config.Sentences = requirement.Set{
		{ID: "A-1", Text: "The function `answers`, as [the chapter](alpha.md#one) says.", Chapter: "alpha.md"},
		{ID: "A-2", Text: "It goes on.", Chapter: "alpha.md"},
	}
	var out bytes.Buffer
	if err := page.Write(&out, r, config); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the page does not have %s", part)
		}
	}
}

func lacks(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("the page has %s", part)
		}
	}
}

func TestPageShowsAFailure(t *testing.T) {
	t.Parallel()
	text := render(t, failing("plain"), page.Config{Digest: "sha256:abc", Docs: "../docs/"})
	wants(t, text,
		`<span class="result non-conformant">non-conformant</span>`,
		`aria-label="1 of 2 passed"`,
		`<rect class="pass" x="0" y="0" width="50" height="10"/><rect class="fail" x="50" y="0" width="50" height="10"/>`,
		"<blockquote>The function <code>answers</code>, as the chapter says.</blockquote>",
		`<a href="../docs/alpha.html#A-2">`,
		`reply 2 &#34;<del>ABCDEF&#34;</del>`,
		"did not hold in 3 of 3 runs",
		`<li class="received broken">`,
		`✗ expected reply 2 &#34;ABCDEF&#34;`,
		`<span class="part">two</span> <bdi>command 2 plain</bdi>`,
		"<code>tck function plain</code>",
	)
	if first := regexp.MustCompile(`<details id="([^"]*)" class="[^"]*"( open)?>`).FindStringSubmatch(text); first[1] != "A-2" || first[2] == "" {
		t.Errorf("the failure neither stands first nor open: %q", first)
	}
	lacks(t, text, "does not verify", "another set of requirements")
}

func TestPageSaysWhatIsWrongWithTheReport(t *testing.T) {
	t.Parallel()
	text := render(t, failing("plain"), page.Config{Digest: "sha256:def", Problems: []string{"the digest is <wrong>"}})
	wants(t, text, "does not verify", "the digest is &lt;wrong&gt;", "another set of requirements")
	lacks(t, text, "alpha.html")
}

// Whatever a subject or a report says stays text.
func TestPageEscapes(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{
		"<script>alert(1)</script>", "</title><script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "'--><svg onload=alert(1)>",
		"</style><script>alert(1)</script>", "javascript:alert(1)", "{{.}}", "`${alert(1)}`",
	} {
		text := render(t, failing(hostile), page.Config{Problems: []string{hostile}, Docs: hostile})
		lacks(t, text, "<script>alert", "<img", "<svg onload", `href="javascript:`)
		if scripts := strings.Count(text, "<script"); scripts != 1 {
			t.Errorf("%s: the page has %d scripts", hostile, scripts)
		}
	}
}

// No text changes the direction of another, and none hides a letter.
func TestPageShowsWhatCannotBeSeen(t *testing.T) {
	t.Parallel()
	text := render(t, failing("a\u202eb\u2066c\u200bd\x00e\U000e0041"), page.Config{})
	lacks(t, text, "\u202e", "\u2066", "\u200b", "\x00", "\U000e0041")
	wants(t, text, `a\u202eb\u2066c\u200bd\u0000e\U000e0041`)
	wants(t, render(t, failing("שלום"), page.Config{}), "<bdi>שלום</bdi>")
}

func TestPageCutsLongTexts(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	text := render(t, failing(strings.Repeat("é", size)), page.Config{})
	if len(text) > size {
		t.Errorf("a text of 1 MiB makes a page of %d B", len(text))
	}
	wants(t, text, "more characters)")
}

// Of a long wire the middle is left out, and never the frame that counts.
func TestPageCutsLongWires(t *testing.T) {
	t.Parallel()
	r := failing("x")
	missed := r.GetRequirements()[1].GetCases()[0]
	missed.Wire = nil
	for range 500 {
		missed.Wire = append(missed.Wire, "→event")
	}
	missed.Wire[250] = "←" + missed.GetActual()
	text := render(t, r, page.Config{})
	wants(t, text, "… 210 frames …", "… 209 frames …", `<li class="received broken">`)
	if shown := strings.Count(text, `<li class="sent">`); shown != 80 {
		t.Errorf("the page shows %d frames", shown)
	}
}

// Where nothing came, the diagram says so at its end.
func TestPageShowsSilence(t *testing.T) {
	t.Parallel()
	r := failing("x")
	missed := r.GetRequirements()[1].GetCases()[0]
	missed.Actual = "nothing within 3s"
	wants(t, render(t, r, page.Config{}), `<li class="missing broken"><span class="text"><bdi>nothing within 3s</bdi>`)
}

// The page loads nothing, and its policy would not let it.
func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	text := render(t, failing("https://acme.example/x.png"), page.Config{Docs: "../docs"})
	for _, found := range regexp.MustCompile(`\b(src|href|action|data)=("[^"]*"|[^\s>]+)`).FindAllString(text, -1) {
		if !regexp.MustCompile(`^href="(#|data:,"|\.\./docs/)`).MatchString(found) {
			t.Errorf("the page has %s", found)
		}
	}
	wants(t, text, "default-src &#39;none&#39;")
	lacks(t, text, "@import", "url(", " style=", " onclick")
}

// Every requirement of the specification has a sentence that the page can show.
func TestPageShowsTheSpecification(t *testing.T) {
	t.Parallel()
	r := failing("x")
	r.Requirements = nil
	all := requirement.All()
	for _, q := range all {
		r.Requirements = append(r.Requirements, &tckv1.RequirementResult{Id: q.ID, Level: q.Level, Profile: q.Profile})
	}
	var out bytes.Buffer
	if err := page.Write(&out, r, page.Config{Sentences: all, Digest: protocol.Digest()}); err != nil {
		t.Fatal(err)
	}
	if sentences := strings.Count(out.String(), "<blockquote>"); sentences != len(all) {
		t.Errorf("the page has %d sentences of %d", sentences, len(all))
	}
	lacks(t, out.String(), "](")
}
