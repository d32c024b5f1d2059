package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stateward/stateward/proxy/internal/build"
	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/telemetry"
)

const (
	short = "Keep the state of a user function's entities, and serve its gRPC services"

	long = `stateward-proxy stands beside a user function. It asks the function what it
serves (its gRPC services and its entities), serves those services on --listen,
and keeps the state of each entity: the function holds the domain logic alone.

It waits for the function as long as it takes, and opens the service port once
the function has answered without a mistake. Until then /readyz on the admin
port says why not, and the function is told of each mistake.

  /healthz  the process lives
  /readyz   ready, or each reason why not, one for each line
  /metrics  for Prometheus
  /         a console, for browsers on this machine

SIGTERM and SIGINT stop it: it takes no further call and lets commands under way
finish. A second signal, or the drain time-out, breaks them off.

Every setting can be given by its flag, by a variable of the environment, and in
a file of YAML that --config names; the first of these counts. --idle-timeout is
STATEWARD_IDLE_TIMEOUT in the environment, and in the file

  idle-timeout: 5m

'stateward-proxy config' shows each setting, its value, and where it was given.`

	example = `  # A function on this machine, everything else as it comes.
  stateward-proxy --function 127.0.0.1:8080

  # Over a unix socket, with a data directory of its own, open to the network.
  stateward-proxy --function unix:/run/cart.sock --data /var/lib/stateward --listen 0.0.0.0:9000

  # To try something out: nothing is kept, ports are chosen freely and logged.
  stateward-proxy --store memory --listen 127.0.0.1:0 --admin 127.0.0.1:0 --log-level debug

  # Is it ready, and if not, why?
  curl http://127.0.0.1:9001/readyz`
)

// Run runs the command with the arguments, which do not hold its own name. It
// returns when the proxy has stopped; nil means that it stopped as asked.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	return run(ctx, signals, args, stdin, stdout, stderr)
}

// run is Run with the signals of the caller.
func run(ctx context.Context, signals <-chan os.Signal, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	p := newProgram(os.Environ(), signals)
	root := p.root()
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		return setting.UnknownFlags(err, args, command.Flags())
	})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}

// program is the command line: what its commands share. Each command but the root
// has a file of its own.
type program struct {
	config   Config
	logging  logging
	file     string // of settings; "" where there is none
	settings *setting.Set
	environ  []string
	signals  <-chan os.Signal
}

func newProgram(environ []string, signals <-chan os.Signal) *program {
	p := &program{
		config:   Defaults(),
		logging:  logging{level: "info", format: telemetry.FormatAuto},
		settings: setting.New(prefix),
		environ:  environ,
		signals:  signals,
	}
	p.config.Version = build.Version()
	p.settings.Group("Settings")
	p.settings.File(&p.file, "config", "file of settings in YAML, whose keys are the names of the flags")
	p.config.settings(p.settings)
	p.logging.settings(p.settings)
	return p
}

// root returns the command, which runs the proxy, with the commands below it.
func (p *program) root() *cobra.Command {
	command := &cobra.Command{
		Use:           "stateward-proxy",
		Short:         short,
		Long:          long,
		Example:       example,
		Version:       build.About("stateward-proxy"),
		Args:          noArguments,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(command *cobra.Command, _ []string) error { return p.serve(command) },
	}
	command.SetVersionTemplate("{{.Version}}\n")
	command.SetUsageFunc(p.usage)
	p.addFlags(command)
	command.AddCommand(p.configCommand(), p.healthcheckCommand(), p.storeCommand())
	command.AddCommand(p.operatorCommands()...)
	return command
}

// addFlags gives the command the flags of the settings with the names, or of all
// when none is given. The file of settings can always be named.
func (p *program) addFlags(command *cobra.Command, names ...string) {
	if len(names) > 0 {
		names = append(names, "config")
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.AddFlagSet(p.settings.Flags(names...))
	flags.VisitAll(func(flag *pflag.Flag) {
		if t := p.settings.Find(flag.Name); t != nil && t.Words != nil {
			_ = command.RegisterFlagCompletionFunc(flag.Name, cobra.FixedCompletions(t.Words, cobra.ShellCompDirectiveNoFileComp)) // fails for flags that are not there
		}
	})
}

// load reads the settings into the config. Its error is all that is wrong with
// them, each with its place.
func (p *program) load() error {
	err := p.settings.Load(setting.ReadFile, p.environ)
	return errors.Join(err, p.settings.Locate(p.config.validate()))
}

// openLog makes the log of a command that runs, and says there how it was set.
func (p *program) openLog(w io.Writer) (err error) {
	if p.config.Log, err = telemetry.NewLog(w, p.logging.level, p.logging.format); err != nil {
		return err
	}
	if p.file != "" {
		p.config.Log.Info("settings read", "file", p.file)
	}
	for _, text := range p.settings.UnknownVariables(p.environ, ownerVariable) {
		p.config.Log.Warn("a variable sets nothing", "reason", text)
	}
	return nil
}

// serve runs the proxy.
func (p *program) serve(command *cobra.Command) error {
	if err := p.load(); err != nil {
		return err
	}
	if err := p.openLog(command.ErrOrStderr()); err != nil {
		return err
	}
	return p.settings.Locate(untilSignal(command.Context(), p.signals, p.config))
}

// noArguments refuses arguments, the first of which may have been meant as a
// command.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, other := range command.Commands() {
		if other.IsAvailableCommand() {
			names = append(names, other.Name())
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%s takes no arguments, and was given %q", command.CommandPath(), args[0])
	}
	text := fmt.Sprintf("unknown command %q for %q", args[0], command.CommandPath())
	if name := setting.Nearest(args[0], names); name != "" {
		text += fmt.Sprintf("; did you mean %s?", name)
	}
	return errors.New(text)
}

// untilSignal serves until the first signal, or the end of ctx. The second
// signal breaks off the stop.
func untilSignal(ctx context.Context, signals <-chan os.Signal, config Config) error {
	abort, breakOff := context.WithCancelCause(context.WithoutCancel(ctx))
	defer breakOff(nil)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { // Joined below.
		defer stop()
		ended <- serve(running, abort, config)
	}()
	for received := 0; ; {
		select {
		case err := <-ended:
			return err
		case s := <-signals:
			config.Log.Info("signal", "signal", s.String())
			if received++; received == 1 {
				stop()
			} else {
				breakOff(errors.New("a second signal came"))
			}
		}
	}
}
