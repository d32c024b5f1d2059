package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/scaffold"
)

func initCommand(io streams) *cobra.Command {
	var language string
	var force bool
	command := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Begin a support library",
		Long: `Writes a project into DIR, by default the current directory: the protos, what
generates code from them, a model that answers discovery and says "not written yet" to
all else, a list of known failures, and a gate in CI. The first run of "tck function"
against it says what is missing, by requirement.

A file that stands there and differs is named, and then nothing is written.`,
		Example: `  tck init --lang typescript my-library
  tck init --lang go`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if language == "" {
				return usage("which language? --lang %s", strings.Join(scaffold.Languages(), "|"))
			}
			return begin(io, language, append(args, ".")[0], force)
		},
	}
	command.Flags().StringVar(&language, "lang", "", "the `LANGUAGE`: "+strings.Join(scaffold.Languages(), ", "))
	command.Flags().BoolVar(&force, "force", false, "write over what stands there")
	return command
}

// begin writes a project, and says what it wrote and what comes next.
func begin(io streams, language, dir string, force bool) error {
	files, err := scaffold.Project(language)
	if err != nil {
		return usage("%w", err)
	}
	if err := scaffold.Write(dir, files, force); err != nil {
		if stands, ok := errors.AsType[*scaffold.StandsError](err); ok {
			return usage("%w; --force writes over it", stands)
		}
		return &exit{code: ExitKit, err: fmt.Errorf("the project cannot be written: %w", err)}
	}
	protos := 0
	for _, file := range files {
		if strings.HasPrefix(file.Path, "proto/") {
			protos++
			continue
		}
		fmt.Fprintf(io.out, "wrote %s\n", file.Path)
	}
	fmt.Fprintf(io.out, "wrote proto/, %d protos\n\nNext, in %s:\n", protos, dir)
	for line := range strings.Lines(scaffold.Commands(files)) {
		fmt.Fprintf(io.out, "  %s", line)
	}
	return nil
}
