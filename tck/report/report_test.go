package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/stateward/stateward/protocol"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/requirement"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

const (
	pass       = tckv1.Verdict_VERDICT_PASS
	fail       = tckv1.Verdict_VERDICT_FAIL
	warn       = tckv1.Verdict_VERDICT_WARN
	unmeasured = tckv1.Verdict_VERDICT_UNMEASURED
	kitError   = tckv1.Verdict_VERDICT_KIT_ERROR
)

// specification has one requirement of each sort.
func specification() report.Specification {
	function := func(id, level, profile, untestable string) protocol.Requirement {
		return protocol.Requirement{ID: id, Role: "function", Level: level, Profile: profile, Untestable: untestable}
	}
	return report.Specification{Protocol: "1.0", Digest: "sha256:abc", Requirements: []protocol.Requirement{
		function("A-1", "MUST", "alpha", ""),
		function("A-2", "MUST", "alpha", "nobody can see it"),
		function("A-3", "SHOULD", "alpha", ""),
		function("B-1", "MUST", "beta", ""),
		function("B-2", "MUST", "beta", ""),
		{ID: "B-3", Role: "proxy", Level: "MUST", Profile: "beta"},
		function("C-1", "MUST", "gamma", ""),
	}}
}

func result(id string, verdict tckv1.Verdict, requirements ...string) engine.Result {
	r := engine.Result{Case: engine.Case{ID: id, Requirements: requirements}, Verdict: verdict, Time: 1500 * time.Microsecond}
	switch verdict {
	case fail, warn:
		r.Expected, r.Actual, r.Likely = `reply(1) "AB"`, "reply(1) \"<\xff>\"", "the other letter"
		r.Wire = []string{"→init{}", "→command 1", `←reply 1 "<>"`}
	case unmeasured, kitError:
		r.Reason = "the line is dead: yes"
	default:
	}
	return r
}

// whole is a run in which everything passed.
func whole() report.Run {
	return report.Run{
		Specification: specification(),
		Kit:           &tckv1.Kit{Version: "0.1.0", Commit: "0123456", Seed: 7},
		Environment:   &tckv1.Environment{Platform: "linux/amd64", Go: "go1.26"},
		Subject: &tckv1.Subject{
			Role: "function", Organization: "acme", Project: "sdk", Version: "1.2", Url: "https://acme.example/sdk",
			Attached: "cmd:./sdk --name 'a b'", Profiles: []string{"alpha", "beta"}, ProfilesFrom: "flag",
			DiscoveredProfiles: []string{"alpha", "beta"},
			ServiceInfo:        &tckv1.ServiceInfo{ServiceName: "model", ServiceVersion: "1.0", Protocol: "1.0"},
		},
		Results: []engine.Result{
			result("beta/two", pass, "B-1", "B-2"),
			result("alpha/one", pass, "A-1"),
			result("alpha/should", pass, "A-3"),
			result("beta/one", pass, "B-1"),
		},
		Repro: func(r engine.Result) string { return "tck function cmd:./sdk --run " + r.Case.ID },
	}
}

// failing is the same run with one verdict of each kind.
func failing() report.Run {
	run := whole()
	run.Results[0] = result("beta/two", fail, "B-1", "B-2")
	run.Results[1] = result("alpha/one", unmeasured, "A-1")
	run.Results[2] = result("alpha/should", warn, "A-3")
	return run
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]report.Run{"conformant": whole(), "failing": failing()} {
		r := report.New(run)
		text, err := report.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".yaml", text)
		if problems := report.Verify(text, specification()); len(problems) > 0 {
			t.Errorf("%s: the kit's own report does not verify: %q", name, problems)
		}
		var junit bytes.Buffer
		if err := report.WriteJUnit(&junit, r); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".xml", junit.Bytes())
	}
}

// A text stays a text for readers of YAML 1.1 too, this kit among them.
func TestNamesThatYAMLTakesForSomethingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"yes", "No", "on", "OFF", "y", "=", "<<", "1:20", "-12:30:45.5", "~", "null", "1.0", "0x1f", "1_000", "2026-01-02", "{a}", "# a", "a: b", " a "} {
		run := whole()
		run.Subject.Project = name
		text, err := report.Marshal(report.New(run))
		if err != nil {
			t.Fatal(err)
		}
		if problems := report.Verify(text, specification()); len(problems) > 0 {
			t.Errorf("%q: the kit's own report does not verify: %q", name, problems)
		}
		if !bytes.Contains(text, []byte(`project: "`+name+`"`)) && !bytes.Contains(text, []byte(`project: '`+name+`'`)) {
			t.Errorf("%q stands there without quotes", name)
		}
	}
}

// What does not keep a subject from conforming is no error for CI either.
func TestJUnitOfAConformantRunIsGreen(t *testing.T) {
	t.Parallel()
	run := whole()
	run.Results = slices.DeleteFunc(run.Results, func(r engine.Result) bool { return r.Case.ID == "alpha/should" })
	r := report.New(run)
	if r.GetResult() != tckv1.Result_RESULT_CONFORMANT {
		t.Fatalf("the result is %v because %s", r.GetResult(), r.GetReason())
	}
	var out bytes.Buffer
	if err := report.WriteJUnit(&out, r); err != nil {
		t.Fatal(err)
	}
	want := `<testsuite name="alpha" tests="3" failures="0" errors="0" skipped="2"`
	if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "<error") {
		t.Errorf("want %s in\n%s", want, &out)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got, -rewrite writes it anew):\n%s", name, diff)
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	narrowed := &tckv1.Selection{Run: []string{"B-*"}}
	// The kit has no case for C-1, and so cannot measure gamma whole.
	gammaPlanned := func(r *report.Run) {
		r.Specification.Plan.Lines = []requirement.PlanLine{{ID: "C-1", Role: "function"}}
		r.Subject.DiscoveredProfiles = []string{"alpha", "beta", "gamma"}
	}
	for name, test := range map[string]struct {
		change func(*report.Run)
		want   tckv1.Result
		reason string
	}{
		"whole": {func(*report.Run) {}, tckv1.Result_RESULT_CONFORMANT, "every MUST of alpha, beta passed"},
		"one failed": {
			func(r *report.Run) { r.Results[3] = result("beta/one", fail, "B-1") },
			tckv1.Result_RESULT_NON_CONFORMANT, "failed: B-1",
		},
		"one warned": {
			func(r *report.Run) { r.Results[2] = result("alpha/should", warn, "A-3") },
			tckv1.Result_RESULT_CONFORMANT, "every MUST",
		},
		"one left out": {
			func(r *report.Run) { r.Results = r.Results[1:] },
			tckv1.Result_RESULT_NON_CONFORMANT, "not measured: B-2",
		},
		"narrowed": {
			func(r *report.Run) { r.Results, r.Selection = r.Results[:1], narrowed },
			tckv1.Result_RESULT_PARTIAL, "the run was narrowed",
		},
		"narrowed, one failed": {
			func(r *report.Run) {
				r.Results, r.Selection = []engine.Result{result("beta/two", fail, "B-1", "B-2")}, narrowed
			},
			tckv1.Result_RESULT_NON_CONFORMANT, "failed: B-1, B-2",
		},
		"narrowed, died half-way": {
			func(r *report.Run) {
				r.Results = []engine.Result{result("beta/one", pass, "B-1"), result("beta/two", unmeasured, "B-2")}
				r.Selection = narrowed
			},
			tckv1.Result_RESULT_NON_CONFORMANT, "not measured: B-2",
		},
		"nothing ran": {
			func(r *report.Run) { r.Results, r.Trouble = nil, "it never became ready" },
			tckv1.Result_RESULT_INVALID, "it never became ready; nothing came to a verdict",
		},
		"all lost": {
			func(r *report.Run) { r.Results = []engine.Result{result("beta/two", unmeasured, "B-1", "B-2")} },
			tckv1.Result_RESULT_INVALID, "nothing came to a verdict",
		},
		"kit erred": {
			func(r *report.Run) { r.Results[2] = result("alpha/should", kitError, "A-3") },
			tckv1.Result_RESULT_INVALID, "the kit erred in A-3",
		},
		"declares more than it has": {
			func(r *report.Run) { r.Subject.DiscoveredProfiles = []string{"alpha"} },
			tckv1.Result_RESULT_NON_CONFORMANT, "declared is alpha, beta, and discovered is alpha",
		},
		"declares less than it has": {
			func(r *report.Run) { r.Subject.Profiles = []string{"alpha"} },
			tckv1.Result_RESULT_NON_CONFORMANT, "discovered is alpha, beta",
		},
		"shows what the kit does not measure": {
			gammaPlanned, tckv1.Result_RESULT_CONFORMANT, "every MUST of alpha, beta passed",
		},
		"shows what the kit does measure": {
			func(r *report.Run) { gammaPlanned(r); r.Specification.Plan.Lines = nil },
			tckv1.Result_RESULT_NON_CONFORMANT, "discovered is alpha, beta, gamma",
		},
		"declares what the kit does not measure": {
			func(r *report.Run) { gammaPlanned(r); r.Subject.Profiles = r.Subject.GetDiscoveredProfiles() },
			tckv1.Result_RESULT_NON_CONFORMANT, "not measured: C-1",
		},
		"a profile of nothing": {
			func(r *report.Run) { r.Subject.Profiles = []string{"alpha", "omega"} },
			tckv1.Result_RESULT_INVALID, "no requirement of omega can be run",
		},
	} {
		run := whole()
		test.change(&run)
		got := report.New(run)
		if got.GetResult() != test.want || !strings.Contains(got.GetReason(), test.reason) {
			t.Errorf("%s: got %v because %q, want %v because %q", name, got.GetResult(), got.GetReason(), test.want, test.reason)
		}
	}
}

// What the kit does not measure is named, and is not taken for what does not
// concern the subject.
func TestUnmeasuredProfilesAreNamed(t *testing.T) {
	t.Parallel()
	run := whole()
	run.Specification.Plan.Lines = []requirement.PlanLine{{ID: "C-1", Role: "function"}}
	run.Subject.DiscoveredProfiles = []string{"alpha", "beta", "gamma"}
	r := report.New(run)
	if diff := cmp.Diff([]string{"gamma"}, r.GetUnmeasuredProfiles()); diff != "" {
		t.Error(diff)
	}
	row := r.GetRequirements()[len(r.GetRequirements())-1]
	if row.GetId() != "C-1" || row.GetVerdict() != unmeasured || row.GetReason() != "this kit does not measure the profile gamma yet" {
		t.Errorf("got %v", row)
	}
	text, err := report.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if problems := report.Verify(text, run.Specification); len(problems) > 0 {
		t.Errorf("the kit's own report does not verify: %q", problems)
	}
	r.UnmeasuredProfiles = []string{"delta"}
	if text, err = report.Marshal(r); err != nil {
		t.Fatal(err)
	}
	if problems := strings.Join(report.Verify(text, run.Specification), "\n"); !strings.Contains(problems, "the unmeasured profiles are") {
		t.Errorf("another profile was put in, and is not found: %s", problems)
	}
}

// A function is held to what it shows, as far as the kit can.
func TestFunctionShowsItsKinds(t *testing.T) {
	t.Parallel()
	answer := &discoveryv1.DiscoverResponse{}
	for _, kind := range []string{
		"stateward.replicated.v1.ReplicatedEntityService", "stateward.value.v1.ValueEntityService", "acme.Unheard",
		"stateward.eventsourced.v1.EventSourcedService", "stateward.action.v1.ActionService", "stateward.value.v1.ValueEntityService",
	} {
		answer.Entities = append(answer.Entities, &discoveryv1.Entity{EntityType: kind})
	}
	answer.ServiceInfo = &discoveryv1.ServiceInfo{Capabilities: []discoveryv1.Capability{
		discoveryv1.Capability_CAPABILITY_TYPE_ALIASES, 0, 4711,
	}}
	subject := report.Function("cmd:./sdk", answer)
	shown := []string{"action", "capabilities", "core", "event-sourced", "forwarding", "replicated", "type-aliases", "value"}
	if diff := cmp.Diff(shown, subject.GetDiscoveredProfiles()); diff != "" {
		t.Error(diff)
	}
	want := slices.DeleteFunc(requirement.All().Measurable(requirement.Function, requirement.Planned()), func(profile string) bool {
		return !slices.Contains(shown, profile)
	})
	if diff := cmp.Diff(want, subject.GetProfiles()); diff != "" {
		t.Error(diff)
	}
}

// actions returns an answer that lists an action alone, and announces all that there is.
func actions() *discoveryv1.DiscoverResponse {
	return &discoveryv1.DiscoverResponse{
		Entities: []*discoveryv1.Entity{{EntityType: "stateward.action.v1.ActionService"}},
		ServiceInfo: &discoveryv1.ServiceInfo{Capabilities: []discoveryv1.Capability{
			discoveryv1.Capability_CAPABILITY_LIFECYCLE, discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE,
			discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM, discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
		}},
	}
}

// What only entities have, a function of actions alone does not show.
func TestActionsShowNothingOfEntities(t *testing.T) {
	t.Parallel()
	shown := []string{"action", "capabilities", "core", "durable-effects", "lifecycle"}
	if diff := cmp.Diff(shown, report.Shown(actions())); diff != "" {
		t.Error(diff)
	}
}

// It is excused from what only entities can show, and from nothing else.
func TestActionsAreExcusedFromEntities(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		profiles []string
		id       string
		want     tckv1.Verdict
	}{
		"about entities":                 {nil, "CORE-STREAM-002", tckv1.Verdict_VERDICT_EXCUSED},
		"about every function":           {nil, "DISC-CALL-001", unmeasured},
		"about actions too":              {nil, "CORE-LIMIT-001", unmeasured},
		"entities that were to be there": {[]string{"action", "core", "value"}, "CORE-STREAM-002", unmeasured},
	} {
		run := report.Run{Specification: report.Current(), Subject: report.Function("cmd:./sdk", actions())}
		if test.profiles != nil {
			report.Declare(run.Subject, test.profiles)
		}
		rows := report.New(run).GetRequirements()
		at := slices.IndexFunc(rows, func(row *tckv1.RequirementResult) bool { return row.GetId() == test.id })
		if got := rows[at].GetVerdict(); got != test.want {
			t.Errorf("%s: %s is %v", name, test.id, got)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	want := []*tckv1.ProfileResult{
		{Profile: "alpha", Required: 1, Warned: 1, Unmeasured: 1, Excused: 1},
		{Profile: "beta", Required: 2, Run: 2, Failed: 2},
	}
	got := report.New(failing()).GetProfiles()
	if diff := cmp.Diff(text(t, want), text(t, got)); diff != "" {
		t.Error(diff)
	}
}

func text(t *testing.T, rows []*tckv1.ProfileResult) []string {
	t.Helper()
	var lines []string
	for _, row := range rows {
		lines = append(lines, strings.Join(strings.Fields(protojson.Format(row)), " "))
	}
	return lines
}

// The verdicts that count are those of the requirements, so none may hide.
func TestEveryRequirementOfTheRoleHasARow(t *testing.T) {
	t.Parallel()
	var got []string
	for _, row := range report.New(failing()).GetRequirements() {
		got = append(got, row.GetId()+" "+row.GetVerdict().String())
	}
	want := []string{
		"A-1 VERDICT_UNMEASURED", "A-2 VERDICT_EXCUSED", "A-3 VERDICT_WARN",
		"B-1 VERDICT_FAIL", "B-2 VERDICT_FAIL", "C-1 VERDICT_NOT_APPLICABLE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestYAMLIsTheReport(t *testing.T) {
	t.Parallel()
	r := report.New(failing())
	text, err := report.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := report.Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(compact(t, r), compact(t, back)); diff != "" {
		t.Error(diff)
	}
}

func compact(t *testing.T, r *tckv1.Report) string {
	t.Helper()
	raw, err := protojson.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", " "); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
