package app

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

func equalCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "equal REPORT REPORT...",
		Short: "Fail unless all reports came to the same",
		Long: `Holds reports of several subjects, such as the support libraries of one house, against
the first of them: all have the same result, were held to the same requirements and
profiles, and have as many MUSTs of each that were required, ran and passed.`,
		Example: `  tck report equal conformance-reports/v1/acme-{go,python}/1.2.0.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return errors.New("it takes two REPORTs or more")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return equal(io.out, args) },
	}
}

// equal compares each report with the first.
func equal(out io.Writer, paths []string) error {
	var first *tckv1.Report
	unequal := 0
	for _, path := range paths {
		r, problems, err := open(path)
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			return &exit{code: ExitFailed, err: fmt.Errorf("%s does not verify: %s", path, problems[0])}
		}
		if first == nil {
			first = r
		}
		if differences := report.Unequal(first, r); len(differences) > 0 {
			unequal++
			fmt.Fprintf(out, "%s: %s\n", path, strings.Join(differences, "\n    "))
		}
	}
	if unequal > 0 {
		return &exit{code: ExitFailed, err: fmt.Errorf("%d of %d reports are not like %s", unequal, len(paths), paths[0])}
	}
	required, passed := 0, 0
	for _, p := range first.GetProfiles() {
		required, passed = required+int(p.GetRequired()), passed+int(p.GetPassed())
	}
	fmt.Fprintf(out, "%d reports are equal: %s, %d profiles, %d of %d MUSTs passed\n",
		len(paths), word(first.GetResult()), len(first.GetProfiles()), passed, required)
	return nil
}
