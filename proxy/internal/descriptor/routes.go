package descriptor

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/route"
)

// Routes are the routes by HTTP of what one answer to Discover describes. They are
// immutable.
type Routes struct {
	table    route.Table
	bindings []*Binding // by the index of their route
}

// Match returns the binding whose route the request takes, and the text of each of its
// variables. The path is as it came: encoded, and without the query. The error is one
// of [route.Table.Match].
func (r *Routes) Match(method, path string) (*Binding, []string, error) {
	index, captures, err := r.table.Match(method, path)
	if err != nil {
		return nil, nil, err
	}
	return r.bindings[index], captures, nil
}

// Methods returns the HTTP methods of the routes that match the path, sorted.
func (r *Routes) Methods(path string) []string { return r.table.Methods(path) }

// Bindings returns the binding of each route: the default ones first, then those of
// the rules. The caller does not change them.
func (r *Routes) Bindings() []*Binding { return r.bindings }

// routes makes the table of the routes, and names those that are the same
// (HTTP-RULE-009).
func (b *builder) routes() *Routes {
	r := new(Routes)
	for _, binding := range b.defaults {
		r.add(binding)
	}
	for _, binding := range b.bindings {
		first, added := r.add(binding)
		switch {
		case added:
		case first.isOwn && first.declared == binding.declared:
			binding.isOwn = false
			r.replace(first, binding) // HTTP-RULE-003
		default:
			b.sameRoute(first, binding)
		}
	}
	return r
}

// add adds the binding, or returns the one that has the same route.
func (r *Routes) add(binding *Binding) (first *Binding, added bool) {
	index, added := r.table.Add(binding.Verb, binding.template)
	if added {
		r.bindings = append(r.bindings, binding)
	}
	return r.bindings[index], added
}

// replace puts the binding in the other's place. Their templates have no variable.
func (r *Routes) replace(first, binding *Binding) {
	for i, b := range r.bindings {
		if b == first {
			r.bindings[i] = binding
		}
	}
}

// sameRoute names two bindings of one route: both methods, and both places.
func (b *builder) sameRoute(first, second *Binding) {
	one, other := first.declared, second.declared
	places := placesOf(other, one)
	if one == other {
		places = placesOf(one)
	}
	service := string(other.Parent().FullName())
	if first.isOwn {
		b.mistakef(routeRequirement, service, places,
			"the method %q has the route %s %s, which is the default route of %q: give it another path",
			other.FullName(), second.Verb, second.Path, one.FullName())
		return
	}
	b.mistakef(routeRequirement, service, places,
		"the methods %q and %q have one route, %s %s and %s %s: give each binding its own",
		one.FullName(), other.FullName(), first.Verb, first.Path, second.Verb, second.Path)
}

// bind notes the routes of the method: its default route (HTTP-RULE-001), and one for
// each binding of its rule (HTTP-RULE-002).
func (b *builder) bind(method *Method, declared protoreflect.MethodDescriptor, rule []byte) {
	own := Binding{
		Method: method, Verb: "POST", Path: "/" + method.Service + "/" + method.Name,
		Input: declared.Input(), Output: declared.Output(), Files: b.files.files,
		declared: declared,
	}
	r := ruleReader{builder: b, service: method.Service, own: own}
	own.template, _ = route.Parse(own.Path) // names of protobuf are literals
	own.Body, own.isOwn = Body{Whole: true}, true
	b.defaults = append(b.defaults, &own)
	r.read(rule)
}
