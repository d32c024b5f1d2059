package app

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/mutant"
	"github.com/stateward/stateward/tck/output"
)

func selfCheckCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "self-check",
		Short: "Check the kit itself, and print its kill matrix",
		Long: `Runs every case against a correct model of a user function and variants of it
that are as correct, against the same with one defect each, and against things
that are no user function at all. The kit has to pass the first, find each of the
second by the requirement that it breaks, and pass nothing of the third. Needs
no subject, and no network.`,
		Args: exactly(0, "no argument"),
		RunE: func(command *cobra.Command, _ []string) error {
			return selfCheck(command.Context(), io, mutant.SelfCheck)
		},
	}
}

// selfCheck makes the check and prints what came of it.
func selfCheck(ctx context.Context, io streams, check func(context.Context) (mutant.Matrix, error)) error {
	printer := output.New(io.out, output.For(io.out, getenv))
	printer.Waiting("checking the kit against itself")
	matrix, err := check(ctx)
	printer.Erase()
	killed := printMatrix(io.out, matrix)
	switch {
	case ctx.Err() != nil:
		return &exit{code: ExitFailed, err: fmt.Errorf("the self-check was ended: %w", context.Cause(ctx))}
	case err != nil:
		return &exit{code: ExitKit, err: err}
	default:
		fmt.Fprintf(io.out, "\nThe kit is as it has to be: the model passes whole, %d mutants are killed, and nothing else passes.\n", killed)
		return nil
	}
}

// printMatrix prints what was made of each subject, and returns how many
// mutants there are.
func printMatrix(out io.Writer, matrix mutant.Matrix) int {
	mutants, width := 0, 0
	for _, row := range matrix.Rows {
		width = max(width, len(row.Subject))
	}
	for _, row := range matrix.Rows {
		line := fmt.Sprintf("%-*s  %3d of %3d passed", width, row.Subject, row.Passed, row.Of)
		if row.KilledBy != "" {
			mutants++
			line += fmt.Sprintf("  killed by %-16s  %s", row.KilledBy, shortList(row.Failed))
		}
		fmt.Fprintln(out, strings.TrimRight(line, " "))
		if row.Problem != "" {
			fmt.Fprintln(out, "    ✗ "+row.Problem)
		}
	}
	return mutants
}

// shortList names a few, and says how many more there are.
func shortList(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
