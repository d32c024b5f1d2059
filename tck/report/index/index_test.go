package index_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report/index"
)

func published(version string, result tckv1.Result, reason string, profiles ...*tckv1.ProfileResult) *tckv1.Report {
	return &tckv1.Report{
		Specification: &tckv1.Specification{Protocol: "1.0", RequirementsDigest: "sha256:0123456789abcdef"},
		Kit:           &tckv1.Kit{Version: "0.1.0"},
		Subject:       &tckv1.Subject{Role: "function", Organization: "acme", Project: "sdk", Version: version},
		Result:        result, Reason: reason, Profiles: profiles,
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := string(index.Markdown(map[string]*tckv1.Report{
		"v1/acme-sdk/1.10.0.yaml": published("1.10.0", tckv1.Result_RESULT_CONFORMANT, "every MUST of core, value passed",
			&tckv1.ProfileResult{Profile: "core", Required: 3, Passed: 3}, &tckv1.ProfileResult{Profile: "value", Required: 2, Passed: 2}),
		"v1/acme-sdk/1.9.0.yaml": published("1.9.0", tckv1.Result_RESULT_NON_CONFORMANT, "failed: A-1",
			&tckv1.ProfileResult{Profile: "core", Required: 3, Passed: 2, Failed: 1}),
		"v1/acme-sdk/1.9.1.yaml": published("1.9.1", tckv1.Result_RESULT_INVALID, "nothing | ran\n<b>"),
	}))
	want := "\n" + `| subject | version | role | protocol | result | why | kit | requirements |
|---|---|---|---|---|---|---|---|
| [acme/sdk](v1/acme-sdk/README.md) | [1.9.0](v1/acme-sdk/1.9.0.yaml) | function | 1.0 | ✗ non-conformant | failed: A-1 | 0.1.0 | 0123456789ab |
| [acme/sdk](v1/acme-sdk/README.md) | [1.9.1](v1/acme-sdk/1.9.1.yaml) | function | 1.0 | ✗ invalid | nothing &#124; ran &#60;b&#62; | 0.1.0 | 0123456789ab |
| [acme/sdk](v1/acme-sdk/README.md) | [1.10.0](v1/acme-sdk/1.10.0.yaml) | function | 1.0 | ✓ conformant | every MUST of core, value passed | 0.1.0 | 0123456789ab |

## Profiles

How many of a profile's MUSTs passed, of how many; – is a profile that was not declared.

| subject | version | core | value |
|---|---|---|---|
| acme/sdk | 1.9.0 | ✗ 2/3 | – |
| acme/sdk | 1.9.1 | – | – |
| acme/sdk | 1.10.0 | ✓ 3/3 | ✓ 2/2 |
`
	if _, tables, _ := strings.Cut(got, "for browsers.\n"); tables != want {
		t.Error(cmp.Diff(want, tables))
	}
}

func TestMarkdownOfNothing(t *testing.T) {
	t.Parallel()
	if got := string(index.Markdown(nil)); !strings.HasSuffix(got, "There is none yet.\n") {
		t.Errorf("got %s", got)
	}
}

// A foreign text breaks neither the table nor the page.
func TestMarkdownEscapes(t *testing.T) {
	t.Parallel()
	hostile := "a|b`c`[d](javascript:e)<script>\n*f*\u202e" + strings.Repeat("é", 1000)
	got := string(index.Markdown(map[string]*tckv1.Report{
		"v1/x/1.yaml": published(hostile, tckv1.Result_RESULT_CONFORMANT, hostile, &tckv1.ProfileResult{Profile: hostile}),
	}))
	for _, part := range []string{"<script", "](javascript", "`c`", "*f*", "\u202e", strings.Repeat("é", 300)} {
		if strings.Contains(got, part) {
			t.Errorf("the page has %s", part)
		}
	}
	for line := range strings.Lines(got) {
		if cells := strings.Count(line, "|"); strings.HasPrefix(line, "|") && cells != 9 && cells != 4 {
			t.Errorf("%d columns in %s", cells-1, line)
		}
	}
}
