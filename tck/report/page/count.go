package page

import (
	"cmp"
	"fmt"
	"slices"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// profile is a line of the table of profiles, with its bar.
type profile struct {
	Name    string
	Good    bool
	Verdict string
	Bar     []segment
	Numbers []number
}

// segment is a part of a bar, in percent of what is required.
type segment struct {
	Class       string
	Start, Long float64
}

// number is one count of a profile.
type number struct {
	Name  string
	Count int32
}

func profiles(all []*tckv1.ProfileResult) []profile {
	var out []profile
	for _, p := range all {
		good := p.GetRequired() > 0 && p.GetRequired() == p.GetPassed()
		out = append(out, profile{
			Name: Visible(p.GetProfile()), Good: good, Bar: bar(p),
			Verdict: fmt.Sprintf("%d of %d passed", p.GetPassed(), p.GetRequired()),
			Numbers: []number{
				{"required", p.GetRequired()},
				{"run", p.GetRun()},
				{"passed", p.GetPassed()},
				{"failed", p.GetFailed()},
				{"known", p.GetKnownFailed()},
				{"warned", p.GetWarned()},
				{"unmeasured", p.GetUnmeasured()},
				{"excused", p.GetExcused()},
			},
		})
	}
	return out
}

// bar divides what is required into what became of it.
func bar(p *tckv1.ProfileResult) []segment {
	var out []segment
	start := 0.0
	for _, part := range []struct {
		class string
		count int32
	}{
		{"pass", p.GetPassed()},
		{"known-fail", p.GetKnownFailed()},
		{"fail", p.GetFailed()},
	} {
		if part.count <= 0 || p.GetRequired() <= 0 {
			continue
		}
		long := 100 * float64(part.count) / float64(p.GetRequired())
		out = append(out, segment{part.class, start, long})
		start += long
	}
	return out
}

// crowd is how many cases must have ended alike for their cause to be named at the
// head, and headed is how many causes are.
const (
	crowd  = 2
	headed = 6
)

// cause is what several cases ended in.
type cause struct {
	Verdict verdict
	Text    string
	Count   int
	IDs     []string // of requirements, ordered
}

// causes finds what most of the cases that did not pass have in common: what the kit
// guesses, else why they have no verdict, else what came.
func causes(r *tckv1.Report) []cause {
	var all []*cause
	byText, seen := map[string]*cause{}, map[string]bool{}
	for _, requirement := range r.GetRequirements() {
		for _, c := range requirement.GetCases() {
			v := verdictOf(c.GetVerdict())
			if v.Settled() {
				continue
			}
			text := oneLine(cmp.Or(c.GetLikely(), c.GetActual(), c.GetReason()))
			key := v.Word + text
			if byText[key] == nil {
				byText[key] = &cause{Verdict: v, Text: text}
				all = append(all, byText[key])
			}
			found := byText[key]
			if !seen[c.GetId()] {
				found.Count++
			}
			seen[c.GetId()] = true
			if id := Visible(requirement.GetId()); len(found.IDs) == 0 || found.IDs[len(found.IDs)-1] != id {
				found.IDs = append(found.IDs, id)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *cause) int { return cmp.Compare(b.Count, a.Count) })
	var named []cause
	for _, c := range all[:min(len(all), headed)] {
		if c.Count >= crowd {
			named = append(named, *c)
		}
	}
	return named
}
