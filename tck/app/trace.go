package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/trace"
)

// writeTraces writes a trace for each case that did not pass, and takes away that of
// an earlier run for each that did.
func (c *certification) writeTraces(results []engine.Result) error {
	if c.flags.files.traces == "" {
		return nil
	}
	first := ""
	for _, r := range results {
		path := filepath.Join(c.flags.files.traces, filepath.FromSlash(r.Case.ID)+".json")
		if len(r.Frames) == 0 {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return &exit{code: ExitKit, err: fmt.Errorf("an old trace cannot be removed: %w", err)}
			}
			continue
		}
		text, err := trace.Marshal(c.traceOf(r))
		if err == nil {
			err = save(path, text)
		}
		if err != nil {
			return &exit{code: ExitKit, err: fmt.Errorf("a trace cannot be written: %w", err)}
		}
		first = cmp.Or(first, path)
	}
	if first != "" {
		c.printer.Remark("wrote traces; one is sent again by: tck replay " + first + " " + c.spec.Shell())
	}
	return nil
}

func (c *certification) traceOf(r engine.Result) *trace.Trace {
	verdict := strings.TrimPrefix(tckv1.Verdict_name[int32(r.Verdict)], "VERDICT_")
	return &trace.Trace{
		Schema: trace.Schema, Case: r.Case.ID, Requirements: r.Case.Requirements,
		Subject: c.spec.String(), Seed: c.flags.seed,
		Verdict: strings.ReplaceAll(strings.ToLower(verdict), "_", "-"), Message: report.MessageOf(r),
		Frames: r.Frames,
	}
}
