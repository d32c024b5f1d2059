package app

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/requirement"
)

func listCommand(io streams) *cobra.Command {
	var selected selection
	var areas []string
	command := &cobra.Command{
		Use:   "list [PATTERN...]",
		Short: "List the cases, with the requirements that they measure",
		Long: `Lists the cases of this kit, each with its level, its profile and the requirements
that it measures: all of them, or those that PATTERNS, a profile, a level and an area
leave. A pattern is an id of a case or a requirement, with * and ? as in a shell; one
that ends in /* stands for the whole tree below.`,
		Example: `  tck list
  tck list 'ES-SNAP-*'
  tck list 'event-sourced/replay/*' --level must
  tck list --area DISC,CORE --profile core`,
		RunE: func(_ *cobra.Command, args []string) error {
			selected.run = append(selected.run, args...)
			if err := selected.validatePatterns(); err != nil {
				return err
			}
			found := slices.DeleteFunc(selected.cases(selected.profiles), func(c engine.Case) bool { return !inAreas(c, areas) })
			if len(found) == 0 {
				return selected.nothing()
			}
			list(io.out, found)
			return nil
		},
	}
	selected.addTo(command)
	command.Flags().StringSliceVar(&areas, "area", nil, "only what measures a requirement of these `AREAS`, such as ES")
	command.Flags().Lookup("profile").Usage = "only cases of these `PROFILES`"
	return command
}

// inAreas reports whether the case measures a requirement of one of the areas; of any
// when none is given.
func inAreas(c engine.Case, areas []string) bool {
	return len(areas) == 0 || slices.ContainsFunc(c.Requirements, func(id string) bool {
		area, _, _ := strings.Cut(id, "-")
		return slices.Contains(areas, area)
	})
}

func list(out io.Writer, all []engine.Case) {
	width := 0
	for _, c := range all {
		width = max(width, len(c.ID))
	}
	for _, c := range all {
		fmt.Fprintf(out, "%-*s  %-6s  %-13s  %s\n", width, c.ID, level(c), c.Profile, strings.Join(c.Requirements, ", "))
	}
}

func explainCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "Say what a requirement demands, and what is sent and expected to measure it",
		Long: `Prints the sentence of a requirement with its level, role, profile and chapter, and
each case that measures it: line by line, what the kit sends (→) and what it expects
(←). Given a case, it prints the requirements that the case measures, and its lines.`,
		Example: `  tck explain ES-REPLAY-003
  tck explain event-sourced/rehydrate/snapshot-then-events`,
		Args: exactly(1, "one ID, of a requirement or a case"),
		RunE: func(_ *cobra.Command, args []string) error {
			return explain(io.out, args[0])
		},
	}
}

// explain explains a requirement, or a check of Cloudstate's kit, with its cases, or a case
// with its requirements.
func explain(out io.Writer, id string) error {
	set, all := requirement.All(), cases.Function()
	if found, known := set.Find(strings.ToUpper(id)); known {
		sentence(out, found)
		explainCases(out, found, requirement.Set{found}.Cases(all))
		return nil
	}
	if found, known := cases.CloudstateRequirements().Find(id); known && cases.IsCheck(id) {
		sentence(out, found)
		explainCases(out, found, requirement.Set{found}.Cases(cases.Cloudstate(all)))
		return nil
	}
	for _, c := range all {
		if c.ID != id {
			continue
		}
		for _, cited := range c.Requirements {
			if found, known := set.Find(cited); known {
				sentence(out, found)
			}
		}
		script(out, c)
		return nil
	}
	return usage("there is no requirement and no case %q; `tck list` shows them all", id)
}

func sentence(out io.Writer, r protocol.Requirement) {
	fmt.Fprintf(out, "%s  %s  %s  since %s  profile %s\n", r.ID, r.Level, r.Role, r.Since, r.Profile)
	fmt.Fprintf(out, "  %q\n", r.Text)
	fmt.Fprintf(out, "  protocol/spec/%s\n\n", r.Chapter)
}

func explainCases(out io.Writer, r protocol.Requirement, measuring []engine.Case) {
	switch {
	case r.Untestable != "":
		fmt.Fprintf(out, "No case can show it: %s\n", r.Untestable)
	case r.Role != requirement.Function:
		fmt.Fprintf(out, "It binds the %s. This kit measures functions.\n", r.Role)
	case len(measuring) == 0:
		fmt.Fprintln(out, "No case measures it yet; `tck coverage` shows the plan.")
	}
	for _, c := range measuring {
		script(out, c)
	}
}

// script prints what is sent and expected, in order.
func script(out io.Writer, c engine.Case) {
	fmt.Fprintln(out, c.ID)
	if c.Needs != nil {
		fmt.Fprintf(out, "      after %s has passed\n", c.Needs.ID)
	}
	for _, check := range cases.Checks(c) {
		fmt.Fprintf(out, "      makes the check %s\n", check)
	}
	for i, step := range c.Script {
		fmt.Fprintf(out, "  %2d  %s\n", i+1, step.Describe())
	}
	fmt.Fprintln(out)
}
