package cases_test

import (
	"testing"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/requirement"
)

// A case that cites an unknown sentence, or one of another level or profile,
// would be counted nowhere.
func TestEachCaseFitsTheSpecification(t *testing.T) {
	t.Parallel()
	if err := requirement.All().Check(cases.Function()); err != nil {
		t.Error(err)
	}
}

func TestEachCaseBindsTheFunction(t *testing.T) {
	t.Parallel()
	all := requirement.All()
	for _, c := range cases.Function() {
		for _, id := range c.Requirements {
			if r, _ := all.Find(id); r.Role != requirement.Function {
				t.Errorf("%s cites %s, which binds the %s", c.ID, id, r.Role)
			}
		}
	}
}

// A reader of `tck explain` sees each line of a script.
func TestEachStepDescribesItself(t *testing.T) {
	t.Parallel()
	for _, c := range cases.Function() {
		for i, step := range c.Script {
			if step.Describe() == "" {
				t.Errorf("%s: step %d has no description", c.ID, i+1)
			}
		}
	}
}
