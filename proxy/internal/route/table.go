package route

import (
	"errors"
	"slices"
	"strings"
)

// ErrNone says that no route matches a path, whatever the HTTP method.
var ErrNone = errors.New("no route matches the path")

// MethodError says that routes of other HTTP methods alone match a path.
type MethodError struct {
	// Allow are these methods, sorted.
	Allow []string
}

// Error names the methods.
func (e *MethodError) Error() string {
	return "the path takes other HTTP methods: " + strings.Join(e.Allow, ", ")
}

// Table holds routes, and finds the one that a request takes. It may be read by many
// goroutines once nothing is added any more. The zero value is empty.
type Table struct {
	root   node
	routes []route
	taken  map[string]int
}

// route is an HTTP method and a path template.
type route struct {
	method   string
	template Template
	rank     string
}

// node is where templates with one beginning go on.
type node struct {
	literals map[string]*node // by their decoded text
	one      *node
	ends     []int // the routes that end here
	rests    []int // the routes that end here with **
}

// Add adds the route and returns its index: how many there were before it. Where the
// table has the same route already, it returns the index of that, and false
// (HTTP-RULE-009).
func (t *Table) Add(method string, template Template) (index int, added bool) {
	key := method + " " + template.canonical
	if first, taken := t.taken[key]; taken {
		return first, false
	}
	if t.taken == nil {
		t.taken = map[string]int{}
	}
	index = len(t.routes)
	t.taken[key] = index
	t.routes = append(t.routes, route{method: method, template: template, rank: template.rank()})
	t.root.add(template.segments, index)
	return index, true
}

func (n *node) add(segments []segment, index int) {
	if len(segments) == 0 {
		n.ends = append(n.ends, index)
		return
	}
	switch s := segments[0]; s.kind {
	case rest:
		n.rests = append(n.rests, index)
	case one:
		if n.one == nil {
			n.one = new(node)
		}
		n.one.add(segments[1:], index)
	default:
		if n.literals == nil {
			n.literals = map[string]*node{}
		}
		if n.literals[s.text] == nil {
			n.literals[s.text] = new(node)
		}
		n.literals[s.text].add(segments[1:], index)
	}
}

// Match returns the index of the route that the request takes, and the text of each
// variable of its template. The path is as it came: encoded, and without the query.
// The error is [ErrNone], a [*MethodError], or wraps [ErrEncoding].
func (t *Table) Match(method, path string) (index int, captures []string, err error) {
	if err := checkEncoding(path); err != nil {
		return 0, nil, err
	}
	f := finder{table: t, method: method, best: -1}
	f.find(path)
	switch {
	case f.best >= 0:
		return f.best, f.captures(), nil
	case len(f.others) > 0:
		slices.Sort(f.others)
		return 0, nil, &MethodError{Allow: f.others}
	}
	return 0, nil, ErrNone
}

// Methods returns the HTTP methods of the routes that match the path, sorted
// (HTTP-CORS-003).
func (t *Table) Methods(path string) []string {
	if checkEncoding(path) != nil {
		return nil
	}
	f := finder{table: t, best: -1} // no route has the method ""
	f.find(path)
	slices.Sort(f.others)
	return f.others
}
