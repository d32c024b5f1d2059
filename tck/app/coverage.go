package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/requirement"
)

func coverageCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "coverage",
		Short: "Show which requirements have cases, and why others have none",
		Long: `Shows each requirement with its cases. A MUST for functions that has neither a
case nor a reason is an error of the kit, and the exit code is 1.`,
		Args: exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			return coverage(io.out)
		},
	}
}

func coverage(out io.Writer) error {
	set, all := requirement.All(), cases.Function()
	function := set.Select(requirement.Query{Role: requirement.Function})
	found := function.Cover(all)
	for _, r := range function {
		how := strings.Join(found.Cases[r.ID], ", ")
		switch {
		case how != "":
		case r.Untestable != "":
			how = "excused: " + r.Untestable
		default:
			how = "no case"
		}
		fmt.Fprintf(out, "%-16s %-6s %-13s %s\n", r.ID, r.Level, r.Profile, how)
	}
	proxy := set.Select(requirement.Query{Role: requirement.Proxy})
	fmt.Fprintf(out, "\nfunction: %d requirements, %d measured by %d cases, %d excused, %d without a case\n",
		len(function), len(found.Measured), len(all), len(found.Excused), len(found.Missing))
	fmt.Fprintf(out, "proxy: %d requirements, which this kit does not measure yet\n", len(proxy))
	if missing := found.Missing.Select(requirement.Query{Level: requirement.Must}); len(missing) > 0 {
		return &exit{code: ExitFailed, err: fmt.Errorf("%s has neither a case nor a reason", missing[0].ID)}
	}
	return nil
}
