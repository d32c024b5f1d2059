// Package site renders the specification as HTML: a page for each chapter and
// each package of messages, an anchor for each requirement, and an index of
// them all. The pages load nothing from anywhere but their own folder.
package site

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/stateward/stateward/protocol"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed style.css
var style []byte

//go:embed script.js
var script []byte

// source is one document that becomes a page.
type source struct {
	file  string // below protocol/
	page  string // name of the page
	title string
}

// chapterRow is a row of the table of chapters: its order is the site's.
var chapterRow = regexp.MustCompile(`(?m)^\| \[([^\]]+)\]\(([a-z0-9.-]+\.md)\) \|`)

// Render returns the files of the site by name. The contract is the folder
// protocol/. The same contract gives the same bytes.
func Render(contract fs.FS) (map[string][]byte, error) {
	sources, err := list(contract)
	if err != nil {
		return nil, err
	}
	layout, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	r, err := newRenderer(sources, protocol.Requirements())
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"style.css": style, "script.js": script}
	for _, s := range sources {
		text, err := fs.ReadFile(contract, s.file)
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", s.page, err)
		}
		body, err := r.body(s, text)
		if err != nil {
			return nil, err
		}
		if files[s.page], err = r.lay(layout, s.page, s.title, body, nil); err != nil {
			return nil, err
		}
	}
	files["index.html"], err = r.lay(layout, "index.html", "Requirements", "", r.requirements)
	return files, err
}

// list returns the documents in reading order.
func list(contract fs.FS) ([]source, error) {
	readme, err := fs.ReadFile(contract, "spec/README.md")
	if err != nil {
		return nil, err
	}
	sources := []source{{file: "spec/README.md", page: "overview.html", title: "overview"}}
	for _, row := range chapterRow.FindAllSubmatch(readme, -1) {
		name := string(row[2])
		sources = append(sources, source{file: "spec/" + name, page: pageOf(name), title: string(row[1])})
	}
	sources = append(sources,
		source{file: "spec/behaviours.md", page: "behaviours.html", title: "by behaviour"},
		source{file: "VERSIONING.md", page: "versioning.html", title: "versions"},
		source{file: "vectors/README.md", page: "vectors.html", title: "test vectors"})
	protos, err := fs.Glob(contract, "stateward/*/v1/*.proto")
	if err != nil {
		return nil, err
	}
	for _, file := range protos {
		sources = append(sources, source{file: file, page: path.Base(file) + ".html", title: path.Base(file)})
	}
	return sources, nil
}

func pageOf(chapter string) string { return strings.TrimSuffix(chapter, ".md") + ".html" }

// lay puts a body into the page that all share.
func (r *renderer) lay(layout *template.Template, page, title string, body template.HTML, index []requirement) ([]byte, error) {
	var out bytes.Buffer
	err := layout.Execute(&out, map[string]any{
		"Page": page, "Title": title, "Body": body, "Index": index, "Links": r.links, "Version": protocol.Version,
	})
	return out.Bytes(), err
}

// Write puts the files into a folder, which it makes where there is none.
func Write(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
