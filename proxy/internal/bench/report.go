package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// percentile returns the value that so many of a hundred are not above.
func percentile[T time.Duration | float64](values []T, hundredth int) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)*hundredth/100, len(sorted)-1)]
}

// rate is the median of the rounds.
func (r *result) rate() float64 { return percentile(r.rates, 50) }

// find returns the result of a row; nil where it was not measured.
func find(results []*result, wanted row) *result {
	for _, r := range results {
		if r.row == wanted {
			return r
		}
	}
	return nil
}

// table prints lines with tabs as a table.
func table(out io.Writer, lines func(line func(format string, args ...any))) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	lines(func(format string, args ...any) { fmt.Fprintf(w, format+"\t\n", args...) })
	_ = w.Flush() // nobody reads it then
}

// printRows prints what was measured, related to the bare proxy under the same load. The
// spread is the smallest and the largest rate of a round, each to the median.
func printRows(out io.Writer, results []*result) {
	fmt.Fprintln(out, "\nOf bare: median of the rounds, to the bare proxy's under the same load. CPU and memory are the proxy's.")
	load := row{}
	table(out, func(line func(string, ...any)) {
		for _, r := range results {
			if heading := (row{kind: r.kind, keys: r.keys, callers: r.callers}); heading != load {
				load = heading
				line("\t\t\t\t\t\t\t")
				line("%v, %d keys, %d callers\tof bare\tcommands/s\tspread\tp50\tp99\tCPU/command\tmemory", r.kind, r.keys, r.callers)
			}
			bare, calls := find(results, r.baseline()), max(len(r.took), 1)
			line("%v\t%.2f\t%.0f\t%.2f–%.2f\t%v\t%v\t%v\t%d MiB", r.subject, r.rate()/bare.rate(), r.rate(),
				slices.Min(r.rates)/r.rate(), slices.Max(r.rates)/r.rate(), rounded(percentile(r.took, 50)), rounded(percentile(r.took, 99)),
				rounded(r.cpu/time.Duration(calls)), r.resident>>20)
		}
	})
}

// rounded leaves three figures or so.
func rounded(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

func printSizes(out io.Writer, all []entitySize) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(out, "\nActive entities, event sourced. Memory is the proxy's resident memory.")
	table(out, func(line func(string, ...any)) {
		line("entities\tbytes each\theap\tstacks\tgoroutines each\tactivations/s")
		for _, e := range all {
			line("%v, %d\t%.0f\t%.0f\t%.0f\t%.2f\t%.0f", e.subject, e.entities, e.bytes, e.heap, e.stacks, e.goroutines, e.rate)
		}
	})
}

func printReplays(out io.Writer, all []replay) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(out, "\nActivation with so many events and no snapshot, the first command included.")
	table(out, func(line func(string, ...any)) {
		line("events\ttime\tevents/s")
		for _, r := range all {
			line("%v, %d\t%v\t%.0f", r.subject, r.events, rounded(r.took), r.rate())
		}
	})
}

func printStart(out io.Writer, s start) {
	if s == (start{}) {
		return
	}
	fmt.Fprintf(out, "\nStart of the program, with pebble: ready after %v, the first answer after %v; then %.1f MiB of memory.\n",
		rounded(s.ready), rounded(s.answered), s.resident/(1<<20))
}

func printGoals(out io.Writer, all []goal) {
	fmt.Fprintln(out, "\nGoals")
	table(out, func(line func(string, ...any)) {
		line("\tgoal\tmeasured\t")
		for _, g := range all {
			line("%s\t%s %s\t%s\t%s", g.what, g.sign(), g.figure(g.wanted), g.figure(g.measured), strings.ToUpper(g.verdict()))
		}
	})
}
