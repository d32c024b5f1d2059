package app

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/proxy/internal/setting"
)

// configCommand returns the command that shows the settings.
func (p *program) configCommand() *cobra.Command {
	output, outputs := "text", []string{"text", "yaml"}
	command := &cobra.Command{
		Use:   "config",
		Short: "Show each setting, its value, and where it was given",
		Long: `config shows each setting as the proxy would take it with the same flags, file and
environment: its value, and where that was given. It starts nothing.

Everything that is wrong is listed, each mistake with its place, and the exit code
is then not 0: 'stateward-proxy config --config FILE' checks a file.

With --output yaml it prints a file that --config takes. Secrets are never printed.`,
		Example: `  # What would run here?
  stateward-proxy config

  # A file to begin with.
  stateward-proxy config --output yaml > stateward.yaml`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if _, err := setting.Word(outputs...).Parse(output); err != nil {
				return fmt.Errorf("--output: %w", err)
			}
			return p.show(command, output == "yaml")
		},
	}
	p.addFlags(command)
	command.Flags().StringVar(&output, "output", output, "how it is shown: text, or yaml, which is a file of settings")
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return command
}

// show prints the settings, and returns what is wrong with them. A file with a
// mistake is not printed: nobody could use it.
func (p *program) show(command *cobra.Command, asFile bool) error {
	wrong := p.load()
	var err error
	switch {
	case !asFile:
		err = p.settings.Print(command.OutOrStdout())
	case wrong == nil:
		err = p.settings.PrintYAML(command.OutOrStdout())
	}
	for _, text := range p.settings.UnknownVariables(p.environ, ownerVariable) {
		fmt.Fprintf(command.ErrOrStderr(), "warning: %s\n", text)
	}
	return errors.Join(err, wrong)
}
