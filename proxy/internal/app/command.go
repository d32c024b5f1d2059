package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

SIGTERM and SIGINT stop it: it takes no further call and lets commands under way
finish. A second signal, or the drain time-out, breaks them off.

Every flag can be given in the environment too: STATEWARD_FUNCTION for
--function, STATEWARD_IDLE_TIMEOUT for --idle-timeout. A flag comes first.`

	example = `  # A function on this machine, everything else as it comes.
  stateward-proxy --function 127.0.0.1:8080

  # Over a unix socket, with a data directory of its own, open to the network.
  stateward-proxy --function unix:/run/cart.sock --data /var/lib/stateward --listen 0.0.0.0:9000

  # To try something out: nothing is kept, ports are chosen freely and logged.
  stateward-proxy --store memory --listen 127.0.0.1:0 --admin 127.0.0.1:0 --log-level debug

  # Is it ready, and if not, why?
  curl http://127.0.0.1:9001/readyz`
)

// environment begins the name of every variable that stands for a flag.
const environment = "STATEWARD_"

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
	config := Defaults()
	config.Version = ownVersion()
	logLevel, logFormat := "info", telemetry.FormatAuto
	command := &cobra.Command{
		Use:           "stateward-proxy",
		Short:         short,
		Long:          long,
		Example:       example,
		Version:       config.Version,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) (err error) {
			if err := fromEnvironment(command.Flags()); err != nil {
				return err
			}
			if config.Log, err = telemetry.NewLog(stderr, logLevel, logFormat); err != nil {
				return err
			}
			return untilSignal(command.Context(), signals, config)
		},
	}
	addFlags(command.Flags(), &config, &logLevel, &logFormat)
	command.SetArgs(args)
	command.SetIn(stdin)
	command.SetOut(stdout)
	command.SetErr(stderr)
	return command.ExecuteContext(ctx)
}

// addFlags declares the flags, with the config's values as their defaults.
func addFlags(flags *pflag.FlagSet, config *Config, logLevel, logFormat *string) {
	flags.SortFlags = false
	flags.StringVar(&config.Function, "function", config.Function, "where the user function listens: HOST:PORT or unix:PATH")
	flags.StringVar(&config.Dialect, "dialect", config.Dialect, "in what the function is spoken to: v1, cloudstate-0.2, or auto, which asks in each until it answers")
	flags.BoolVar(&config.Unversioned, "unversioned", config.Unversioned, "take a function of Cloudstate that states no version for one of 0.2, also where it has replicated entities")
	flags.BoolVar(&config.Base64, "base64-metadata", config.Base64, "send metadata whose name ends in -bin to a function of Cloudstate as text in base64, and not as bytes")
	flags.StringVar(&config.Listen, "listen", config.Listen, "where the function's services are served: HOST:PORT; port 0 takes a free one")
	flags.StringVar(&config.Admin, "admin", config.Admin, "where /healthz, /readyz and /metrics are: HOST:PORT; port 0 takes a free one")
	flags.StringVar(&config.Store, "store", config.Store, "what keeps the state: pebble, postgres, or memory, which forgets it at the end")
	flags.StringVar(&config.Data, "data", config.Data, "directory of the store pebble; made if it is not there, and used by one proxy at a time")
	flags.StringVar(&config.Database, "database", config.Database, "database of the store postgres, as a URL or as key=value pairs; with a password in it, give it in the environment: STATEWARD_DATABASE")
	flags.StringVar(&config.Node, "node", config.Node, "name of this proxy that stays over restarts, so that one that was killed is followed at once, and that no other proxy has at the same time; with the store postgres")
	flags.DurationVar(&config.IdleTimeout, "idle-timeout", config.IdleTimeout, "how long an entity without commands stays in memory, where the function does not say")
	flags.DurationVar(&config.CommandTimeout, "command-timeout", config.CommandTimeout, "how long the function may take to answer one command")
	flags.DurationVar(&config.DrainTimeout, "drain-timeout", config.DrainTimeout, "how long commands under way may take when the proxy stops")
	flags.IntVar(&config.Mailbox, "mailbox", config.Mailbox, "how many commands may wait for one entity")
	flags.IntVar(&config.Active, "max-active", config.Active, "how many entities may be active before the one idle longest leaves memory; 0 is any number")
	flags.IntVar(&config.SnapshotAfter, "snapshot-after", config.SnapshotAfter, "how many events without a snapshot an entity has when the function is asked for one, where it can be asked; 0 is never")
	flags.Var((*size)(&config.MaxMessage), "max-message", "largest message to or from the function; to it no larger than it says that it takes; a request may take 128KiB less")
	flags.StringVar(&config.Collector, "otlp-endpoint", config.Collector, "URL of an OpenTelemetry collector that gets traces and metrics, such as http://127.0.0.1:4317; empty is as OTEL_EXPORTER_OTLP_ENDPOINT says, and without that nowhere")
	flags.Float64Var(&config.TraceRatio, "trace-ratio", config.TraceRatio, "of how many calls that come without a trace one begins, from 0 to 1; -1 is as OTEL_TRACES_SAMPLER says, and without that none")
	flags.BoolVar(&config.Dev, "dev", config.Dev, "tell the function that it is being developed and may lose its state, as --store memory does; changes nothing else")
	flags.StringVar(logLevel, "log-level", *logLevel, "what is logged: debug, info, warn or error")
	flags.StringVar(logFormat, "log-format", *logFormat, "how it is logged: text, json, or auto, which is text on a terminal")
}

// fromEnvironment sets the flags that were not given from the environment.
func fromEnvironment(flags *pflag.FlagSet) error {
	var wrong []error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := environment + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if !ok || flag.Changed || flag.Name == "help" || flag.Name == "version" {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	})
	return errors.Join(wrong...)
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

// version is set by the linker, as `make build` does; else it is empty.
var version string

// ownVersion returns the version of the binary: the linker's, or what the Go
// tool recorded when it built a released module.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case version != "":
		return version
	case ok && info.Main.Version != "" && info.Main.Version != "(devel)":
		return strings.TrimPrefix(info.Main.Version, "v")
	default:
		return "devel"
	}
}
