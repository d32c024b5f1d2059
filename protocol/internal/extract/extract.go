// Package extract reads the numbered requirements out of the specification's
// prose. What it cannot read it refuses, with file and line: a requirement that
// is silently left out would never be tested.
package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/stateward/stateward/protocol"
)

// Read reads every chapter (*.md) at the top of fsys and returns the
// requirements ordered by id. The error names every mistake, one a line, as
// "file:line: what is wrong".
func Read(fsys fs.FS) ([]protocol.Requirement, error) {
	names, err := fs.Glob(fsys, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list the chapters: %w", err)
	}
	var (
		found     []located
		citations []citation
		mistakes  []error
	)
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read a chapter: %w", err)
		}
		c := readChapter(name, string(text))
		found = append(found, c.requirements...)
		citations = append(citations, c.citations...)
		mistakes = append(mistakes, c.mistakes...)
	}
	mistakes = append(mistakes, checkIDs(found, citations)...)
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return sorted(found), nil
}

// Encode returns requirements.json for the requirements.
func Encode(requirements []protocol.Requirement) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	doc := protocol.Document{Protocol: protocol.Version, Requirements: requirements}
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("encode the requirements: %w", err)
	}
	return out.Bytes(), nil
}

// located is a requirement and the place where it stands.
type located struct {
	protocol.Requirement

	at place
}

// citation is an id that the prose names.
type citation struct {
	id string
	at place
}

// place is a line of a chapter.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// mistakef returns the error that something is wrong at the place.
func (p place) mistakef(format string, args ...any) error {
	return fmt.Errorf("%s: %s", p, fmt.Sprintf(format, args...))
}

// checkIDs returns the ids that are given twice and those that are cited but
// not given.
func checkIDs(found []located, citations []citation) []error {
	var mistakes []error
	first := make(map[string]place, len(found))
	for _, r := range found {
		if at, ok := first[r.ID]; ok {
			mistakes = append(mistakes, r.at.mistakef("%s stands already at %s", r.ID, at))
			continue
		}
		first[r.ID] = r.at
	}
	for _, c := range citations {
		if _, ok := first[c.id]; !ok {
			mistakes = append(mistakes, c.at.mistakef("%s is cited, but no chapter has it", c.id))
		}
	}
	return mistakes
}

func sorted(found []located) []protocol.Requirement {
	out := make([]protocol.Requirement, 0, len(found))
	for _, r := range found {
		out = append(out, r.Requirement)
	}
	slices.SortFunc(out, func(a, b protocol.Requirement) int { return strings.Compare(a.ID, b.ID) })
	return out
}
