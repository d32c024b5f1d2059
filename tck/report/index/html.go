package index

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"path"
	"slices"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report/page"
)

// MatrixName is the file that holds the matrix, beside the index.
const MatrixName = "matrix.html"

//go:embed matrix.html.tmpl
var matrixTemplate string

//go:embed matrix.css
var matrixStyle string

//go:embed matrix.js
var matrixScript string

// missing bounds the requirements that a cell names.
const missing = 30

// view is what the template shows: a table of the subjects, side by side.
type view struct {
	Policy string
	Style  template.CSS
	Script template.JS

	Conformant int
	Subjects   []column
	Facts      []row
	Profiles   []row
}

// column is one report.
type column struct {
	Name, Version, Result, Sign string
	Report, Readme              string // where they are, as seen from the page
}

// row is what all reports say of one thing, in the order of the columns.
type row struct {
	Name  string
	Cells []cellView
}

// cellView is what one report says: by a sign, a word and a colour, for not everybody
// sees all three.
type cellView struct {
	Class, Sign, Word, Text string
	Missing                 []string
	More                    int // how many more are missing
}

// HTML is the matrix of the reports, each by its path below the root of the tree, with
// slashes: one page that loads nothing, can be read without scripts, and is filtered with
// them. All text in the reports may come from anybody, and is escaped.
func HTML(reports map[string]*tckv1.Report) ([]byte, error) {
	style := page.Style() + matrixStyle
	v := view{
		Policy: page.Policy(style, matrixScript),
		Style:  template.CSS(style), Script: template.JS(matrixScript), //nolint:gosec // our own files
	}
	paths := slices.SortedFunc(maps.Keys(reports), compare)
	ordered := make([]*tckv1.Report, 0, len(paths))
	for _, at := range paths {
		ordered = append(ordered, reports[at])
		v.Subjects = append(v.Subjects, columnOf(at, reports[at]))
		if reports[at].GetResult() == tckv1.Result_RESULT_CONFORMANT {
			v.Conformant++
		}
	}
	v.Facts = factsOf(ordered)
	v.Profiles = profilesOf(ordered)

	parsed, err := template.New("matrix").Parse(matrixTemplate)
	if err != nil {
		return nil, fmt.Errorf("matrix: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("matrix: %w", err)
	}
	return out.Bytes(), nil
}

func columnOf(at string, r *tckv1.Report) column {
	sign, result := sign(r.GetResult())
	return column{
		Name: page.Visible(subject(r)), Version: page.Visible(r.GetSubject().GetVersion()),
		Result: result, Sign: sign, Report: at, Readme: path.Dir(at) + "/README.md",
	}
}

// factsOf are the rows below the profiles.
func factsOf(reports []*tckv1.Report) []row {
	var out []row
	for _, fact := range []struct {
		name string
		of   func(*tckv1.Report) string
	}{
		{"why", (*tckv1.Report).GetReason},
		{"role", func(r *tckv1.Report) string { return r.GetSubject().GetRole() }},
		{"protocol", func(r *tckv1.Report) string { return r.GetSpecification().GetProtocol() }},
		{"runtime", func(r *tckv1.Report) string { return r.GetSubject().GetServiceInfo().GetServiceRuntime() }},
		{"kit", func(r *tckv1.Report) string { return r.GetKit().GetVersion() }},
		{"requirements", func(r *tckv1.Report) string { return short(r.GetSpecification().GetRequirementsDigest()) }},
	} {
		line := row{Name: fact.name}
		for _, r := range reports {
			line.Cells = append(line.Cells, cellView{Text: page.Visible(brief(fact.of(r)))})
		}
		out = append(out, line)
	}
	return out
}

// profilesOf has a row for each profile that anybody was held to, in order.
func profilesOf(reports []*tckv1.Report) []row {
	var names []string
	for _, r := range reports {
		for _, p := range r.GetProfiles() {
			names = append(names, p.GetProfile())
		}
	}
	slices.Sort(names)
	var out []row
	for _, name := range slices.Compact(names) {
		line := row{Name: page.Visible(name)}
		for _, r := range reports {
			line.Cells = append(line.Cells, profileOf(r, name))
		}
		out = append(out, line)
	}
	return out
}

// profileOf is what became of one profile of one subject.
func profileOf(r *tckv1.Report, name string) cellView {
	at := slices.IndexFunc(r.GetProfiles(), func(p *tckv1.ProfileResult) bool { return p.GetProfile() == name })
	if at < 0 {
		return cellView{Class: "none", Sign: "–", Word: "not declared"}
	}
	p := r.GetProfiles()[at]
	out := cellView{Class: "bad", Sign: "✗", Word: "failed", Text: fmt.Sprintf("%d/%d", p.GetPassed(), p.GetRequired())}
	switch {
	case p.GetRequired() > 0 && p.GetPassed() == p.GetRequired():
		out.Class, out.Sign, out.Word = "good", "✓", "passed"
		return out
	case p.GetKnownFailed() > 0 && p.GetPassed()+p.GetKnownFailed() == p.GetRequired():
		out.Class, out.Sign, out.Word = "known", "~", "known failures"
	}
	for _, row := range r.GetRequirements() {
		settled := row.GetVerdict() == tckv1.Verdict_VERDICT_PASS || row.GetVerdict() == tckv1.Verdict_VERDICT_EXCUSED
		if row.GetProfile() != name || row.GetLevel() != "MUST" || settled {
			continue
		}
		if len(out.Missing) == missing {
			out.More++
			continue
		}
		out.Missing = append(out.Missing, page.Visible(row.GetId()))
	}
	return out
}
