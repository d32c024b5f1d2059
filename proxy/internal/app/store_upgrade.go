package app

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/proxy/internal/storetool"
)

// upgradeCommand returns the command that brings a store up to date.
func (p *program) upgradeCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "upgrade",
		Short: "Bring a store of an older version up to this one",
		Long: `upgrade does what a proxy does when it starts on a store that an older version has
written: it brings the records into today's form, in place. Take a copy of the
directory or a dump of the database before, for the older version cannot read it
afterwards. An upgrade that is cut short is gone on with by the next. A store that a
newer version has written is refused, and not touched.`,
		Example: `  stateward-proxy store upgrade --data /var/lib/stateward`,
		Args:    noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.work(command, "upgrade", func(ctx context.Context, progress *storetool.Progress) (string, error) {
				return "done", p.upgrade(ctx, command, progress)
			})
		},
	}
	p.addStoreFlags(command, nil)
	return command
}

func (p *program) upgrade(ctx context.Context, command *cobra.Command, progress *storetool.Progress) error {
	if err := p.load(); err != nil {
		return err
	}
	if err := p.openLog(command.ErrOrStderr()); err != nil {
		return err
	}
	if p.config.Store == StoreMemory {
		return p.settings.Locate(errNothingKept)
	}
	progress.Of(p.config.place())
	opened, err := openStore(ctx, &p.config)
	if err != nil {
		return p.settings.Locate(err)
	}
	if err := opened.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(command.OutOrStdout(), "%s is of this version\n", p.config.place())
	return err
}
