package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stateward/stateward/proxy/internal/storetool"
)

// storeCommand returns the command for whole stores, with the commands below it.
func (p *program) storeCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "store",
		Short: "Check, measure, back up, restore, move and upgrade a store",
		Long: `store looks after a whole store: a directory (--data), or a database (--database)
with --store postgres. A copy of one is an archive: one file, the same for every
kind of store, so a backup of a directory can be restored into a database.

Copies are taken while the proxies run. A database is read in one transaction. A
directory belongs to one process, so where a proxy has it open that proxy is asked,
at --admin, to make the copy; --proxy asks any proxy that can be reached.`,
		Example: `  # Back up what a proxy on this machine has in /var/lib/stateward.
  stateward-proxy store backup /backup --data /var/lib/stateward

  # Move to PostgreSQL: stop the proxy, and start it with --store postgres afterwards.
  stateward-proxy store export cart.swar --data /var/lib/stateward
  STATEWARD_DATABASE=postgres://cart:…@db/cart stateward-proxy store import cart.swar --store postgres

  # Is all of it as it was written?
  stateward-proxy store verify --data /var/lib/stateward`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(p.verifyCommand(), p.statsCommand(), p.backupCommand(), p.restoreCommand(), p.upgradeCommand())
	return command
}

// addStoreFlags gives the command the flags that name a store, and for one that reads
// --proxy.
func (p *program) addStoreFlags(command *cobra.Command, proxy *string) {
	names := []string{"store", "data", "database", "log-level", "log-format"}
	if proxy != nil {
		names = append(names, "admin")
		command.Flags().StringVar(proxy, "proxy", "", "URL of the admin port of a proxy that runs, to ask it for its store, such as http://127.0.0.1:9001")
	}
	p.addFlags(command, names...)
}

// outputs are how a command's answer can be written.
var outputs = []string{"text", "json"} //nolint:gochecknoglobals // read only

// addOutputFlag gives the command a flag that says how its answer is written.
func addOutputFlag(command *cobra.Command, output *string) {
	command.Flags().StringVar(output, "output", outputs[0], "how it is shown: text, or json")
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// source opens what a command reads: a file, a proxy that is asked, or the store that is
// configured. Its caller closes it.
func (p *program) source(ctx context.Context, command *cobra.Command, proxy string, file []string) (*source, error) {
	if err := p.load(); err != nil {
		return nil, err
	}
	if err := p.openLog(command.ErrOrStderr()); err != nil {
		return nil, err
	}
	switch {
	case len(file) > 0 && proxy != "":
		return nil, errors.New("--proxy: a proxy, or a file, but not both")
	case len(file) > 0:
		return fromArchive(file[0], command.InOrStdin())
	case proxy != "":
		return fromProxy(proxy, "", p.config.about()), nil
	default:
		s, err := p.config.read(ctx, p.config.Log)
		return s, p.settings.Locate(err)
	}
}

// work does what takes long, until it is done or a signal comes. It tells of it on the
// error output, and says there how it ended. A second signal does not wait for the end.
func (p *program) work(command *cobra.Command, what string, do func(context.Context, *storetool.Progress) (how string, err error)) error {
	ctx, cancel := context.WithCancelCause(command.Context())
	defer cancel(nil)
	out := command.ErrOrStderr()
	progress := storetool.NewProgress(out, isTerminal(out), what, time.Now)
	ended := make(chan error, 1)
	go func() { // Joined below, but for the second signal, with which the process ends.
		how, err := do(ctx, progress)
		if err != nil {
			how = "failed"
		}
		progress.End(how)
		ended <- err
	}()
	for received := 0; ; received++ {
		select {
		case err := <-ended:
			if err != nil && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		case s := <-p.signals:
			if received > 0 {
				return errors.New("broken off")
			}
			cancel(fmt.Errorf("%s: %v: nothing was done by half", what, s))
		}
	}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
