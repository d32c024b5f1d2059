package app

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/known"
	"github.com/stateward/stateward/tck/report"
)

func knownCommand(io streams) *cobra.Command {
	command := &cobra.Command{Use: "known", Short: "Work with lists of known failures"}
	command.AddCommand(&cobra.Command{
		Use:   "init REPORT",
		Short: "Print a list of the failures in a report, for --known",
		Long: `Prints an entry for each case that failed in the report, for you to say why:

  known:
    - id: event-sourced/rehydrate/snapshot-then-events   # a case, or a requirement
      reason: the store is being rewritten               # has to be there
      issue: https://acme.example/issues/7
      expires: 2027-01-31                                # the last day that it excuses

With "tck function … --known known.yaml" what fails as listed is told and fails
nothing, and the result is partial. A gate stays honest, for it fails all the same
when a failure is not listed, when its day is over, when what is listed passes, and
when an entry has no reason or names nothing that the kit knows.`,
		Example: `  tck known init out/report.yaml > known.yaml
  tck function cmd:./my-model --known known.yaml`,
		Args: exactly(1, "one REPORT, such as out/report.yaml"),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			r, err := report.Unmarshal(text)
			if err != nil {
				return usage("%s: %w", args[0], err)
			}
			_, err = io.out.Write(known.Write(r, time.Now()))
			return err
		},
	})
	return command
}

// readKnown reads a list of known failures; none when file is empty. A list that
// does not say what it has to fails the run before it begins: it would excuse what
// nobody has looked at.
func readKnown(file string, today time.Time) (known.List, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("%w", err)
	}
	list, err := known.Parse(text, today)
	if err != nil {
		return nil, &exit{code: ExitFailed, err: fmt.Errorf("%s: %w", file, err)}
	}
	if problems := list.Unknown(cases.Function()); len(problems) > 0 {
		return nil, &exit{code: ExitFailed, err: fmt.Errorf("%s: %s", file, strings.Join(problems, "\n"))}
	}
	return list, nil
}
