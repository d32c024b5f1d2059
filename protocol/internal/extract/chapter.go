package extract

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// chapter is what one file holds.
type chapter struct {
	name         string
	profile      string
	fence        int // line of the fence that is open; 0 when none is
	requirements []located
	citations    []citation
	mistakes     []error
}

// untestable starts the reason why no case can show a requirement.
const untestable = "*Untestable:*"

var (
	profileLine = regexp.MustCompile("^Profile: `([^`]*)`$")
	anyID       = regexp.MustCompile(`\b[A-Z]{2,}-[A-Z0-9]+-[0-9]{3}\b`)
	boldID      = regexp.MustCompile(`\*\*[A-Z]+-[A-Z0-9]+-[0-9]+\*\*`)
)

// readChapter reads one file. A requirement is a blockquote that starts with a
// bold id; its sentence may wrap over several lines, and after it may stand the
// reason why no case can show it. Fenced blocks are passed over.
func readChapter(name, text string) *chapter {
	c := &chapter{name: name}
	if !utf8.ValidString(text) {
		c.refusef(place{name, 1}, "the file is not UTF-8")
		return c
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		i += c.take(lines[i:], place{name, i + 1})
	}
	if c.fence > 0 {
		c.refusef(place{name, c.fence}, "the fence is never closed")
	}
	return c
}

// take reads what starts at the first of lines, and returns how many it was.
func (c *chapter) take(lines []string, at place) int {
	line := strings.TrimRight(lines[0], " \r")
	switch {
	case strings.HasPrefix(strings.TrimSpace(line), "```"):
		c.turnFence(at)
	case c.fence > 0:
	case strings.HasPrefix(line, "> **"):
		return c.takeRequirement(quote(lines), at)
	case strings.HasPrefix(line, "Profile:"):
		c.takeProfile(line, at)
	case strings.HasPrefix(strings.TrimLeft(line, "> "), untestable):
		c.refusef(at, "%s stands under no requirement", untestable)
	case boldID.MatchString(line):
		c.refusef(at, "a bold id starts a requirement, and a requirement is a blockquote: > **AREA-TOPIC-NNN** (…)")
	default:
		c.cite(line, at)
	}
	return 1
}

// turnFence opens a fence, or closes the one that is open.
func (c *chapter) turnFence(at place) {
	if c.fence > 0 {
		c.fence = 0
		return
	}
	c.fence = at.line
}

func (c *chapter) takeProfile(line string, at place) {
	m := profileLine.FindStringSubmatch(line)
	switch {
	case m == nil:
		c.refusef(at, "want the form: Profile: `name`")
	case c.profile != "":
		c.refusef(at, "the chapter has a profile already: %s", c.profile)
	case !slices.Contains(profiles, m[1]):
		c.refusef(at, "unknown profile %q", m[1])
	default:
		c.profile = m[1]
	}
}

// takeRequirement reads the blockquote and returns how many lines it has.
func (c *chapter) takeRequirement(lines []string, at place) int {
	sentence, reason, excused := cutReason(lines)
	r, err := parse(sentence)
	if err != nil {
		c.refusef(at, "%s", err)
		return len(lines)
	}
	if r.Profile == "" {
		r.Profile = c.profile
	}
	r.Chapter = c.name
	r.Untestable = reason
	switch {
	case r.Profile == "":
		c.refusef(at, "%s has no profile: the chapter needs a line Profile: `name` above it", r.ID)
	case excused && reason == "":
		c.refusef(at, "%s is untestable, but no reason is given", r.ID)
	default:
		c.requirements = append(c.requirements, located{Requirement: r, at: at})
		c.cite(r.Text+" "+reason, at)
	}
	return len(lines)
}

// cite notes every id in the text.
func (c *chapter) cite(text string, at place) {
	for _, id := range anyID.FindAllString(text, -1) {
		c.citations = append(c.citations, citation{id, at})
	}
}

func (c *chapter) refusef(at place, format string, args ...any) {
	c.mistakes = append(c.mistakes, at.mistakef(format, args...))
}

// quote returns the lines of the blockquote that lines start with, without
// their marks.
func quote(lines []string) []string {
	var out []string
	for i, line := range lines {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), ">")
		if !ok || i > 0 && strings.HasPrefix(rest, " **") {
			break
		}
		out = append(out, strings.TrimSpace(rest))
	}
	return out
}

// cutReason splits a blockquote into its sentence and the reason why no case
// can show it; excused tells a missing reason from an empty one.
func cutReason(lines []string) (sentence, reason string, excused bool) {
	for i, line := range lines {
		if rest, ok := strings.CutPrefix(line, untestable); ok {
			rest = strings.Join(append([]string{rest}, lines[i+1:]...), " ")
			return strings.Join(lines[:i], " "), strings.TrimSpace(rest), true
		}
	}
	return strings.Join(lines, " "), "", false
}
