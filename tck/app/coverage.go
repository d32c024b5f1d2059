package app

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/requirement"
)

func coverageCommand(io streams) *cobra.Command {
	var part requirement.Query
	command := &cobra.Command{
		Use:   "coverage",
		Short: "Show which requirements have cases, and why others have none",
		Long: `Shows each requirement with its cases; or with the reason why no case can show
it; or with the role of the subject that will show it, once there is a case.
Below stand the numbers for each role and profile; a MAY binds nobody, and counts
only where it has a case. A profile is measured whole,
and can be declared, when none of its MUSTs is only planned. A requirement that
has none of the three is an error of the kit, and the exit code is 1.`,
		Example: `  tck coverage --role function
  tck coverage --profile core,event-sourced`,
		Args: exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			set := requirement.All().Select(part)
			if len(set) == 0 {
				return usage("nothing selected: no requirement is of this role and these profiles")
			}
			return coverage(io.out, set, requirement.Planned())
		},
	}
	command.Flags().StringVar(&part.Role, "role", "", "only requirements of this `ROLE`: function or proxy")
	command.Flags().StringSliceVar(&part.Profiles, "profile", nil, "only requirements of these `PROFILES`")
	return command
}

func coverage(out io.Writer, set requirement.Set, plan requirement.Plan) error {
	found := set.Cover(cases.Function(), plan)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range set {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Role, r.Level, r.Profile, how(r, found, plan))
	}
	fmt.Fprintf(table, "\nrole\tprofile\tcovered\tuntestable\tplanned\tmissing\n")
	for _, part := range parts(set) {
		count := func(of requirement.Set) int { return len(of.Select(part)) }
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\n", part.Role, part.Profiles[0],
			count(found.Measured), count(found.Excused), count(found.Planned), count(found.Missing))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	fmt.Fprintf(out, "\nmeasured whole, for functions: %s\n",
		strings.Join(set.Measurable(requirement.Function, plan), ", "))
	if len(found.Missing) > 0 {
		return &exit{code: ExitFailed, err: fmt.Errorf("%s has neither a case, nor a reason, nor a line in the plan", found.Missing[0].ID)}
	}
	return nil
}

// how says how a requirement is measured, or why it is not.
func how(r protocol.Requirement, found requirement.Coverage, plan requirement.Plan) string {
	role, planned := plan.Role(r.ID)
	switch {
	case len(found.Cases[r.ID]) > 0:
		return strings.Join(found.Cases[r.ID], ", ")
	case r.Untestable != "":
		return "untestable: " + r.Untestable
	case planned:
		return "planned: " + role
	case r.Level == requirement.May:
		return "binds nobody"
	default:
		return "missing"
	}
}

// parts returns a query for each role with each of its profiles, in order.
func parts(set requirement.Set) []requirement.Query {
	var all []requirement.Query
	for _, r := range set {
		part := requirement.Query{Role: r.Role, Profiles: []string{r.Profile}}
		if !slices.ContainsFunc(all, func(q requirement.Query) bool { return comparePart(q, part) == 0 }) {
			all = append(all, part)
		}
	}
	slices.SortFunc(all, comparePart)
	return all
}

func comparePart(a, b requirement.Query) int {
	return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Profiles[0], b.Profiles[0]))
}
