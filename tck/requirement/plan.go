package requirement

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/engine"
)

// Pair is the role of a subject that is a proxy and a function at once. No
// requirement binds it: it is where some of them show.
const Pair = "pair"

// planRoles are the roles of a plan, in its order.
var planRoles = []string{Function, Proxy, Pair}

//go:embed planned.txt
var planned string

// planHead explains the file to who opens it.
const planHead = `# Requirements that no case measures yet, each with the role of the subject that
# will show it: function, proxy, or pair (a proxy and a function at once). A MUST
# or SHOULD has a case, or says in the specification why none can show it, or
# stands here; a test in tck/cases checks that, and that no line is out of date.
#
# The numbers are how many lines each role may have. They only ever shrink on
# their own: "go test ./tck/cases -run TestPlan -rewrite" brings the lines up to
# date and lowers them. To raise one is a decision, made by hand.

`

// Plan lists the requirements that are to have a case and have none yet.
type Plan struct {
	// Allowed is how many lines each role may have.
	Allowed map[string]int
	// Lines are ordered by role, as function, proxy and pair, then by id.
	Lines []PlanLine
}

// PlanLine is one requirement without a case.
type PlanLine struct {
	// ID is the requirement's.
	ID string
	// Role is that of the subject that will show it: the one that the
	// requirement binds, or Pair.
	Role string
}

// Planned returns the plan that the kit was built with.
func Planned() Plan {
	plan, err := ParsePlan(planned)
	if err != nil {
		panic(fmt.Sprintf("planned.txt, which is part of this binary, is not valid: %v", err))
	}
	return plan
}

// ParsePlan reads a plan: first a line "ROLE: NUMBER" for each role, then its
// lines, each "ID ROLE". What follows # is a comment. The error names the first
// line that is neither.
func ParsePlan(text string) (Plan, error) {
	plan := Plan{Allowed: map[string]int{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var err error
		if plan, err = plan.with(words); err != nil {
			return Plan{}, fmt.Errorf("line %d: %w", number, err)
		}
	}
	for _, role := range planRoles {
		if _, ok := plan.Allowed[role]; !ok {
			return Plan{}, fmt.Errorf("it does not say how many lines %q may have", role)
		}
	}
	return plan, nil
}

// with returns the plan and one more line of its file.
func (p Plan) with(words []string) (Plan, error) {
	if len(words) != 2 {
		return p, fmt.Errorf("%q is neither a role and its number nor an id and its role", strings.Join(words, " "))
	}
	if role, isHead := strings.CutSuffix(words[0], ":"); isHead {
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 0 || !slices.Contains(planRoles, role) {
			return p, fmt.Errorf("%q is no number of lines of a role", strings.Join(words, " "))
		}
		p.Allowed[role] = n
		return p, nil
	}
	line := PlanLine{ID: words[0], Role: words[1]}
	if !slices.Contains(planRoles, line.Role) {
		return p, fmt.Errorf("%s: there is no role %q", line.ID, line.Role)
	}
	if n := len(p.Lines); n > 0 && comparePlanLines(p.Lines[n-1], line) >= 0 {
		return p, fmt.Errorf("%s stands after %s: lines are ordered by role and id, each once", line.ID, p.Lines[n-1].ID)
	}
	p.Lines = append(p.Lines, line)
	return p, nil
}

// String is the plan as ParsePlan reads it.
func (p Plan) String() string {
	var out strings.Builder
	out.WriteString(planHead)
	for _, role := range planRoles {
		fmt.Fprintf(&out, "%s: %d\n", role, p.Allowed[role])
	}
	role := ""
	for _, line := range p.Lines {
		if line.Role != role {
			role = line.Role
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "%-16s %s\n", line.ID, line.Role)
	}
	return out.String()
}

// Role returns the role that the plan gives a requirement, and whether it has it.
func (p Plan) Role(id string) (string, bool) {
	at := slices.IndexFunc(p.Lines, func(l PlanLine) bool { return l.ID == id })
	if at < 0 {
		return "", false
	}
	return p.Lines[at].Role, true
}

// Count returns how many lines a role has.
func (p Plan) Count(role string) int {
	n := 0
	for _, line := range p.Lines {
		if line.Role == role {
			n++
		}
	}
	return n
}

// Renew returns the plan with just the lines that the set and the cases need. A
// line that stays keeps its role. A number is lowered to what is left, and never
// raised.
func (p Plan) Renew(set Set, cases []engine.Case) Plan {
	fresh := Plan{Allowed: map[string]int{}}
	coverage := set.Cover(cases, p)
	for _, r := range slices.Concat(coverage.Planned, coverage.Missing) {
		line := PlanLine{ID: r.ID, Role: r.Role}
		if role, known := p.Role(r.ID); known && fits(role, r) {
			line.Role = role
		}
		fresh.Lines = append(fresh.Lines, line)
	}
	slices.SortFunc(fresh.Lines, comparePlanLines)
	for _, role := range planRoles {
		fresh.Allowed[role] = min(p.Allowed[role], fresh.Count(role))
	}
	return fresh
}

// Check returns an error for each requirement of the set that has neither a
// case, nor a reason, nor a line; for each line that should not be there; and
// for each role whose number of lines is not the one that the plan allows.
func (p Plan) Check(set Set, cases []engine.Case) error {
	var errs []error
	coverage := set.Cover(cases, p)
	for _, r := range coverage.Missing {
		errs = append(errs, fmt.Errorf("%s has neither a case, nor a reason why none can show it, nor a line in the plan: %s", r.ID, r.Text))
	}
	for _, line := range p.Lines {
		errs = append(errs, line.check(set, coverage))
	}
	for _, role := range planRoles {
		errs = append(errs, p.checkCount(role))
	}
	return errors.Join(errs...)
}

// check says why a line should not be there.
func (l PlanLine) check(set Set, coverage Coverage) error {
	r, known := set.Find(l.ID)
	switch {
	case !known:
		return fmt.Errorf("the plan has %s, and there is no such requirement", l.ID)
	case len(coverage.Cases[l.ID]) > 0:
		return fmt.Errorf("the plan has %s, and %s measures it by now: take the line out", l.ID, coverage.Cases[l.ID][0])
	case r.Untestable != "":
		return fmt.Errorf("the plan has %s, and the specification says that no case can show it", l.ID)
	case r.Level == May:
		return fmt.Errorf("the plan has %s, and a MAY needs no case", l.ID)
	case !fits(l.Role, r):
		return fmt.Errorf("the plan has %s for the %s, and it binds the %s", l.ID, l.Role, r.Role)
	default:
		return nil
	}
}

func (p Plan) checkCount(role string) error {
	switch n, allowed := p.Count(role), p.Allowed[role]; {
	case n > allowed:
		return fmt.Errorf("the plan has grown: for the role %s it has %d lines, and its head allows %d."+
			" Write the cases, or say in the specification why none can show it;"+
			" where a requirement really has to wait, raise the number in planned.txt by hand, for a reviewer to see",
			role, n, allowed)
	case n < allowed:
		return fmt.Errorf("for the role %s the plan has %d lines, and its head allows %d:"+
			" lower the number in planned.txt, so that what is won stays won", role, n, allowed)
	default:
		return nil
	}
}

// fits reports whether a subject of the role can show the requirement.
func fits(role string, r protocol.Requirement) bool { return role == r.Role || role == Pair }

func comparePlanLines(a, b PlanLine) int {
	if byRole := slices.Index(planRoles, a.Role) - slices.Index(planRoles, b.Role); byRole != 0 {
		return byRole
	}
	return strings.Compare(a.ID, b.ID)
}
