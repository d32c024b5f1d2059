package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// entry is the name of the report entry that carries a result.
const entry = "tck result"

// kept is a result on its way through Ginkgo, which carries results of other
// processes as JSON.
type kept struct {
	ID                       string
	Verdict                  tckv1.Verdict
	Expected, Actual, Likely string
	Reason                   string
	Wire                     []string
	Time                     time.Duration
}

func keep(r engine.Result) string {
	text, err := json.Marshal(kept{r.Case.ID, r.Verdict, r.Expected, r.Actual, r.Likely, r.Reason, r.Wire, r.Time})
	if err != nil {
		panic(fmt.Sprintf("a result is no JSON: %v", err)) // texts and numbers always are
	}
	return string(text)
}

// restore makes a result again. The case is looked up: its script is code.
func restore(text string, all []engine.Case) (engine.Result, error) {
	var k kept
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return engine.Result{}, fmt.Errorf("suite: a kept result cannot be read: %w", err)
	}
	at := slices.IndexFunc(all, func(c engine.Case) bool { return c.ID == k.ID })
	if at < 0 {
		return engine.Result{}, fmt.Errorf("suite: there is no case %q", k.ID)
	}
	return engine.Result{
		Case: all[at], Verdict: k.Verdict, Expected: k.Expected, Actual: k.Actual,
		Likely: k.Likely, Reason: k.Reason, Wire: k.Wire, Time: k.Time,
	}, nil
}

// writeReport gathers the results of every process and writes the report.
func (c Config) writeReport(suite ginkgo.Report) {
	if err := c.report(suite); err != nil {
		ginkgo.Fail(err.Error())
	}
}

func (c Config) report(suite ginkgo.Report) error {
	var results []engine.Result
	all := chosen(c.Profiles)
	for _, spec := range suite.SpecReports {
		for _, found := range spec.ReportEntries {
			if found.Name != entry {
				continue
			}
			result, err := restore(found.StringRepresentation(), all)
			if err != nil {
				return err
			}
			results = append(results, result)
		}
	}
	tested := c.Subject()
	report.Declare(tested, c.Profiles)
	text, err := report.Marshal(report.New(report.Run{
		Specification: report.Current(),
		Subject:       tested,
		Kit:           &tckv1.Kit{Version: version(), Seed: suite.SuiteConfig.RandomSeed},
		Environment:   &tckv1.Environment{Platform: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()},
		Selection:     narrowing(suite.SuiteConfig),
		Results:       results,
	}))
	if err != nil {
		return err
	}
	return os.WriteFile(c.Report, text, 0o644) //nolint:gosec // evidence is published
}

// version is that of this module in the test binary.
func version() string {
	const unknown = "(devel)"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path == "github.com/stateward/stateward" && module.Version != "" {
			return module.Version
		}
	}
	return unknown
}

// narrowing is what Ginkgo was told to leave out; nil when nothing.
func narrowing(config types.SuiteConfig) *tckv1.Selection {
	run := slices.Clone(config.FocusStrings)
	if config.LabelFilter != "" {
		run = append(run, "labels "+config.LabelFilter)
	}
	for _, text := range config.SkipStrings {
		run = append(run, "not "+text)
	}
	if len(run) == 0 {
		return nil
	}
	return &tckv1.Selection{Run: run}
}
