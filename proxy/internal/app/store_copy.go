package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/storetool"
)

// backupCommand returns the command that copies a store into an archive.
func (p *program) backupCommand() *cobra.Command {
	var proxy string
	var plain bool
	command := &cobra.Command{
		Use:     "backup FILE|DIRECTORY|-",
		Aliases: []string{"export"},
		Short:   "Copy a whole store into an archive, while it is in use (also called export)",
		Long: `backup copies everything as of one moment, which is not before the command: all that
was acknowledged by then is in the archive. The proxies go on meanwhile.

In a directory the archive gets a name of its own, with the time; "-" stands for the
output. A file appears when it is whole and durable, under a name that is free, and
can be read by its owner alone. A store that is damaged is not copied: verify says
where. Who has the right to write, and which proxies there are, is not copied.`,
		Example: `  # Of the proxy on this machine, or of the directory when none runs.
  stateward-proxy store backup /backup --data /var/lib/stateward

  # Of a proxy in a cluster, through a tunnel to its admin port.
  stateward-proxy store backup cart.swar --proxy http://127.0.0.1:9001

  # From a directory into a database, without a file between them.
  stateward-proxy store export - --data /var/lib/stateward |
    stateward-proxy store import - --store postgres`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return p.look(command, outputs[0], proxy, nil, "backup", func(ctx context.Context, from *source, progress *storetool.Progress) (string, error) {
				return backup(ctx, from, args[0], command.OutOrStdout(), !plain, progress)
			})
		},
	}
	p.addStoreFlags(command, &proxy)
	command.Flags().BoolVar(&plain, "plain", false, "do not compress it")
	return command
}

// backup writes the archive, and says where it is.
func backup(ctx context.Context, from *source, place string, out io.Writer, compress bool, progress *storetool.Progress) (how string, err error) {
	if place == "-" {
		return "done", storetool.Backup(ctx, from, out, from.about, compress, progress)
	}
	name := storetool.FileName(place, from.about.Store, from.about.Taken)
	file, err := storetool.Create(name)
	if err != nil {
		return "", err
	}
	if err := storetool.Backup(ctx, from, file, from.about, compress, progress); err != nil {
		return "", errors.Join(err, file.Drop())
	}
	if err := file.Keep(); err != nil {
		return "", err
	}
	_, err = fmt.Fprintln(out, name)
	return "done", err
}

// restoreCommand returns the command that fills a store from an archive.
func (p *program) restoreCommand() *cobra.Command {
	command := &cobra.Command{
		Use:     "restore ARCHIVE|-",
		Aliases: []string{"import"},
		Short:   "Fill an empty store from an archive (also called import)",
		Long: `restore fills a directory that is missing or empty, or a database without rows that
no proxy is at work on, from an archive of any kind of store. It refuses any other,
says what is there, and changes nothing. "-" stands for the input.

The store is whole when the command has ended without an error. A directory that was
cut short by a crash says so, and no proxy starts on it; in a database, nothing is
left. The proxies of the store that was copied cannot write to this one, and readers
of its event log go on in this one where they were.`,
		Example: `  stateward-proxy store restore /backup/cart.swar --data /var/lib/stateward
  STATEWARD_DATABASE=postgres://cart:…@db/cart stateward-proxy store import cart.swar --store postgres`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return p.look(command, outputs[0], "", args, "restore", func(ctx context.Context, from *source, progress *storetool.Progress) (string, error) {
				err := storetool.Restore(ctx, from, func(ctx context.Context, fill store.Fill) error {
					return p.config.fill(ctx, p.config.Log, fill)
				}, progress)
				if err != nil {
					return "", p.settings.Locate(err)
				}
				_, err = fmt.Fprintf(command.OutOrStdout(), "%s holds %s of %s\n", p.config.place(), from.about.Store, from.about.Taken.Format(time.RFC3339))
				return "done", err
			})
		},
	}
	p.addStoreFlags(command, nil)
	return command
}
