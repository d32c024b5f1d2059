// Package app is the command line of the kit.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/protocol"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// Exit codes. A gate needs no other knowledge of the kit.
const (
	// ExitPassed means that what was asked for holds.
	ExitPassed = 0
	// ExitFailed means that the subject does not conform, or was not measured
	// whole, or that a report is wrong.
	ExitFailed = 1
	// ExitUsage means that the command was wrong, or selected nothing.
	ExitUsage = 2
	// ExitNeverReady means that the subject never became ready.
	ExitNeverReady = 3
	// ExitKit means that the kit erred; the subject is not to blame.
	ExitKit = 4
)

// Set when the kit is built for release.
var (
	version = "0.0.0-dev"
	commit  = ""
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exit is an error that decides the exit code. Its text may be empty when all
// has been said.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// usage is an error of the person who typed the command.
func usage(format string, args ...any) error {
	return &exit{code: ExitUsage, err: fmt.Errorf(format, args...)}
}

// Run runs one command and returns its exit code. When ctx ends, what the
// command has started is ended before Run returns; so it is when the kit panics,
// which is an error of its own.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintf(stderr, "tck: the kit panicked, and the subject is not to blame: %v\n%s", cause, debug.Stack())
			code = ExitKit
		}
	}()
	root := command(streams{in: stdin, out: stdout, err: stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	called, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitPassed
	}
	ended, ours := errors.AsType[*exit](err)
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "tck: %s\n", text)
	}
	if !ours { // cobra's own errors are about what was typed
		fmt.Fprintf(stderr, "Run `%s --help` to see how.\n", called.CommandPath())
		return ExitUsage
	}
	return ended.code
}

// command builds the tree of commands.
func command(io streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "tck",
		Short: "Certify a user function against the Stateward specification",
		Long: `tck plays the proxy: it opens streams to your user function, sends what the
specification says a proxy sends, right and wrong, and holds each answer against
the sentence that rules it.

A subject is
  image:REF         a container; it is told HOST=0.0.0.0 and PORT=8080
  cmd:'COMMAND'     a process; it is told HOST=127.0.0.1 and a free PORT
  addr:HOST:PORT    something that already runs
and is ready once it answers stateward.discovery.v1.DiscoveryService/Discover.

Exit codes: 0 passed · 1 failed, or not measured whole · 2 usage, or nothing
selected · 3 the subject was never ready · 4 the kit's own error.`,
		Example: `  tck doctor cmd:'python -m my_sdk.model'
  tck function cmd:'python -m my_sdk.model' --profile core,forwarding,http,event-sourced
  tck function image:my-sdk-model:dev --run 'ES-SNAP-*'
  tck explain ES-REPLAY-003`,
		Version:       about(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		functionCommand(io),
		listCommand(io),
		explainCommand(io),
		coverageCommand(io),
		reportCommand(io),
		knownCommand(io),
		initCommand(io),
		protosCommand(io),
		doctorCommand(io),
		replayCommand(io),
		selfCheckCommand(io),
	)
	return root
}

func about() string {
	built := runtime.Version()
	if commit != "" {
		built = commit + ", " + built
	}
	return fmt.Sprintf("tck %s (%s), protocol %s, requirements %s", version, built, protocol.Version, protocol.Digest())
}

// kit describes this kit in a report.
func kit(seed int64) *tckv1.Kit { return &tckv1.Kit{Version: version, Commit: commit, Seed: seed} }

// environment describes where the kit runs.
func environment() *tckv1.Environment {
	return &tckv1.Environment{Platform: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
}

// exactly wants so many arguments, and says in words which.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("it takes %s, and was given %d arguments", what, len(args))
		}
		return nil
	}
}

// getenv is the environment, for what depends on the reader's terminal.
func getenv(name string) string { return os.Getenv(name) }
