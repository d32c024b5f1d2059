// Package bench measures the proxy beside the bare way through gRPC, in one run.
//
// Callers, proxies and functions are processes of their own, all of this one program,
// so that time and memory of a proxy are its own. All proxies stand at once and take
// turns, round after round: what else the machine does meets them all, and what counts
// are ratios.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/stateward/stateward/proxy/internal/build"
	"github.com/stateward/stateward/proxy/internal/store/postgres/pgtest"
)

// options are what the command line says.
type options struct {
	time     time.Duration
	rounds   int
	entities int
	only     *regexp.Regexp
	profiles string
	program  string
	about    bool
}

// Run runs the command with the arguments: it measures everything and prints it. With
// the first argument part it is one of the processes that are measured.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if len(args) > 0 && args[0] == "part" {
		return play(ctx, args[1:], stdin, stdout)
	}
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.about {
		fmt.Fprintln(stdout, build.About("stateward-bench"))
		return nil
	}
	return o.run(ctx, stdout)
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("stateward-bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&o.time, "time", 5*time.Minute, "how long all of it takes, about")
	flags.IntVar(&o.rounds, "rounds", 5, "how often all take their turn")
	flags.IntVar(&o.entities, "entities", 100_000, "how many entities are active at once where their memory is measured; 0 is none")
	only := flags.String("only", "", "regular expression: measure the rows that match it, such as 'pebble.*64', and what they are related to")
	flags.StringVar(&o.profiles, "profiles", "", "directory for a CPU profile of the proxy of each row, of the last round")
	flags.BoolVar(&o.about, "version", false, "say which build this is, and measure nothing")
	flags.StringVar(&o.program, "proxy", "", "the program stateward-proxy, whose start is measured; empty leaves that out")
	if err = flags.Parse(args); err != nil {
		return o, err
	}
	o.only, err = regexp.Compile(*only)
	return o, err
}

// run measures and prints.
func (o options) run(ctx context.Context, stdout io.Writer) (err error) {
	if o.profiles != "" {
		if err := os.MkdirAll(o.profiles, 0o750); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	l := &lab{options: o, dir: dir, out: stdout, begin: time.Now(), parts: map[string]*part{}}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.openDatabase(ctx); err != nil {
		return err
	}
	if err := l.openFunctions(ctx); err != nil {
		return err
	}
	results, err := l.throughput(ctx)
	if err != nil {
		return err
	}
	printRows(stdout, results)
	entities, err := l.entitySizes(ctx)
	if err != nil {
		return err
	}
	printSizes(stdout, entities)
	replays, err := l.replays(ctx)
	if err != nil {
		return err
	}
	printReplays(stdout, replays)
	started, err := l.start(ctx)
	if err != nil {
		return err
	}
	printStart(stdout, started)
	printGoals(stdout, goals(results, entities, replays, started))
	fmt.Fprintf(stdout, "\n%v in all\n", time.Since(l.begin).Round(time.Second))
	return nil
}

// lab has the processes that are measured.
type lab struct {
	options

	dir   string
	out   io.Writer
	begin time.Time
	// postgres is nil where this machine has none.
	postgres *pgtest.Server
	// parts are the processes by their names.
	parts map[string]*part
	made  int // directories and databases
}

// openDatabase starts a PostgreSQL server, or says that there is none.
func (l *lab) openDatabase(context.Context) (err error) {
	l.postgres, err = pgtest.Start()
	if errors.Is(err, pgtest.ErrAbsent) {
		fmt.Fprintf(l.out, "PostgreSQL is skipped: %v\n", err)
		return nil
	}
	return err
}

// openFunctions starts the two functions.
func (l *lab) openFunctions(ctx context.Context) error {
	for name, multiplexed := range map[string]bool{plainFunction: false, multiplexedFunction: true} {
		args := []string{"function", "-socket", filepath.Join(l.dir, name)}
		if multiplexed {
			args = append(args, "-multiplexed")
		}
		p, err := startPart(ctx, args...)
		if err != nil {
			return err
		}
		l.parts[name] = p
	}
	return nil
}

// close ends the processes.
func (l *lab) close() error {
	for _, p := range l.parts {
		p.kill()
	}
	if l.postgres == nil {
		return nil
	}
	return l.postgres.Stop()
}
