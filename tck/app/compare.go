package app

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

func diffCommand(io streams) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Say what changed between two reports; the exit code is 1 when something broke",
		Long: `Compares two reports by requirement. Broken is what passed and does so no longer, and
what fails and did not; fixed is what passes and did not. A requirement that only AFTER
has is new, and is not held against it.`,
		Example: `  tck report diff main/report.yaml out/report.yaml`,
		Args:    exactly(2, "two reports, BEFORE and AFTER"),
		RunE: func(_ *cobra.Command, args []string) error {
			before, _, err := open(args[0])
			if err != nil {
				return err
			}
			after, _, err := open(args[1])
			if err != nil {
				return err
			}
			return diff(io.out, before, after, asJSON)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return command
}

// diff prints what changed.
func diff(out io.Writer, before, after *tckv1.Report, asJSON bool) error {
	changes := report.Compare(before, after)
	tell := printChanges
	if asJSON {
		tell = printJSON
	}
	if err := tell(out, before, after, changes); err != nil {
		return err
	}
	if broken := count(changes, report.KindBroken); broken > 0 {
		return &exit{code: ExitFailed, err: fmt.Errorf("%d of the requirements broke", broken)}
	}
	return nil
}

func count(changes []report.Change, kind report.Kind) int {
	return len(slices.DeleteFunc(slices.Clone(changes), func(c report.Change) bool { return c.Kind != kind }))
}

// printChanges prints them as a table, and below it how many there are of each kind.
func printChanges(out io.Writer, before, after *tckv1.Report, changes []report.Change) error {
	for _, head := range []struct{ name, before, after string }{
		{"result", word(before.GetResult()), word(after.GetResult())},
		{"profiles", strings.Join(before.GetSubject().GetProfiles(), ","), strings.Join(after.GetSubject().GetProfiles(), ",")},
		{"requirements", before.GetSpecification().GetRequirementsDigest(), after.GetSpecification().GetRequirementsDigest()},
	} {
		if head.before != head.after {
			fmt.Fprintf(out, "%s: %s → %s\n", head.name, head.before, head.after)
		}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range changes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Kind, c.ID, c.Level, c.Profile, transition(c), strings.Join(c.Cases, ", "))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	if len(changes) == 0 {
		fmt.Fprintln(out, "no verdict differs")
		return nil
	}
	fmt.Fprintf(out, "%d broken, %d fixed, %d changed, %d new, %d gone\n", count(changes, report.KindBroken),
		count(changes, report.KindFixed), count(changes, report.KindChanged), count(changes, report.KindNew), count(changes, report.KindGone))
	return nil
}

// transition says which verdict became which.
func transition(c report.Change) string {
	switch {
	case c.Before == c.After:
		return word(c.After) + " still"
	case c.Kind == report.KindNew:
		return word(c.After)
	case c.Kind == report.KindGone:
		return word(c.Before)
	default:
		return word(c.Before) + " → " + word(c.After)
	}
}

// printJSON prints the same for machines.
func printJSON(out io.Writer, before, after *tckv1.Report, changes []report.Change) error {
	type pair struct {
		Before string `json:"before,omitempty"`
		After  string `json:"after,omitempty"`
	}
	type change struct {
		report.Change

		Verdict pair `json:"verdict"`
	}
	document := struct {
		Result  pair     `json:"result"`
		Digest  pair     `json:"digest"`
		Changes []change `json:"changes"`
	}{
		Result:  pair{word(before.GetResult()), word(after.GetResult())},
		Digest:  pair{before.GetDigest(), after.GetDigest()},
		Changes: []change{},
	}
	for _, c := range changes {
		document.Changes = append(document.Changes, change{c, pair{word(c.Before), word(c.After)}})
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// word is a verdict or a result as people write it; empty for none.
func word(value fmt.Stringer) string {
	_, name, _ := strings.Cut(value.String(), "_")
	if name == "UNSPECIFIED" {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}
