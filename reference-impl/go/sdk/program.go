package sdk

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
)

const usage = `%s is a Stateward user function: it serves entities to a proxy.

Without arguments it serves, until SIGTERM or SIGINT stop it in order: the commands
at hand are answered first. A second signal ends it at once.

  healthcheck  ask the function that serves at this address: exit code 0 when it is
               well, 1 when it is not, or does not say so within 2 s
  --help       print this
  --version    print what this is

It reads its address from the environment:

  HOST     where it listens; default 127.0.0.1; unix:PATH listens on a socket
  PORT     on which port; default 8080; 0 takes a free one and logs it
  SOCKET   path of a unix socket to listen on instead
  DIALECT  the only dialect to serve, v1 or cloudstate-0.2; default: each that it speaks
`

// Main runs the function as a program: it reads the arguments and the
// environment (see --help), serves until SIGTERM or SIGINT, or asks for the health of
// what serves there, and returns the exit code: 0 after a stop in order, and for good
// health; 1 after any other end; 2 for wrong arguments. A second signal ends the
// process at once.
func Main(config Config) int {
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	context.AfterFunc(ctx, release)

	err := run(ctx, config, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if errors.Is(err, errUsage) {
		return 2
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// errUsage says that the arguments are wrong, and that the person has been told.
var errUsage = errors.New("wrong arguments")

// run is Main with everything that it touches handed in.
func run(ctx context.Context, config Config, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet(config.Name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {} // help goes to standard output, below
	showVersion := flags.Bool("version", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, usage, config.Name)
		return nil
	case err != nil:
		return errUsage
	case slices.Equal(args, []string{"healthcheck"}):
		return healthcheck(ctx, getenv, healthTimeout)
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "%s takes no arguments but healthcheck, and was given %q\n", config.Name, strings.Join(flags.Args(), " "))
		return errUsage
	case *showVersion:
		fmt.Fprintf(stdout, "%s %s (%s), %s %s\n", config.Name, config.Version, built(), Name, Version())
		return nil
	}
	return serve(ctx, config, getenv, stderr)
}

// serve serves the function where the environment says, until ctx ends.
func serve(ctx context.Context, config Config, getenv func(string) string, stderr io.Writer) error {
	if config.Log == nil {
		config.Log = slog.New(slog.NewTextHandler(stderr, nil))
	}
	config.Dialect = cmp.Or(getenv("DIALECT"), config.Dialect)
	function, err := New(config)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, getenv)
	if err != nil {
		return err
	}
	config.Log.InfoContext(ctx, "listening", "network", listener.Addr().Network(), "address", listener.Addr().String())
	defer config.Log.InfoContext(ctx, "stopped")
	return function.Serve(ctx, listener)
}

// built says from which commit the program was built, where the linker or the Go tool
// recorded it, and by which Go.
func built() string {
	from := commit
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && from == "" {
				from = setting.Value[:min(12, len(setting.Value))]
			}
		}
	}
	if from == "" {
		return runtime.Version()
	}
	return from + ", " + runtime.Version()
}

// listen opens the address that the environment names.
func listen(ctx context.Context, getenv func(string) string) (net.Listener, error) {
	network, address := addressOf(getenv)
	if network == "unix" {
		if err := removeStale(ctx, address); err != nil {
			return nil, err
		}
	}
	var config net.ListenConfig
	return config.Listen(ctx, network, address)
}

// addressOf returns the address that the environment names (DISC-LISTEN-001); a
// variable that is empty counts as one that is not there.
func addressOf(getenv func(string) string) (network, address string) {
	if path := getenv("SOCKET"); path != "" {
		return "unix", path
	}
	host := cmp.Or(getenv("HOST"), "127.0.0.1")
	if path, isSocket := strings.CutPrefix(host, "unix:"); isSocket { // DISC-LISTEN-003
		return "unix", path
	}
	port := cmp.Or(getenv("PORT"), "8080")
	return "tcp", net.JoinHostPort(host, port)
}

// removeStale removes the socket that a killed process left at path, so that
// the next one can listen there. Its error is a path that is in use.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s is a file, not a socket; it stays", path)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("another process listens on %s", path), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}
