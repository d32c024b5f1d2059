package cases_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/requirement"
)

var rewrite = flag.Bool("rewrite", false, "bring the lines of planned.txt up to date, and lower its numbers")

// Each MUST and SHOULD has a case, or says why none can exist, or stands in the
// plan, which grows by nobody's accident.
func TestPlan(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "requirement", "planned.txt")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := requirement.ParsePlan(string(text))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if *rewrite {
		plan = plan.Renew(requirement.All(), cases.Function())
		if err := os.WriteFile(path, []byte(plan.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := plan.Check(requirement.All(), cases.Function()); err != nil {
		t.Error(err)
	}
	if want := plan.String(); !*rewrite && string(text) != want {
		t.Errorf("%s is not in its own form: -rewrite writes it anew", path)
	}
}
