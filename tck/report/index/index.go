// Package index shows many published reports on one page: what is there, and which
// profiles each of the subjects passes.
package index

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// Name is the file that holds the page, at the root of the tree of reports.
const Name = "INDEX.md"

// heading stands above the page.
const heading = `<!-- Written by ` + "`tck report index`" + `: do not edit. -->
# Published reports

What each report says of itself; ` + "`tck report verify`" + ` recomputes it, and the "Reproduce" section
beside each repeats it. [matrix.html](matrix.html) shows the same as a page for browsers.
`

// Markdown is the page of the reports, each by its path below the root of the tree, with
// slashes. Subjects stand in the order of their paths.
func Markdown(reports map[string]*tckv1.Report) []byte {
	paths := slices.SortedFunc(maps.Keys(reports), compare)
	var out strings.Builder
	out.WriteString(heading)
	if len(paths) == 0 {
		out.WriteString("\nThere is none yet.\n")
		return []byte(out.String())
	}
	overview(&out, reports, paths)
	matrix(&out, reports, paths)
	return []byte(out.String())
}

// compare orders paths as people read versions: 1.9.0 before 1.10.0.
func compare(a, b string) int {
	return cmp.Or(cmp.Compare(path.Dir(a), path.Dir(b)), cmp.Compare(padded(a), padded(b)), cmp.Compare(a, b))
}

// padded writes every number in a text with ten digits.
func padded(text string) string {
	var out, digits strings.Builder
	flush := func() {
		if digits.Len() > 0 {
			fmt.Fprintf(&out, "%010s", digits.String())
		}
		digits.Reset()
	}
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits.WriteRune(r)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}

// overview lists the reports with their results.
func overview(out *strings.Builder, reports map[string]*tckv1.Report, paths []string) {
	out.WriteString("\n| subject | version | role | protocol | result | why | kit | requirements |\n|---|---|---|---|---|---|---|---|\n")
	for _, at := range paths {
		r := reports[at]
		fmt.Fprintf(out, "| [%s](%s) | [%s](%s) | %s | %s | %s | %s | %s | %s |\n",
			cell(subject(r)), address(path.Dir(at)+"/README.md"), cell(r.GetSubject().GetVersion()), address(at),
			cell(r.GetSubject().GetRole()), cell(r.GetSpecification().GetProtocol()),
			mark(r.GetResult()), cell(r.GetReason()), cell(r.GetKit().GetVersion()),
			cell(short(r.GetSpecification().GetRequirementsDigest())))
	}
}

// matrix shows for each report and profile how many MUSTs passed.
func matrix(out *strings.Builder, reports map[string]*tckv1.Report, paths []string) {
	profiles := map[string]bool{}
	for _, r := range reports {
		for _, p := range r.GetProfiles() {
			profiles[p.GetProfile()] = true
		}
	}
	names := slices.Sorted(maps.Keys(profiles))
	out.WriteString("\n## Profiles\n\nHow many of a profile's MUSTs passed, of how many; – is a profile that was not declared.\n\n| subject | version |")
	for _, name := range names {
		fmt.Fprintf(out, " %s |", cell(name))
	}
	out.WriteString("\n|---|---|" + strings.Repeat("---|", len(names)) + "\n")
	for _, at := range paths {
		r := reports[at]
		fmt.Fprintf(out, "| %s | %s |", cell(subject(r)), cell(r.GetSubject().GetVersion()))
		for _, name := range names {
			fmt.Fprintf(out, " %s |", count(r, name))
		}
		out.WriteString("\n")
	}
}

func count(r *tckv1.Report, profile string) string {
	at := slices.IndexFunc(r.GetProfiles(), func(p *tckv1.ProfileResult) bool { return p.GetProfile() == profile })
	if at < 0 {
		return "–"
	}
	p := r.GetProfiles()[at]
	sign := "✗"
	if p.GetRequired() > 0 && p.GetPassed() == p.GetRequired() {
		sign = "✓"
	}
	return fmt.Sprintf("%s %d/%d", sign, p.GetPassed(), p.GetRequired())
}

func subject(r *tckv1.Report) string {
	return r.GetSubject().GetOrganization() + "/" + r.GetSubject().GetProject()
}

// mark is a result with its sign.
func mark(result tckv1.Result) string {
	sign, word := sign(result)
	return sign + " " + word
}

// sign is a result as a sign and as a word.
func sign(result tckv1.Result) (sign, word string) {
	word = strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(result.String(), "RESULT_")), "_", "-")
	switch result {
	case tckv1.Result_RESULT_CONFORMANT:
		return "✓", word
	case tckv1.Result_RESULT_PARTIAL:
		return "~", word
	default:
		return "✗", word
	}
}

// short is the beginning of a digest.
func short(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(len(hex), 12)]
}

// longest is how many characters of a text a cell shows.
const longest = 200

// brief is a text in one line, cut where it is too long.
func brief(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > longest {
		runes = append(runes[:longest-1], '…')
	}
	return string(runes)
}

// cell makes foreign text fit for a cell: one line, and none of it is Markdown or HTML.
func cell(text string) string {
	var out strings.Builder
	for _, r := range brief(text) {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>#|~!&", r):
			fmt.Fprintf(&out, "&#%d;", r)
		case r < ' ' || r == 0x7f || bidirectional(r):
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// bidirectional reports whether the character turns the direction of what follows.
func bidirectional(r rune) bool {
	return r == 0x61c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// address is a path fit for a link.
func address(at string) string {
	return strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "|", "%7C").Replace(at)
}
