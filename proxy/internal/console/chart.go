package console

import (
	"fmt"
	"math"
	"strings"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// The size of a chart in its own units; the page stretches it.
const (
	chartWidth  = 300 // one for each second that is shown
	chartHeight = 60
)

// chart is one small picture of the last seconds.
type chart struct {
	// Name is what the script knows it by, Title what it shows.
	Name, Title string
	// Now is its newest value, Top the value at its upper edge.
	Now, Top string
	// Line is the path, Area the same down to the lower edge, and Second that of another
	// line; empty where there is none.
	Line, Area, Second string
}

// series is what one line shows; no number is a gap in it.
type series func(*adminv1alpha1.Second) float64

// path returns the path of a line on the scale: the newest second is at the right.
func path(seconds []*adminv1alpha1.Second, of series, top float64) string {
	seconds = seconds[max(len(seconds)-chartWidth, 0):]
	if len(seconds) == 0 {
		return ""
	}
	var b strings.Builder
	pen := 'M'
	for i, second := range seconds {
		value := of(second)
		if math.IsNaN(value) {
			pen = 'M'
			continue
		}
		x := chartWidth - len(seconds) + 1 + i
		y := chartHeight - min(value/top, 1)*(chartHeight-2) - 1
		fmt.Fprintf(&b, "%c%d %.1f", pen, x, y)
		if pen == 'M' {
			fmt.Fprintf(&b, "h.5") // One second alone is seen too.
		}
		pen = 'L'
	}
	return b.String()
}

// area closes a path along the lower edge.
func area(seconds []*adminv1alpha1.Second, line string) string {
	if line == "" {
		return ""
	}
	first := chartWidth - min(len(seconds), chartWidth) + 1
	return fmt.Sprintf("%sL%d %dL%d %dZ", line, chartWidth, chartHeight, first, chartHeight)
}

// highest returns the upper edge for the lines: a round number that no value is above.
func highest(seconds []*adminv1alpha1.Second, least float64, lines ...series) float64 {
	top := least
	for _, second := range seconds {
		for _, of := range lines {
			if value := of(second); value > top { // no number is not
				top = value
			}
		}
	}
	step := math.Pow(10, math.Floor(math.Log10(top)))
	for _, times := range []float64{1, 2, 5, 10} {
		if top <= times*step {
			return times * step
		}
	}
	return 10 * step
}

// orGap is a gap for a second in which nothing was answered.
func orGap(s *adminv1alpha1.Second, value float64) float64 {
	if s.GetCommands() == 0 {
		return math.NaN()
	}
	return value
}

// latencyOf shows how long the answers of a second took.
func latencyOf(s *adminv1alpha1.Second) string {
	if s.GetCommands() == 0 {
		return "–"
	}
	return milliseconds(s.GetP99Ms())
}

// charts are those of the overview.
func charts(o *adminv1alpha1.Overview) []chart {
	seconds := o.GetSeconds()
	last := new(adminv1alpha1.Second)
	if len(seconds) > 0 {
		last = seconds[len(seconds)-1]
	}
	commands := func(s *adminv1alpha1.Second) float64 { return s.GetCommands() }
	failures := func(s *adminv1alpha1.Second) float64 { return s.GetFailures() }
	p50 := func(s *adminv1alpha1.Second) float64 { return orGap(s, s.GetP50Ms()) }
	p99 := func(s *adminv1alpha1.Second) float64 { return orGap(s, s.GetP99Ms()) }
	active := func(s *adminv1alpha1.Second) float64 { return float64(s.GetActive()) }
	list := []chart{
		{Name: "commands", Title: "Commands a second", Now: rate(last.GetCommands()), Top: rate(highest(seconds, 10, commands))},
		{Name: "latency", Title: "Latency: p99 and, dashed, p50", Now: latencyOf(last), Top: milliseconds(highest(seconds, 1, p99))},
		{Name: "failures", Title: "Failures a second", Now: rate(last.GetFailures()), Top: rate(highest(seconds, 1, failures))},
		{Name: "active", Title: "Entities in memory", Now: count(last.GetActive()), Top: rate(highest(seconds, 10, active))},
	}
	for i, line := range []series{commands, p99, failures, active} {
		least := []float64{10, 1, 1, 10}[i]
		list[i].Line = path(seconds, line, highest(seconds, least, line))
		if i != 1 { // A latency is no amount, and has gaps.
			list[i].Area = area(seconds, list[i].Line)
		}
	}
	list[1].Second = path(seconds, p50, highest(seconds, 1, p99))
	return list
}
