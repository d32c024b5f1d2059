package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/interrupt"
	"github.com/stateward/stateward/tck/output"
	"github.com/stateward/stateward/tck/subject"
	"github.com/stateward/stateward/tck/trace"
)

// replayFlags are the flags of `tck replay`.
type replayFlags struct {
	timeout, patience time.Duration
	dialect           string
}

func replayCommand(io streams) *cobra.Command {
	flags := replayFlags{}
	command := &cobra.Command{
		Use:   "replay TRACE SUBJECT",
		Short: "Send the messages of a failed case again, and compare the answers",
		Long: `Sends the very bytes that the kit sent when the trace was written, in their order,
waits wherever the subject answered then, and prints both conversations side by
side: then on the left, now on the right, and ≠ where the subject does otherwise.

"tck function --report-dir DIR" writes a trace for each case that did not pass. A
replay judges nothing: an answer may differ and be right. After a fix, expect the
line that was wrong to differ; what follows a difference may differ for it.

Exit codes: 0 the subject did the same · 1 it did something else · 3 it was never
ready.

A trace has the names of version 1. A subject that speaks the dialect of Cloudstate
0.2 is sent its names in their place.`,
		Example: `  tck replay out/traces/event-sourced/rehydrate/events.json cmd:./my-model`,
		Args:    exactly(2, "a TRACE, such as out/traces/ID.json, and a SUBJECT"),
		RunE: func(command *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			recorded, err := trace.Unmarshal(text)
			if err != nil {
				return usage("%s: %w", args[0], err)
			}
			spec, err := subject.Parse(args[1])
			if err != nil {
				return usage("%w", err)
			}
			if !slices.Contains(dialect.All(), dialect.Dialect(flags.dialect)) {
				return usage("--dialect is %s, not %q", dialects(), flags.dialect)
			}
			if flags.timeout <= 0 || flags.patience <= 0 {
				return usage("--timeout and --patience are longer than nothing")
			}
			return replay(command.Context(), io, recorded, spec, flags)
		},
	}
	set := command.Flags()
	set.StringVar(&flags.dialect, "dialect", string(dialect.Auto), "ask the subject in this `DIALECT`: "+dialects())
	set.DurationVar(&flags.timeout, "timeout", 30*time.Second, "how long the subject may take to be ready, a `DURATION`")
	set.DurationVar(&flags.patience, "patience", 3*time.Second, "how long each answer may take, a `DURATION`")
	return command
}

// replay starts the subject, replays, prints, and takes the subject down again.
func replay(ctx context.Context, io streams, recorded *trace.Trace, spec subject.Spec, flags replayFlags) (err error) {
	if err := subject.OwnContainers(); err != nil {
		return &exit{code: ExitKit, err: err}
	}
	started, err := subject.Start(ctx, spec, subject.Config{Within: flags.timeout, Dialect: dialect.Dialect(flags.dialect)})
	if notReady, ok := errors.AsType[*subject.NotReadyError](err); ok {
		return &exit{code: ExitNeverReady, err: notReady}
	}
	if err != nil {
		return &exit{code: ExitKit, err: err}
	}
	defer func() {
		if closing := started.Close(interrupt.Cleanup(ctx)); closing != nil && err == nil {
			err = &exit{code: ExitKit, err: fmt.Errorf("the subject could not be taken down: %w", closing)}
		}
	}()
	fmt.Fprintf(io.out, "%s  %s, when %s did not pass: %s\n\n", recorded.Case, strings.Join(recorded.Requirements, ", "), recorded.Subject, recorded.Verdict)
	differing := printRows(io, trace.Replay(ctx, started.Conn(), recorded, flags.patience))
	if ctx.Err() != nil {
		return &exit{code: ExitFailed, err: errors.New("the replay was ended")}
	}
	if differing > 0 {
		return &exit{code: ExitFailed, err: fmt.Errorf("%d of what the subject did is not what it did then", differing)}
	}
	fmt.Fprintln(io.out, "\nThe subject did the same.")
	return nil
}

// printRows prints both conversations, and returns how many lines differ. What does
// not fit beside the other stands below it.
func printRows(io streams, rows []trace.Row) int {
	width := output.For(io.out, getenv).Width
	if width <= 0 {
		width = 100
	}
	half, differing := (width-3)/2, 0
	fmt.Fprintf(io.out, "  %-*s %s\n", half, "then", "now")
	for _, r := range rows {
		sign := " "
		if r.Differs {
			sign = "≠"
			differing++
		}
		switch {
		case r.Then == "" && r.Now == "":
		case utf8.RuneCountInString(r.Then) <= half && utf8.RuneCountInString(r.Now) <= half:
			gap := strings.Repeat(" ", half-utf8.RuneCountInString(r.Then))
			fmt.Fprintln(io.out, strings.TrimRight(sign+" "+r.Then+gap+" "+r.Now, " "))
		case !r.Differs:
			fmt.Fprintf(io.out, "  %s\n", r.Then)
		default:
			fmt.Fprintf(io.out, "%s then %s\n  now  %s\n", sign, r.Then, r.Now)
		}
	}
	return differing
}
