package app

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/proxy/internal/operator"
	"github.com/stateward/stateward/proxy/internal/setting"
)

// Words of the command line.
var (
	kindWords     = []string{"event-sourced", "value", "replicated"}        //nolint:gochecknoglobals // read only
	standingWords = []string{"recovering", "working", "resting", "leaving"} //nolint:gochecknoglobals // read only
	outputWords   = []string{"text", "json"}                                //nolint:gochecknoglobals // read only
)

// question is what the commands share that ask a running proxy.
type question struct {
	program *program
	output  string
	files   TLSFiles // of whoever asks
	service string
}

// command returns a command that asks a running proxy.
func (p *program) asks(use, short, long string, args cobra.PositionalArgs, ask func(*cobra.Command, []string, *operator.Operator, *question) error) (*cobra.Command, *question) {
	a := &question{program: p, output: "text"}
	command := &cobra.Command{
		Use: use, Short: short, Long: long, Args: args,
		RunE: func(command *cobra.Command, args []string) error {
			if err := p.load(); err != nil {
				return err
			}
			if _, err := setting.Word(outputWords...).Parse(a.output); err != nil {
				return fmt.Errorf("--output: %w", err)
			}
			address, err := reachable(p.config.Admin)
			if err != nil {
				return err
			}
			secured, err := p.config.toAdmin(a.files)
			if err != nil {
				return err
			}
			return ask(command, args, operator.New(address, secured, command.OutOrStdout(), a.output == "json"), a)
		},
	}
	p.addFlags(command, "admin", "admin-tls-cert", "admin-tls-key")
	command.Flags().StringVar(&a.files.Certificate, "cert", "", "certificate to show to an admin port that asks for one, in PEM")
	command.Flags().StringVar(&a.files.Key, "key", "", "its private key, in PEM")
	command.Flags().StringVar(&a.files.Authorities, "ca", "", "certificates of those who vouch for the admin port, in PEM; without it, just the one in --admin-tls-cert is taken")
	command.Flags().StringVar(&a.output, "output", a.output, "how it is shown: text, or json for programs")
	complete(command, "output", outputWords)
	return command, a
}

// ofService gives the command the flag that names a service.
func (a *question) ofService(command *cobra.Command) {
	command.Flags().StringVar(&a.service, "service", "", "the service of the entities, by its full name or the end of it; not needed where there is one alone")
}

func complete(command *cobra.Command, flag string, words []string) {
	_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// oneArgument wants just one, which is called so.
func oneArgument(name string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s takes one argument, the %s, and was given %d", command.CommandPath(), name, len(args))
		}
		return nil
	}
}

// operatorCommands are those that ask a running proxy.
func (p *program) operatorCommands() []*cobra.Command {
	entities := &cobra.Command{Use: "entities", Short: "Look at the entities of a running proxy, and passivate them", Args: noArguments, RunE: help}
	entities.AddCommand(p.listCommand(), p.showCommand(), p.watchCommand(), p.passivateCommand())
	effects := &cobra.Command{Use: "effects", Short: "Look at the parked side effects of a running proxy, and decide on them", Args: noArguments, RunE: help}
	effects.AddCommand(p.effectCommands()...)
	drain, _ := p.asks("drain", "Have a running proxy stop, as SIGTERM does", "", noArguments,
		func(command *cobra.Command, _ []string, o *operator.Operator, _ *question) error {
			return o.Drain(command.Context())
		})
	status, _ := p.asks("status", "Show how a running proxy does", "", noArguments,
		func(command *cobra.Command, _ []string, o *operator.Operator, _ *question) error {
			return o.Status(command.Context())
		})
	return []*cobra.Command{status, entities, effects, drain}
}

func help(command *cobra.Command, _ []string) error { return command.Help() }

func (p *program) listCommand() *cobra.Command {
	filter := operator.Filter{Limit: 100}
	command, a := p.asks("list", "List the entities in memory, or those that are stored", "", noArguments,
		func(command *cobra.Command, _ []string, o *operator.Operator, a *question) error {
			for flag, words := range map[string][]string{"kind": kindWords, "standing": standingWords} {
				given := command.Flags().Lookup(flag)
				if _, err := setting.Word(words...).Parse(given.Value.String()); given.Changed && err != nil {
					return fmt.Errorf("--%s: %w", flag, err)
				}
			}
			if filter.Limit <= 0 {
				return fmt.Errorf("--limit: %d is not greater than 0", filter.Limit)
			}
			filter.Service = a.service
			return o.List(command.Context(), filter)
		})
	command.Example = `  # What is in memory?
  stateward-proxy entities list

  # What has the store of those whose keys begin with "user-"?
  stateward-proxy entities list --stored --prefix user-`
	a.ofService(command)
	flags := command.Flags()
	flags.StringVar(&filter.Prefix, "prefix", "", "only those whose keys begin so")
	flags.StringVar(&filter.Kind, "kind", "", "only those of the kind: event-sourced, value or replicated")
	flags.StringVar(&filter.Standing, "standing", "", "only those that stand so: recovering, working, resting or leaving")
	flags.BoolVar(&filter.Stored, "stored", false, "list what the store keeps, and not what is in memory")
	flags.IntVar(&filter.Limit, "limit", filter.Limit, "how many at most")
	complete(command, "kind", kindWords)
	complete(command, "standing", standingWords)
	return command
}

func (p *program) showCommand() *cobra.Command {
	events := 10
	command, a := p.asks("show KEY", "Show one entity: how it stands, its state, and its newest events", "", oneArgument("key of the entity"),
		func(command *cobra.Command, args []string, o *operator.Operator, a *question) error {
			return o.Show(command.Context(), a.service, args[0], events)
		})
	a.ofService(command)
	command.Flags().IntVar(&events, "events", events, "how many of its newest events, up to 500")
	return command
}

func (p *program) watchCommand() *cobra.Command {
	command, a := p.asks("watch", "Show which entities come into memory and leave it, and how the proxy does", "", noArguments,
		func(command *cobra.Command, _ []string, o *operator.Operator, a *question) error {
			ctx, stop := p.untilInterrupted(command.Context())
			defer stop()
			return o.Watch(ctx, a.service)
		})
	a.ofService(command)
	return command
}

func (p *program) passivateCommand() *cobra.Command {
	idle := false
	command, a := p.asks("passivate [KEY]", "Take one entity out of memory, or with --idle all that rest",
		"passivate takes an entity out of memory that rests. Its state stays in the store, and its\nnext command brings it back.", cobra.MaximumNArgs(1),
		func(command *cobra.Command, args []string, o *operator.Operator, a *question) error {
			switch {
			case idle && len(args) == 0:
				return o.PassivateIdle(command.Context())
			case !idle && len(args) == 1:
				return o.Passivate(command.Context(), a.service, args[0])
			default:
				return fmt.Errorf("%s takes the key of one entity, or --idle for all that rest", command.CommandPath())
			}
		})
	a.ofService(command)
	command.Flags().BoolVar(&idle, "idle", false, "take all out of memory that rest")
	return command
}

func (p *program) effectCommands() []*cobra.Command {
	list, _ := p.asks("list", "List the durable side effects that are parked", "", noArguments,
		func(command *cobra.Command, _ []string, o *operator.Operator, _ *question) error {
			return o.Effects(command.Context())
		})
	retry, _ := p.asks("retry ID", "Have a parked side effect tried again", "", oneArgument("id of the side effect"),
		func(command *cobra.Command, args []string, o *operator.Operator, _ *question) error {
			return o.Retry(command.Context(), args[0])
		})
	remove, _ := p.asks("remove ID", "Remove a parked side effect: it will never be carried out", "", oneArgument("id of the side effect"),
		func(command *cobra.Command, args []string, o *operator.Operator, _ *question) error {
			return o.Remove(command.Context(), args[0])
		})
	return []*cobra.Command{list, retry, remove}
}

// untilInterrupted returns a context that ends with the first signal.
func (p *program) untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() { // Ends with ctx.
		select {
		case <-p.signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
