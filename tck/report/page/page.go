// Package page shows a report to people: as one HTML file that loads nothing, can be
// read without scripts, and is filtered with them.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed style.css
var style string

//go:embed script.js
var script string

// Config is what a page is made of besides the report.
type Config struct {
	// Sentences are those of the specification; a requirement that is not among them
	// stands by its id alone.
	Sentences requirement.Set
	// Digest names the set of the sentences. Where the report was held against another
	// one, the page says so.
	Digest string
	// Problems are what is wrong with the report, one sentence each; the page says so
	// at its head.
	Problems []string
	// Docs is where the rendered specification is found, as seen from the page, such
	// as "../docs"; the sentences are not linked when it is empty.
	Docs string
}

// Write writes the page of a report. All text in it may come from anybody: it is
// escaped, cut where it is too long, and shown with its invisible characters.
func Write(w io.Writer, r *tckv1.Report, config Config) error {
	page, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	if err := page.Execute(w, newView(r, config)); err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	return nil
}

// Style is the style of the page, which others build theirs upon.
func Style() string { return style }

// Policy lets a page's own style and script run, by their digests, and nothing else:
// what is foreign stays text even if the escaping had a hole.
func Policy(style, script string) string {
	return fmt.Sprintf("default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src %s; script-src %s",
		source(style), source(script))
}

// source is the digest of an inline text as a policy names it.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
