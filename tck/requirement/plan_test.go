package requirement_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/requirement"
)

const plan = `
function: 1 # of which one is a SHOULD
proxy: 0
pair: 1

ES-B-001 function

ES-A-001 pair
`

func parsed(t *testing.T, text string) requirement.Plan {
	t.Helper()
	p, err := requirement.ParsePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var measured = []engine.Case{{ID: "a", Requirements: []string{"CORE-A-001"}}}

func TestPlanHolds(t *testing.T) {
	t.Parallel()
	p := parsed(t, plan)
	if err := p.Check(set, measured); err != nil {
		t.Error(err)
	}
	if again := parsed(t, p.String()); !cmp.Equal(again, p) {
		t.Errorf("it reads what it wrote as %v", again)
	}
}

func TestPlanFinds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, with, want string }{
		"a line left out":   {"ES-B-001 function", "", "ES-B-001 has neither a case, nor a reason why none can show it, nor a line in the plan"},
		"a line too many":   {"ES-B-001 function", "ES-B-001 function\nES-Z-001 function", "there is no such requirement"},
		"a case by now":     {"ES-B-001 function", "CORE-A-001 function\nES-B-001 function", "a measures it by now"},
		"excused":           {"ES-B-001 function", "CORE-A-002 function\nES-B-001 function", "no case can show it"},
		"a MAY":             {"ES-B-001 function", "ES-B-001 function\nES-B-002 function", "a MAY needs no case"},
		"another role":      {"ES-B-001 function", "ES-B-001 proxy", "for the proxy, and it binds the function"},
		"growth":            {"function: 1", "function: 0", "the plan has grown: for the role function it has 1 lines, and its head allows 0"},
		"a number too high": {"pair: 1", "pair: 2", "lower the number"},
	} {
		err := parsed(t, strings.Replace(plan, test.old, test.with, 1)).Check(set, measured)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	for old, with := range map[string]string{
		"proxy: 0":          "",
		"proxy: 0 ":         "proxy: none",
		"proxy: 0  ":        "proxy: -1",
		"proxy: 0   ":       "client: 0",
		"ES-A-001 pair":     "ES-A-001",
		"ES-A-001 pair ":    "ES-A-001 client",
		"ES-A-001 pair  ":   "ES-A-001 function",
		"ES-B-001 function": "ES-B-001 function\nES-B-001 function",
	} {
		text := strings.Replace(plan, strings.TrimSpace(old), with, 1)
		if p, err := requirement.ParsePlan(text); err == nil {
			t.Errorf("%q was read as %v", with, p)
		}
	}
}

// What -rewrite does: it follows the cases, and never raises a number.
func TestRenew(t *testing.T) {
	t.Parallel()
	old := parsed(t, strings.Replace(plan, "ES-B-001 function", "CORE-A-001 function", 1))
	got := old.Renew(set, measured)
	if want := parsed(t, plan); !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	grown := got.Renew(set, nil)
	if _, listed := grown.Role("CORE-A-001"); !listed || grown.Allowed[requirement.Function] != 1 {
		t.Errorf("without its case CORE-A-001 gives %v", grown)
	}
	if err := grown.Check(set, nil); err == nil || !strings.Contains(err.Error(), "has grown") {
		t.Errorf("the growth was not seen: %v", err)
	}
	shrunk := got.Renew(set, append(slices.Clone(measured), engine.Case{ID: "b", Requirements: []string{"ES-A-001"}}))
	if shrunk.Allowed[requirement.Pair] != 0 || shrunk.Count(requirement.Pair) != 0 {
		t.Errorf("the number is not lowered: %v", shrunk)
	}
}

func TestMeasurable(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"core"}, set.Measurable(requirement.Function, requirement.Plan{})); diff != "" {
		t.Error(diff)
	}
	short := requirement.Plan{Lines: []requirement.PlanLine{{ID: "CORE-A-001", Role: requirement.Pair}}}
	if got := set.Measurable(requirement.Function, short); got != nil {
		t.Errorf("with a MUST that is only planned it measures %v", got)
	}
}

func TestPlannedIsRead(t *testing.T) {
	t.Parallel()
	all := requirement.All()
	for _, line := range requirement.Planned().Lines {
		if _, known := all.Find(line.ID); !known {
			t.Errorf("%s is planned and unknown", line.ID)
		}
	}
	if got := all.Measurable(requirement.Function, requirement.Planned()); !slices.Contains(got, "event-sourced") || !slices.Contains(got, "core") {
		t.Errorf("the kit measures %v alone", got)
	}
}
