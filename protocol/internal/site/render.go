package site

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"

	"github.com/stateward/stateward/protocol"
)

// link is an entry of the navigation.
type link struct{ Page, Title string }

// requirement is one entry of the index.
type requirement struct {
	protocol.Requirement

	Page string
	HTML template.HTML
}

// renderer knows where everything that can be linked to stands.
type renderer struct {
	markdown     goldmark.Markdown
	pages        map[string]string               // file below protocol/ to its page
	byID         map[string]protocol.Requirement // every requirement
	links        []link
	requirements []requirement
}

var (
	tag      = regexp.MustCompile(`<[^>]*>`)
	cited    = regexp.MustCompile(`\b[A-Z]{2,5}-[A-Z0-9]+-\d{3}\b`)
	sentence = regexp.MustCompile(`<p><strong>([A-Z]+-[A-Z0-9]+-\d{3})</strong> \([^)]*\)`)
	diagram  = regexp.MustCompile(`(?s)<pre><code class="language-mermaid">(.*?)</code></pre>`)
	anchor   = regexp.MustCompile(`(?s)<a href="([^"]*)">(.*?)</a>`)
	declared = regexp.MustCompile(`(?m)^(message|enum|service) (\w+)`)
)

// newRenderer returns a renderer of the sources, and renders the index: the
// sentences of all requirements.
func newRenderer(sources []source, all []protocol.Requirement) (*renderer, error) {
	r := &renderer{
		// Raw HTML stays switched off: what looks like a tag is left out.
		markdown: goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID())),
		pages:    map[string]string{},
		byID:     map[string]protocol.Requirement{},
		links:    []link{{"index.html", "requirements"}},
	}
	for _, s := range sources {
		r.pages[s.file] = s.page
		r.links = append(r.links, link{s.page, s.title})
	}
	for _, q := range all {
		r.byID[q.ID] = q
	}
	for _, q := range all {
		var text bytes.Buffer
		if err := r.markdown.Convert([]byte(q.Text), &text); err != nil {
			return nil, fmt.Errorf("requirement %s: %w", q.ID, err)
		}
		chapter := source{file: "spec/" + q.Chapter, page: pageOf(q.Chapter)}
		linked := r.cite(chapter, r.relink(chapter, text.String()))
		// The index stands outside the chapter whose own anchors are meant.
		linked = strings.ReplaceAll(linked, `<a href="#`, `<a href="`+chapter.page+"#")
		linked = strings.ReplaceAll(linked, `<a class="cite" href="#`, `<a class="cite" href="`+chapter.page+"#")
		r.requirements = append(r.requirements, requirement{q, chapter.page, trusted(linked)})
	}
	return r, nil
}

// trusted marks what the renderer made: goldmark escaped all text in it.
func trusted(s string) template.HTML { return template.HTML(s) } //nolint:gosec // made by goldmark, or escaped here

// body renders one document.
func (r *renderer) body(s source, text []byte) (template.HTML, error) {
	if strings.HasSuffix(s.file, ".proto") {
		return trusted(r.proto(s, string(text))), nil
	}
	var out bytes.Buffer
	if err := r.markdown.Convert(text, &out); err != nil {
		return "", fmt.Errorf("page %s: %w", s.page, err)
	}
	page := diagram.ReplaceAllString(out.String(), `<pre class="mermaid">$1</pre>`)
	page = strings.NewReplacer("<table>", `<div class="wide"><table>`, "</table>", "</table></div>").Replace(page)
	return trusted(r.cite(s, r.cards(r.relink(s, page)))), nil
}

// proto renders the source of messages: their comments are their documentation.
func (r *renderer) proto(s source, text string) string {
	escaped := declared.ReplaceAllString(html.EscapeString(text), `$1 <b id="$2">$2</b>`)
	return "<h1>" + html.EscapeString(s.title) + `</h1><pre class="proto">` + r.cite(s, escaped) + "</pre>"
}

// cards gives each numbered sentence its anchor and its badges.
func (r *renderer) cards(page string) string {
	return sentence.ReplaceAllStringFunc(page, func(found string) string {
		q, known := r.byID[sentence.FindStringSubmatch(found)[1]]
		if !known {
			return found
		}
		return fmt.Sprintf(`<p class="card" id="%[1]s"><a class="id" href="#%[1]s">%[1]s</a> <span class="badge">%[2]s</span> <span class="badge %[3]s">%[3]s</span> <span class="badge">%[4]s</span> <span class="badge">since %[5]s</span> <button class="copy" data-id="%[1]s" hidden>copy link</button><br>`,
			q.ID, html.EscapeString(q.Role), html.EscapeString(q.Level), html.EscapeString(q.Profile), html.EscapeString(q.Since))
	})
}

// relink turns links between documents into links between pages. What has no
// page keeps its words, and its path as a title.
func (r *renderer) relink(s source, page string) string {
	return anchor.ReplaceAllStringFunc(page, func(found string) string {
		parts := anchor.FindStringSubmatch(found)
		target, fragment, _ := strings.Cut(parts[1], "#")
		if strings.Contains(target, "://") || target == "" {
			return found
		}
		file := path.Join(path.Dir(s.file), target)
		to, known := r.pages[file]
		if !known && path.Ext(file) == "" {
			to, known = r.pages[path.Join(file, "README.md")]
		}
		if !known {
			return `<span class="away" title="` + html.EscapeString(path.Join("protocol", file)) + `">` + parts[2] + `</span>`
		}
		if fragment != "" {
			to += "#" + fragment
		}
		return `<a href="` + to + `">` + parts[2] + `</a>`
	})
}

// cite links each id outside tags, links and diagrams to its requirement.
func (r *renderer) cite(s source, page string) string {
	var out strings.Builder
	at, closed := 0, ""
	text := func(part string) {
		if closed != "" {
			out.WriteString(part)
			return
		}
		out.WriteString(cited.ReplaceAllStringFunc(part, func(id string) string { return r.link(s, id) }))
	}
	for _, place := range tag.FindAllStringIndex(page, -1) {
		text(page[at:place[0]])
		found := page[place[0]:place[1]]
		switch {
		case found == closed:
			closed = ""
		case closed != "":
		case strings.HasPrefix(found, "<a "):
			closed = "</a>"
		case strings.HasPrefix(found, `<pre class="mermaid"`):
			closed = "</pre>"
		}
		out.WriteString(found)
		at = place[1]
	}
	text(page[at:])
	return out.String()
}

func (r *renderer) link(s source, id string) string {
	q, known := r.byID[id]
	if !known {
		return id
	}
	to := pageOf(q.Chapter)
	if to == s.page {
		to = ""
	}
	return `<a class="cite" href="` + to + "#" + id + `">` + id + `</a>`
}
