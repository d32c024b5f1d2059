package route

import (
	"slices"
	"strings"
)

// span is where one segment of a path begins and ends.
type span struct{ begin, end int }

// finder looks for the routes that match one path.
type finder struct {
	table  *Table
	method string
	path   string
	spans  []span
	// verb is that of the templates which are looked for now.
	verb string
	// best is the route that is taken of those found so far; -1 when there is none.
	best int
	// others are the HTTP methods of those routes which have another one.
	others []string
}

// find looks at every template that matches the path, which is split before it is
// decoded (HTTP-PATH-001).
func (f *finder) find(path string) {
	if !strings.HasPrefix(path, "/") {
		return
	}
	f.path, f.spans = path, split(path)
	f.walk(&f.table.root, 0)
	// No verb holds a colon, so that the last one alone can stand before one.
	last := &f.spans[len(f.spans)-1]
	colon := strings.LastIndexByte(path[last.begin:], ':')
	if colon < 0 {
		return
	}
	if f.verb = path[last.begin+colon+1:]; f.verb == "" {
		return
	}
	whole := last.end
	last.end = last.begin + colon
	f.walk(&f.table.root, 0)
	last.end = whole
}

// split returns the segments of a path that begins with a slash.
func split(path string) []span {
	spans := make([]span, 0, strings.Count(path, "/"))
	begin := 1
	for {
		slash := strings.IndexByte(path[begin:], '/')
		if slash < 0 {
			return append(spans, span{begin, len(path)})
		}
		spans = append(spans, span{begin, begin + slash})
		begin += slash + 1
	}
}

// walk notes the routes below the node that match the path from the segment on. No
// node is met twice, so that a walk costs no more than there are nodes.
func (f *finder) walk(n *node, depth int) {
	f.note(n.rests)
	if depth == len(f.spans) {
		f.note(n.ends)
		return
	}
	s := f.spans[depth]
	text := f.path[s.begin:s.end]
	if n.one != nil && text != "" {
		f.walk(n.one, depth+1)
	}
	if len(n.literals) > 0 {
		if next := n.literals[decode(text)]; next != nil {
			f.walk(next, depth+1)
		}
	}
}

// note takes the best of the routes, of those that have the verb.
func (f *finder) note(routes []int) {
	for _, index := range routes {
		switch r := &f.table.routes[index]; {
		case r.template.verb != f.verb:
		case r.method != f.method:
			if !slices.Contains(f.others, r.method) {
				f.others = append(f.others, r.method)
			}
		case f.best < 0 || r.rank < f.table.routes[f.best].rank:
			f.best = index
		}
	}
}

// captures returns the text of each variable of the route that is taken.
func (f *finder) captures() []string {
	template := &f.table.routes[f.best].template
	if len(template.variables) == 0 {
		return nil
	}
	if template.verb != "" {
		f.spans[len(f.spans)-1].end -= len(":") + len(template.verb)
	}
	texts := make([]string, len(template.variables))
	for i, v := range template.variables {
		texts[i] = decodeBut(f.text(template, v), !v.single)
	}
	return texts
}

// text returns what of the path the variable is, as it came.
func (f *finder) text(template *Template, v variable) string {
	end := v.end
	if template.segments[end-1].kind == rest {
		end = len(f.spans)
	}
	if end == v.first { // a ** that matches nothing
		return ""
	}
	return f.path[f.spans[v.first].begin:f.spans[end-1].end]
}
