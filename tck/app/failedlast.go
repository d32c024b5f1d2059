package app

import (
	"os"
	"slices"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// thisReport stands for the report that the run will write over.
const thisReport = "-"

// narrowTo narrows the selection to the cases that did not pass in a report. One in
// which nothing ran narrows nothing.
func (s *selection) narrowTo(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return usage("--failed-last: %w", err)
	}
	last, err := report.Unmarshal(text)
	if err != nil {
		return usage("--failed-last: %s: %w", file, err)
	}
	ran, missed := casesIn(last)
	if ran == 0 {
		return nil
	}
	if len(missed) == 0 {
		return usage("nothing selected: all %d cases in %s have passed", ran, file)
	}
	s.only = missed
	return nil
}

// casesIn returns how many cases a report has, and the ids of those that did not
// pass, in order.
func casesIn(r *tckv1.Report) (ran int, missed []string) {
	seen := map[string]bool{}
	for _, row := range r.GetRequirements() {
		for _, c := range row.GetCases() {
			if seen[c.GetId()] {
				continue
			}
			seen[c.GetId()] = true
			if c.GetVerdict() != tckv1.Verdict_VERDICT_PASS {
				missed = append(missed, c.GetId())
			}
		}
	}
	slices.Sort(missed)
	return len(seen), missed
}
