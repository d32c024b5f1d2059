package report_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// Whatever is changed in a report is found, and by more than its digest alone
// where the report contradicts itself.
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	good, err := report.Marshal(report.New(failing()))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ old, new, want string }{
		"a better result":          {"RESULT_NON_CONFORMANT", "RESULT_CONFORMANT", "the result is RESULT_CONFORMANT, and should be RESULT_NON_CONFORMANT"},
		"a better case":            {"verdict: VERDICT_UNMEASURED\n        micros", "verdict: VERDICT_PASS\n        micros", "A-1: the verdict is VERDICT_UNMEASURED, and its cases give VERDICT_PASS"},
		"a better requirement":     {"profile: beta\n    verdict: VERDICT_FAIL", "profile: beta\n    verdict: VERDICT_PASS", "B-1: the verdict is VERDICT_PASS, and its cases give VERDICT_FAIL"},
		"better counts":            {"failed: 2", "passed: 2", "the counts are"},
		"a case without its fault": {"verdict: VERDICT_FAIL\n        micros", "verdict: VERDICT_PASS\n        micros", "its evidence does not fit it"},
		"a fault without its text": {"reason: 'the line is dead: yes'", "reason: ''", "its evidence does not fit it"},
		"nothing expected":         {"expected: reply(1) \"AB\"", "expected: \"\"", "its evidence does not fit it"},
		"a pass to be repeated":    {"id: beta/one\n        verdict: VERDICT_PASS\n", "id: beta/one\n        verdict: VERDICT_PASS\n        repro: tck\n", "its evidence does not fit it"},
		"another repro":            {"--run beta/two", "--run beta/one", "it was changed"},
		"another reason":           {"reason: 'failed: B-1, B-2'", "reason: all is well", `should end in "failed: B-1, B-2"`},
		"profiles from hearsay":    {"profilesFrom: flag", "profilesFrom: hearsay", `subject.profilesFrom is "hearsay"`},
		"another level":            {"level: SHOULD", "level: MAY", "should be A-3 SHOULD alpha"},
		"another requirement":      {"id: C-1", "id: C-2", "should be C-1"},
		"a missing requirement":    {"  - id: C-1\n    level: MUST\n    profile: gamma\n    verdict: VERDICT_NOT_APPLICABLE\n", "", "there are 5 requirements, and the role has 6"},
		"another role":             {"role: function", "role: nobody", `the role is "nobody"`},
		"another set":              {"sha256:abc", "sha256:def", "this kit knows those of"},
		"another protocol":         {"protocol: \"1.0\"\n  requirementsDigest", "protocol: \"2.0\"\n  requirementsDigest", `the protocol is "2.0"`},
		"another schema":           {"schema: v1", "schema: v2", `the schema is "v2"`},
		"an excuse":                {"verdict: VERDICT_NOT_APPLICABLE", "verdict: VERDICT_EXCUSED", "C-1: the verdict is VERDICT_EXCUSED"},
		"another excuse":           {"nobody can see it", "nobody wants to see it", "A-2: the reason is"},
		"a case twice":             {"id: beta/one", "id: beta/two", "B-1: its cases are not in order"},
		"a verdict of no case":     {"verdict: VERDICT_WARN\n        micros", "verdict: VERDICT_NOT_APPLICABLE\n        micros", "which no case has"},
		"a verdict of no SHOULD":   {"verdict: VERDICT_WARN\n        micros", "verdict: VERDICT_FLAKY\n        micros", "which no SHOULD gives"},
		"a flaky case of one run":  {"verdict: VERDICT_FAIL\n        micros", "verdict: VERDICT_FLAKY\n        micros", "failed in 0 of 0 runs"},
		"an excuse from no list":   {"verdict: VERDICT_FAIL\n        micros", "verdict: VERDICT_KNOWN_FAIL\n        micros", "does not fit the list of known failures"},
		"a profile twice":          {"    - alpha\n    - beta\n  profilesFrom", "    - alpha\n    - alpha\n  profilesFrom", "subject.profiles is not in order"},
		"no version":               {"version: 0.1.0", "version: \"\"", "kit.version is missing"},
		"another name":             {"organization: acme", "organization: apex", "it was changed"},
		"another message":          {"the other letter", "another letter", "it was changed"},
		"a field of its own":       {"schema: v1", "schema: v1\nmood: good", "no report"},
		"a field twice":            {"schema: v1", "schema: v1\nschema: v1", "no YAML"},
		"no YAML":                  {"schema: v1", "\tschema: v1", "no YAML"},
		"a selection afterwards":   {"requirements:\n", "selection:\n  level: MUST\nrequirements:\n", "it was changed"},
	} {
		changed := strings.Replace(string(good), test.old, test.new, 1)
		if changed == string(good) {
			t.Errorf("%s: the report does not hold %q", name, test.old)
		}
		problems := report.Verify([]byte(changed), specification())
		if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, test.want) }) {
			t.Errorf("%s: got %q, want one with %q", name, problems, test.want)
		}
	}
}

// Whoever changes a verdict can compute the digest anew. A MUST that was made a
// warning is found all the same, and so is a SHOULD that was made a failure.
func TestVerifyFindsVerdictsOfAnotherLevel(t *testing.T) {
	t.Parallel()
	run := whole()
	run.Results[1] = result("alpha/one", warn, "A-1")
	run.Results[2] = result("alpha/should", fail, "A-3")
	r := report.New(run)
	if r.GetResult() == tckv1.Result_RESULT_CONFORMANT || r.GetProfiles()[0].GetRequired() != 1 {
		t.Errorf("the result is %v, and the counts are %v", r.GetResult(), r.GetProfiles()[0])
	}
	text, err := report.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`A-1: case "alpha/one" has the verdict VERDICT_WARN, which no MUST gives`,
		`A-3: case "alpha/should" has the verdict VERDICT_FAIL, which no SHOULD gives`,
	}
	if diff := cmp.Diff(want, report.Verify(text, specification())); diff != "" {
		t.Error(diff)
	}
}

func TestVerifyRefusesALargeFile(t *testing.T) {
	t.Parallel()
	problems := report.Verify(make([]byte, 17<<20), specification())
	if len(problems) != 1 || !strings.Contains(problems[0], "more than") {
		t.Errorf("got %q", problems)
	}
}

// TestDigest pins the canonical form: other tools compute it too.
func TestDigest(t *testing.T) {
	t.Parallel()
	const want = "sha256:f0973406a036808bd5d900fbc98e55847690c6d732647b7036ca1054d10f443a"
	if got := report.New(whole()).GetDigest(); got != want {
		t.Errorf("got %s, want %s: the canonical form has changed, and with it every published digest", got, want)
	}
}

// The decoder of foreign reports neither panics nor lets anything through that
// it cannot write back.
func FuzzVerify(f *testing.F) {
	for _, run := range []report.Run{whole(), failing()} {
		text, err := report.Marshal(report.New(run))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, seed := range []string{"", "{}", "a: &a [*a]", "schema: \"\\ud800\"", "requirements: [null]", "digest: 1", "result: 99", "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		problems := report.Verify(data, specification())
		if len(problems) > 0 {
			return
		}
		r, err := report.Unmarshal(data)
		if err != nil {
			t.Fatalf("verified, and cannot be read: %v", err)
		}
		text, err := report.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if problems := report.Verify(text, specification()); len(problems) > 0 {
			t.Errorf("verified, and written back it does not: %q", problems)
		}
	})
}
