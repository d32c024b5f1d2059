package proxy_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// planFile lists the requirements that the proxy does not keep yet.
const planFile = "planned.txt"

var rewrite = flag.Bool("rewrite", false, "bring planned.txt up to date: what a test names leaves, and what none names joins")

// planHead explains the file to who opens it.
const planHead = `# MUSTs of a proxy, in the profiles that this one declares, that it does not keep
# yet, or keeps without a test that would show it broken. Each other one is named by
# a test below this directory, or has its reason in requirements_test.go.
#
# The number is how many lines there may be. It only ever shrinks on its own:
# "go test ./proxy -run TestPlan -rewrite" brings the lines up to date and lowers it.
# To raise it is a decision, made by hand.

`

// plan is what planned.txt says.
type plan struct {
	allowed int
	ids     []string // in order, each once
}

// parsePlan reads a plan: a line "planned: NUMBER", then one id in each line. What
// follows # is a comment.
func parsePlan(text string) (plan, error) {
	p := plan{allowed: -1}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		number, isHead := strings.CutPrefix(line, "planned: ")
		switch {
		case line == "":
		case isHead:
			n, err := strconv.Atoi(number)
			if err != nil || n < 0 {
				return plan{}, fmt.Errorf("%q is no number of lines", number)
			}
			p.allowed = n
		case requirementID.FindString(line) != line:
			return plan{}, fmt.Errorf("%q is no id", line)
		case len(p.ids) > 0 && p.ids[len(p.ids)-1] >= line:
			return plan{}, fmt.Errorf("%s stands after %s: lines are in order, each once", line, p.ids[len(p.ids)-1])
		default:
			p.ids = append(p.ids, line)
		}
	}
	if p.allowed < 0 {
		return plan{}, errors.New("it does not say how many lines there may be")
	}
	return p, nil
}

// String is the plan as parsePlan reads it.
func (p plan) String() string {
	return fmt.Sprintf("%splanned: %d\n\n%s\n", planHead, p.allowed, strings.Join(p.ids, "\n"))
}

// renew returns the plan with just the lines that are needed. Its number is lowered
// to what is left, and never raised.
func (p plan) renew(needed []string) plan {
	return plan{allowed: min(p.allowed, len(needed)), ids: slices.Sorted(slices.Values(needed))}
}

// check says why the plan is not the one of which just these lines are needed.
func (p plan) check(needed []string) error {
	var errs []error
	for _, id := range needed {
		if !slices.Contains(p.ids, id) {
			errs = append(errs, fmt.Errorf("%s: no test names it, and it is not planned", id))
		}
	}
	for _, id := range p.ids {
		if !slices.Contains(needed, id) {
			errs = append(errs, fmt.Errorf("%s is planned, and is no MUST of the proxy that still waits for a test: take the line out", id))
		}
	}
	switch n := len(p.ids); {
	case n > p.allowed:
		errs = append(errs, fmt.Errorf("the plan has grown: it has %d lines, and its head allows %d. Keep the requirements;"+
			" where one really has to wait, raise the number by hand, for a reviewer to see", n, p.allowed))
	case n < p.allowed:
		errs = append(errs, fmt.Errorf("the plan has %d lines, and its head allows %d: lower the number, so that what is won stays won", n, p.allowed))
	}
	return errors.Join(errs...)
}

// TestPlan holds planned.txt against what no test names.
func TestPlan(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(planFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := parsePlan(string(text))
	if err != nil {
		t.Fatalf("%s: %v", planFile, err)
	}
	needed := uncited(t)
	if *rewrite {
		p = p.renew(needed)
		if err := os.WriteFile(planFile, []byte(p.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.check(needed); err != nil {
		t.Error(err)
	}
}

func TestPlanFinds(t *testing.T) {
	t.Parallel()
	needed := []string{"CORE-A-001", "ES-B-002"}
	for text, want := range map[string]string{
		"planned: 2\nCORE-A-001 # why\n\nES-B-002":       "",
		"planned: 1\nCORE-A-001":                         "ES-B-002: no test names it",
		"planned: 3\nCORE-A-001\nES-B-002\nES-C-003":     "ES-C-003 is planned",
		"planned: 1\nCORE-A-001\nES-B-002":               "the plan has grown",
		"planned: 3\nCORE-A-001\nES-B-002":               "lower the number",
		"CORE-A-001\nES-B-002":                           "how many lines",
		"planned: many\nCORE-A-001\nES-B-002":            "no number",
		"planned: -1\nCORE-A-001\nES-B-002":              "no number",
		"planned: 2\nES-B-002\nCORE-A-001":               "lines are in order",
		"planned: 2\nES-B-002 # and\nES-B-002\nES-C-003": "each once",
		"planned: 2\nCORE-A-001 later\nES-B-002":         "is no id",
	} {
		p, err := parsePlan(text)
		if err == nil {
			err = p.check(needed)
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What -rewrite does: it follows the tests, and never raises the number.
func TestPlanRenewed(t *testing.T) {
	t.Parallel()
	old := plan{allowed: 2, ids: []string{"CORE-A-001", "ES-B-002"}}
	if shrunk := old.renew([]string{"ES-B-002"}); shrunk.allowed != 1 || shrunk.check([]string{"ES-B-002"}) != nil {
		t.Errorf("shrunk to %v", shrunk)
	}
	needed := []string{"ES-C-003", "ES-B-002", "CORE-A-001"}
	grown := old.renew(needed)
	if err := grown.check(needed); grown.allowed != 2 || err == nil || !strings.Contains(err.Error(), "has grown") {
		t.Errorf("grown to %v, and %v", grown, err)
	}
	if again, err := parsePlan(grown.String()); err != nil || !slices.Equal(again.ids, grown.ids) || again.allowed != 2 {
		t.Errorf("it reads what it wrote as %v, %v", again, err)
	}
}
