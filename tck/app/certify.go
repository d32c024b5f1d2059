package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/interrupt"
	"github.com/stateward/stateward/tck/known"
	"github.com/stateward/stateward/tck/output"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/requirement"
	"github.com/stateward/stateward/tck/subject"
)

// debugging is the patience with a subject that a person steps through.
const debugging = time.Hour

// lastBreath is how long it may take until the end of a subject is seen that no
// longer answers. It is only waited out by one that lives on all the same.
const lastBreath = 3 * time.Second

// certification is one run of `tck function`.
type certification struct {
	io      streams
	spec    subject.Spec
	known   known.List
	flags   *functionFlags
	printer *output.Printer
}

// certify runs the cases against the subject, tells what was found, writes the
// evidence, and takes the subject down again, however it ends.
func certify(ctx context.Context, io streams, spec subject.Spec, list known.List, flags *functionFlags) (err error) {
	config := output.For(io.out, getenv)
	config.Quiet = flags.quiet
	c := &certification{io: io, spec: spec, known: list, flags: flags, printer: output.New(io.out, config)}
	if err := subject.OwnContainers(); err != nil {
		return &exit{code: ExitKit, err: err}
	}
	c.printer.Waiting("waiting for " + spec.String() + " to answer Discover")
	started, err := subject.Start(ctx, spec, subject.Config{Within: flags.timeout, Dialect: flags.subjectDialect()})
	if err != nil {
		return c.notReady(ctx, err)
	}
	defer func() {
		if closing := started.Close(interrupt.Cleanup(ctx)); closing != nil && err == nil {
			err = &exit{code: ExitKit, err: fmt.Errorf("the subject could not be taken down: %w", closing)}
		}
	}()
	return c.run(ctx, started)
}

// notReady tells why nothing ran, and writes a report that says so.
func (c *certification) notReady(ctx context.Context, cause error) error {
	code, reason := ExitKit, cause.Error()
	if blamed, ok := errors.AsType[*subject.NotReadyError](cause); ok {
		code, reason = ExitNeverReady, blamed.Reason
	} else if ctx.Err() != nil {
		code, reason = ExitFailed, "the run was ended before the subject was ready"
		cause = errors.New(reason)
	}
	c.printer.Erase()
	fmt.Fprintf(c.io.err, "tck: %v\n", cause)
	if err := c.write(report.New(c.reportOf(nil, nil, reason))); err != nil {
		return err
	}
	return &exit{code: code}
}

// run runs the cases against a subject that is ready.
func (c *certification) run(ctx context.Context, started *subject.Subject) error {
	empty := report.New(c.reportOf(started, nil, ""))
	c.printer.Heading(empty, started.Address())
	selected := c.flags.cases(empty.GetSubject().GetProfiles())
	if len(selected) == 0 {
		return c.flags.nothing()
	}
	shown := slices.Concat(report.Shown(started.Discovery()), empty.GetSubject().GetDiscoveredProfiles())
	selected = runnable(selected, shown)
	if c.flags.hold {
		if err := c.hold(ctx, started); err != nil {
			return &exit{code: ExitFailed, err: err}
		}
	}
	begin := time.Now()
	results, trouble := c.play(ctx, started, selected)
	results = c.known.Judge(results)
	finished := report.New(c.reportOf(started, results, trouble))
	c.printer.Tell(output.Story{
		Report: finished, Results: results, Requirements: sentences(finished), Repro: c.repro, Time: time.Since(begin),
	})
	c.lastWords(ctx, started, trouble)
	if err := c.writeTraces(results); err != nil {
		return err
	}
	if err := c.write(finished); err != nil {
		return err
	}
	return verdict(finished)
}

// sentences returns what the subject of the report was held to.
func sentences(r *tckv1.Report) requirement.Set {
	if slices.Contains(r.GetSubject().GetProfiles(), cases.CloudstateProfile) {
		return cases.CloudstateRequirements()
	}
	return requirement.All()
}

// runnable returns the cases on what the subject has shown. The others would
// blame it for what it never claimed; what only they measure is unmeasured.
func runnable(selected []engine.Case, discovered []string) []engine.Case {
	return slices.DeleteFunc(selected, func(c engine.Case) bool {
		return !slices.Contains(discovered, c.Profile) || c.Model != "" && !slices.Contains(discovered, c.Model)
	})
}

// play runs the cases. A subject that ends takes the run with it; trouble then
// says how it ended.
func (c *certification) play(ctx context.Context, started *subject.Subject, selected []engine.Case) (results []engine.Result, trouble string) {
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		err := started.Wait(running)
		cancel(err)
		ended <- err
	}()
	results = engine.Run(running, started, selected, engine.Options{
		Patience: c.patience(),
		Seed:     c.flags.seed,
		Parallel: c.flags.parallel,
		Repeat:   c.flags.repeat,
		Progress: c.printer.Progress(len(selected)),
	})
	// What a dying subject breaks is seen before its death is.
	if slices.ContainsFunc(results, missed) && started.Gone(running) {
		timer := time.AfterFunc(lastBreath, func() { cancel(nil) })
		defer timer.Stop()
	} else {
		cancel(nil)
	}
	err := <-ended
	if _, died := errors.AsType[*subject.ExitError](err); died || ctx.Err() != nil {
		trouble = err.Error()
	}
	return results, trouble
}

func missed(r engine.Result) bool { return r.Verdict != tckv1.Verdict_VERDICT_PASS }

func (c *certification) patience() time.Duration {
	if c.flags.hold {
		return max(debugging, c.flags.patience)
	}
	return c.flags.patience
}

// lastWords prints what the subject wrote last, when it ended too early.
func (c *certification) lastWords(ctx context.Context, started *subject.Subject, trouble string) {
	if trouble == "" || ctx.Err() != nil {
		return
	}
	c.printer.Note("\nThe subject's last lines were:")
	for _, line := range started.Tail(ctx, 12) {
		c.printer.Note("    " + line)
	}
}

// hold waits until a person says go.
func (c *certification) hold(ctx context.Context, started *subject.Subject) error {
	c.printer.Note(fmt.Sprintf("The subject is ready%s. Attach a debugger, then press Enter.", processOf(started)))
	pressed := make(chan struct{})
	go func() { // a terminal's read cannot be cut off: on Ctrl-C it ends with the process
		defer close(pressed)
		_, _ = bufio.NewReader(c.io.in).ReadString('\n') // the end of input is a go too
	}()
	select {
	case <-pressed:
		return nil
	case <-ctx.Done():
		return errors.New("the run was ended before its first case")
	}
}

func processOf(started *subject.Subject) string {
	if pid := started.PID(); pid > 0 {
		return fmt.Sprintf(" as process %d", pid)
	}
	return ""
}

// reportOf gathers what a report is made of; started is nil when the subject
// never was ready.
func (c *certification) reportOf(started *subject.Subject, results []engine.Result, trouble string) report.Run {
	describe := report.Function
	if c.cloudstate(started) {
		describe = report.CloudstateFunction
	}
	tested := describe(c.spec.String(), started.Discovery())
	tested.ImageDigest = started.ImageDigest()
	tested.Organization, tested.Project = c.flags.organization, c.flags.project
	tested.Version, tested.Url = c.flags.version, c.flags.url
	if len(c.flags.profiles) > 0 {
		report.Declare(tested, c.flags.profiles)
	}
	return report.Run{
		Specification: report.Current(),
		Subject:       tested,
		Kit:           kit(c.flags.seed),
		Environment:   environment(),
		Selection:     c.flags.narrowing(),
		Known:         c.known,
		Results:       results,
		Repro:         c.repro,
		Trouble:       trouble,
	}
}

// cloudstate reports whether the subject is asked in the dialect of Cloudstate 0.2;
// started is nil when it never was ready.
func (c *certification) cloudstate(started *subject.Subject) bool {
	if started == nil {
		return c.flags.subjectDialect() == dialect.Cloudstate
	}
	return started.Dialect() == dialect.Cloudstate
}

// repro is the command that runs just this case again.
func (c *certification) repro(result engine.Result) string {
	in := ""
	if result.Case.Profile == cases.CloudstateProfile {
		in = " --dialect " + string(dialect.Cloudstate)
	}
	line := fmt.Sprintf("tck function %s%s --run %s --seed %d", c.spec.Shell(), in, subject.Quote(result.Case.ID), c.flags.seed)
	if result.Verdict == tckv1.Verdict_VERDICT_FLAKY {
		return fmt.Sprintf("%s --repeat %d", line, result.Runs)
	}
	return line + " --hold"
}

// write writes the evidence where it was asked for.
func (c *certification) write(r *tckv1.Report) error {
	for _, file := range c.flags.files.renderings() {
		text, err := file.render(r)
		if err == nil {
			err = save(file.path, text)
		}
		if err != nil {
			return &exit{code: ExitKit, err: fmt.Errorf("the report cannot be written: %w", err)}
		}
		c.printer.Remark("wrote " + file.path)
	}
	if c.flags.annotations {
		return report.WriteAnnotations(c.io.out, r, c.flags.files.report)
	}
	return nil
}

// verdict turns the result into the exit code.
func verdict(r *tckv1.Report) error {
	switch r.GetResult() {
	case tckv1.Result_RESULT_CONFORMANT, tckv1.Result_RESULT_PARTIAL:
		if slices.ContainsFunc(r.GetRequirements(), stale) {
			return &exit{code: ExitFailed}
		}
		return nil
	case tckv1.Result_RESULT_NON_CONFORMANT:
		return &exit{code: ExitFailed}
	default:
		if slices.ContainsFunc(r.GetRequirements(), erred) {
			return &exit{code: ExitKit}
		}
		return &exit{code: ExitFailed} // nothing came to a verdict
	}
}

// stale reports whether a case of the requirement is listed as failing, and passed.
func stale(row *tckv1.RequirementResult) bool {
	return slices.ContainsFunc(row.GetCases(), func(c *tckv1.CaseResult) bool {
		return c.GetVerdict() == tckv1.Verdict_VERDICT_STALE_KNOWN
	})
}

func erred(row *tckv1.RequirementResult) bool {
	return row.GetVerdict() == tckv1.Verdict_VERDICT_KIT_ERROR
}
