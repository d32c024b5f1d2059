package app

import (
	"crypto/rand"
	"math/big"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/subject"
)

// functionFlags are the flags of `tck function`.
type functionFlags struct {
	selection
	identity

	files files

	seed     int64
	parallel int
	timeout  time.Duration
	patience time.Duration
	hold     bool
}

// identity says whose subject it is, for the report.
type identity struct {
	organization, project, version, url string
}

// files are where a run is written to; empty means nowhere.
type files struct {
	report, junit, dir string
}

func (f *files) resolve() {
	if f.dir == "" {
		return
	}
	if f.report == "" {
		f.report = filepath.Join(f.dir, "report.yaml")
	}
	if f.junit == "" {
		f.junit = filepath.Join(f.dir, "junit.xml")
	}
}

func functionCommand(io streams) *cobra.Command {
	flags := &functionFlags{}
	command := &cobra.Command{
		Use:   "function SUBJECT",
		Short: "Certify a user function",
		Long: `Starts the subject, or reaches for it, waits until it answers Discover, runs the
cases, and says what failed: the sentence that was broken, what was expected,
what came, the messages that passed, and how to run just that again.

It passes only if every MUST of its profiles was measured and passed.`,
		Example: `  # as a process, from your own repository
  tck function cmd:'node dist/model.js'

  # as a gate in CI: the profiles are declared, the evidence is kept
  tck function image:my-sdk-model:dev --profile core,forwarding,http,event-sourced --report-dir out

  # one requirement, with a debugger attached before the first message
  tck function addr:127.0.0.1:8080 --run ES-REPLAY-003 --hold`,
		Args: exactly(1, "one SUBJECT, such as cmd:'./my-function'"),
		RunE: func(command *cobra.Command, args []string) error {
			spec, err := subject.Parse(args[0])
			if err != nil {
				return usage("%w", err)
			}
			if err := flags.validate(); err != nil {
				return err
			}
			if !command.Flags().Changed("seed") {
				flags.seed = randomSeed()
			}
			flags.files.resolve()
			return certify(command.Context(), io, spec, flags)
		},
	}
	flags.addTo(command)
	set := command.Flags()
	set.StringVar(&flags.files.report, "report", "", "write the report to this `FILE` (YAML)")
	set.StringVar(&flags.files.junit, "junit", "", "write JUnit XML to this `FILE`")
	set.StringVar(&flags.files.dir, "report-dir", "", "write report.yaml and junit.xml into this `DIR`")
	set.Int64Var(&flags.seed, "seed", 0, "`NUMBER` that gives the order of the cases and names of the entities (default: another one each time)")
	set.IntVarP(&flags.parallel, "parallel", "p", 8, "how many cases run at once, `N`")
	set.DurationVar(&flags.timeout, "timeout", 30*time.Second, "how long the subject may take to be ready, a `DURATION`")
	set.DurationVar(&flags.patience, "patience", 3*time.Second, "how long each answer may take, a `DURATION`")
	set.BoolVar(&flags.hold, "hold", false, "wait for Enter before the first case, and be patient, for a debugger")
	set.StringVar(&flags.organization, "organization", "", "who publishes the subject, a `NAME` for the report")
	set.StringVar(&flags.project, "project", "", "`NAME` of its project")
	set.StringVar(&flags.version, "subject-version", "", "its `VERSION`")
	set.StringVar(&flags.url, "url", "", "`URL` where to find it")
	return command
}

// validate refuses what makes no run.
func (f *functionFlags) validate() error {
	switch {
	case f.parallel < 1:
		return usage("-p is at least 1, not %d", f.parallel)
	case f.timeout <= 0 || f.patience <= 0:
		return usage("--timeout and --patience are longer than nothing")
	default:
		return f.selection.validate()
	}
}

// randomSeed is short, so that a person can type it.
func randomSeed() int64 {
	seed, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return 1 // the system has no randomness to give; any order will do
	}
	return seed.Int64()
}
