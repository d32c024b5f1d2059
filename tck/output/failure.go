package output

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

const (
	// crowd is how many cases must end alike, where the kit has no guess at the
	// cause, before only the first is shown in full.
	crowd = 4
	// listed is how many ids a list of others names.
	listed = 8
	// wireLines is how many frames of a long wire are shown.
	wireLines = 24
)

// failures prints every case that did not pass, but for those that were known to
// fail. Cases that ended alike have one cause, and it is printed once.
func (p *Printer) failures(story Story) {
	for _, group := range alike(story.Results) {
		first, rest := group[0], group[1:]
		switch first.Verdict {
		case tckv1.Verdict_VERDICT_UNMEASURED:
			p.unmeasured(group)
			continue
		case tckv1.Verdict_VERDICT_KIT_ERROR:
			p.kitError(first)
		default:
			p.failure(story, first)
		}
		if len(rest) > 0 {
			p.lines(fmt.Sprintf("the same in %d more: %s", len(rest), ids(rest)))
		}
		p.printf("\n")
	}
}

// alike groups what did not pass: results with one cause are one group. The cause is
// what the kit guesses it to be; else what came, which is the same by chance in a few
// cases, and for a cause in a crowd alone. Groups stand in the order of their first
// results.
func alike(results []engine.Result) [][]engine.Result {
	cause := func(r engine.Result) string {
		return fmt.Sprint(int(r.Verdict), "\x00", cmp.Or(r.Likely, r.Actual), "\x00", r.Reason)
	}
	counts := map[string]int{}
	for _, r := range results {
		counts[cause(r)]++
	}
	var groups [][]engine.Result
	at := map[string]int{}
	for _, r := range results {
		switch r.Verdict {
		case tckv1.Verdict_VERDICT_PASS, tckv1.Verdict_VERDICT_KNOWN_FAIL, tckv1.Verdict_VERDICT_STALE_KNOWN:
			continue
		default:
		}
		key := cause(r)
		together := r.Likely != "" || counts[key] >= crowd || r.Verdict == tckv1.Verdict_VERDICT_UNMEASURED
		if i, seen := at[key]; seen && together {
			groups[i] = append(groups[i], r)
			continue
		}
		at[key] = len(groups)
		groups = append(groups, []engine.Result{r})
	}
	return groups
}

func (p *Printer) failure(story Story, r engine.Result) {
	sign, tint := "✗", red
	if r.Verdict == tckv1.Verdict_VERDICT_WARN {
		sign, tint = "!", yellow
	}
	title := strings.Join(r.Case.Requirements, ", ")
	level := requirement.Must
	if r.Case.Level == engine.Should {
		level = requirement.Should
	}
	left := fmt.Sprintf("%s  %s  %s", level, story.Report.GetSubject().GetRole(), r.Case.ID)
	room := p.config.Width - utf8.RuneCountInString(sign+" "+title+"  ") - 8
	p.printf("%s  %s %6.2fs\n", p.paint(tint, sign+" "+title), pad(left, room), r.Time.Seconds())
	for _, id := range r.Case.Requirements {
		p.sentence(story.Requirements, id, len(r.Case.Requirements) > 1)
	}
	p.contrast(r)
	if r.Likely != "" {
		p.printf("  Likely: %s\n", r.Likely)
	}
	if r.Reason != "" {
		p.lines("Note: " + r.Reason)
	}
	p.wire(r.Wire)
	p.printf("  %s %s\n", p.paint(dim, "repro"), story.Repro(r))
}

// sentence quotes what the specification says; with its id where there are several.
func (p *Printer) sentence(set requirement.Set, id string, named bool) {
	found, known := set.Find(id)
	if !known {
		return
	}
	text := `"` + found.Text + `"`
	if named {
		text = id + " " + text
	}
	p.lines(text)
}

// lines prints text indented, on as many lines as it needs.
func (p *Printer) lines(text string) {
	for _, line := range wrap(text, p.config.Width-2) {
		p.printf("  %s\n", line)
	}
}

// contrast prints what was expected and what came, side by side where both fit.
func (p *Printer) contrast(r engine.Result) {
	expected, actual := "Expected: "+r.Expected, "Actual: "+r.Actual
	if utf8.RuneCountInString(expected+actual)+10 <= p.config.Width {
		p.printf("  %s        %s\n", expected, actual)
		return
	}
	p.printf("  %s\n  %s\n", expected, "Actual:   "+r.Actual)
}

// wire prints the frames on one line where they fit, else one a line. Of a long
// wire the middle is left out.
func (p *Printer) wire(frames []string) {
	line := strings.Join(frames, " ")
	switch {
	case len(frames) == 0:
		return
	case utf8.RuneCountInString(line)+8 <= p.config.Width:
		p.printf("  %s  %s\n", p.paint(dim, "wire"), line)
		return
	case len(frames) > wireLines:
		left := fmt.Sprintf("… %d frames …", len(frames)-wireLines)
		half := wireLines / 2
		frames = slices.Concat(frames[:half], []string{left}, frames[len(frames)-half:])
	}
	for i, frame := range frames {
		label := "    "
		if i == 0 {
			label = p.paint(dim, "wire")
		}
		p.printf("  %s  %s\n", label, frame)
	}
}

func (p *Printer) unmeasured(group []engine.Result) {
	p.printf("%s\n", p.paint(yellow, fmt.Sprintf("– %s not measured", count(len(group), "case"))))
	p.lines(group[0].Reason)
	p.lines(ids(group))
	p.printf("\n")
}

// known prints what failed as listed, and what is listed and passed.
func (p *Printer) known(results []engine.Result) {
	for _, group := range []struct {
		verdict tckv1.Verdict
		tint    colour
		title   string
	}{
		{tckv1.Verdict_VERDICT_KNOWN_FAIL, yellow, "~ %s failed as listed"},
		{tckv1.Verdict_VERDICT_STALE_KNOWN, red, "✗ %s to be taken off the list of known failures"},
	} {
		found := slices.DeleteFunc(slices.Clone(results), func(r engine.Result) bool { return r.Verdict != group.verdict })
		if len(found) == 0 {
			continue
		}
		p.printf("%s\n", p.paint(group.tint, fmt.Sprintf(group.title, count(len(found), "case"))))
		for _, r := range found {
			p.lines(r.Case.ID + ": " + r.Reason)
		}
		p.printf("\n")
	}
}

func (p *Printer) kitError(r engine.Result) {
	p.printf("%s  %s\n", p.paint(yellow, "? the kit erred, and the subject is not to blame"), r.Case.ID)
	p.lines(r.Reason)
	p.wire(r.Wire)
}

// ids names a few of the cases, and says how many more there are.
func ids(results []engine.Result) string {
	var names []string
	for _, r := range results[:min(len(results), listed)] {
		names = append(names, r.Case.ID)
	}
	if more := len(results) - listed; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
