package app

import (
	"cmp"
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/subject"
)

// functionFlags are the flags of `tck function`.
type functionFlags struct {
	selection
	identity

	files   files
	dialect string

	known      string // file of known failures
	failedLast string // report whose failures are run again; thisReport for the one of files

	seed     int64
	parallel int
	repeat   int
	timeout  time.Duration
	patience time.Duration
	hold     bool

	quiet       bool
	annotations bool
}

// identity says whose subject it is, for the report.
type identity struct {
	organization, project, version, url string
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
  tck function addr:127.0.0.1:8080 --run ES-REPLAY-003 --hold

  # what did not pass in the last run, five times each, to find what is flaky
  tck function cmd:./my-model --report-dir out --failed-last --repeat 5`,
		Args: exactly(1, "one SUBJECT, such as cmd:'./my-function'"),
		RunE: func(command *cobra.Command, args []string) error {
			spec, err := subject.Parse(args[0])
			if err != nil {
				return usage("%w", err)
			}
			if !command.Flags().Changed("seed") {
				flags.seed = randomSeed()
			}
			if !command.Flags().Changed("annotations") {
				flags.annotations = getenv("GITHUB_ACTIONS") == "true"
			}
			flags.files.resolve()
			if err := flags.validate(); err != nil {
				return err
			}
			list, err := readKnown(flags.known, time.Now())
			if err != nil {
				return err
			}
			return certify(command.Context(), io, spec, list, flags)
		},
	}
	flags.addTo(command)
	return command
}

func (f *functionFlags) addTo(command *cobra.Command) {
	f.selection.addTo(command)
	set := command.Flags()
	set.StringVar(&f.failedLast, "failed-last", "", "only what did not pass in the `REPORT`, or in the last one of --report-dir")
	set.Lookup("failed-last").NoOptDefVal = thisReport
	set.StringVar(&f.known, "known", "", "excuse the failures that this `FILE` lists (see `tck known init --help`)")
	f.files.addTo(set)
	set.Int64Var(&f.seed, "seed", 0, "`NUMBER` that gives the order of the cases and names of the entities (default: another one each time)")
	set.IntVarP(&f.parallel, "parallel", "p", 8, "how many cases run at once, `N`")
	set.IntVar(&f.repeat, "repeat", 1, "run each case `N` times; one that does not always end alike is flaky, and a failure")
	set.DurationVar(&f.timeout, "timeout", 30*time.Second, "how long the subject may take to be ready, a `DURATION`")
	set.DurationVar(&f.patience, "patience", 3*time.Second, "how long each answer may take, a `DURATION`")
	set.StringVar(&f.dialect, "dialect", string(dialect.Auto), "ask the subject in this `DIALECT`: "+dialects())
	set.BoolVar(&f.hold, "hold", false, "wait for Enter before the first case, and be patient, for a debugger")
	set.BoolVarP(&f.quiet, "quiet", "q", false, "print what did not pass and the result, and nothing else")
	set.BoolVar(&f.annotations, "annotations", false, "print workflow commands for GitHub too (default: when GITHUB_ACTIONS is true)")
	set.StringVar(&f.organization, "organization", "", "who publishes the subject, a `NAME` for the report")
	set.StringVar(&f.project, "project", "", "`NAME` of its project")
	set.StringVar(&f.version, "subject-version", "", "its `VERSION`")
	set.StringVar(&f.url, "url", "", "`URL` where to find it")
}

// validate refuses what makes no run.
func (f *functionFlags) validate() error {
	switch {
	case f.parallel < 1:
		return usage("-p is at least 1, not %d", f.parallel)
	case f.repeat < 1:
		return usage("--repeat is at least 1, not %d", f.repeat)
	case f.timeout <= 0 || f.patience <= 0:
		return usage("--timeout and --patience are longer than nothing")
	case f.failedLast == thisReport && f.files.report == "":
		return usage("--failed-last needs --report-dir or --report, or a report: --failed-last=REPORT")
	}
	if f.failedLast != "" {
		if err := f.narrowTo(cmp.Or(strings.TrimPrefix(f.failedLast, thisReport), f.files.report)); err != nil {
			return err
		}
	}
	if err := f.validateDialect(); err != nil {
		return err
	}
	return f.selection.validate()
}

// validateDialect refuses a dialect that there is not, and one in which the declared
// profiles are not measured.
func (f *functionFlags) validateDialect() error {
	asked := dialect.Dialect(f.dialect)
	switch {
	case !slices.Contains(dialect.All(), asked):
		return usage("--dialect is %s, not %q", dialects(), f.dialect)
	case len(f.profiles) == 0 || asked == dialect.Auto:
		return nil
	case asked != f.profilesDialect():
		return usage("--dialect %s does not go with --profile %s", asked, strings.Join(f.profiles, ","))
	default:
		return nil
	}
}

// subjectDialect is what the subject is asked in. A profile belongs to one dialect: who
// declares it has chosen.
func (f *functionFlags) subjectDialect() dialect.Dialect {
	if len(f.profiles) > 0 {
		return f.profilesDialect()
	}
	return dialect.Dialect(f.dialect)
}

// dialects lists what --dialect takes.
func dialects() string {
	var names []string
	for _, one := range dialect.All() {
		names = append(names, string(one))
	}
	return strings.Join(names, ", ")
}

// randomSeed is short, so that a person can type it.
func randomSeed() int64 {
	seed, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return 1 // the system has no randomness to give; any order will do
	}
	return seed.Int64()
}
