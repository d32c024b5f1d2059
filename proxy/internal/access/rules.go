package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rules are those of whoever runs the proxy. The zero Rules are none. They are not written
// to once they are read.
type Rules struct {
	everything *Rule
	services   map[string]*scope
}

// scope holds the rules about one service.
type scope struct {
	all     *Rule
	methods map[string]*Rule
}

// ParseRules reads rules, each as PATTERN=RULE. The error names the one that is wrong.
func ParseRules(texts []string) (Rules, error) {
	rules := Rules{services: map[string]*scope{}}
	for _, text := range texts {
		about, what, found := strings.Cut(text, "=")
		if !found {
			return Rules{}, fmt.Errorf("%q is not PATTERN=RULE", text)
		}
		p, err := parsePattern(strings.TrimSpace(about))
		if err != nil {
			return Rules{}, err
		}
		rule, err := Parse(strings.TrimSpace(what))
		if err == nil {
			err = rules.add(p, rule)
		}
		if err != nil {
			return Rules{}, fmt.Errorf("%s: %w", p, err)
		}
	}
	return rules, nil
}

func (r *Rules) add(p pattern, rule Rule) error {
	place := &r.everything
	if p.service != "" {
		s := r.services[p.service]
		if s == nil {
			s = &scope{methods: map[string]*Rule{}}
			r.services[p.service] = s
		}
		place = &s.all
		if p.method != "" {
			if s.methods[p.method] != nil {
				return errTwice
			}
			s.methods[p.method] = &rule
			return nil
		}
	}
	if *place != nil {
		return errTwice
	}
	*place = &rule
	return nil
}

// Annotated are the rules that a function's author has given a method and its service; nil
// where there is none.
type Annotated struct{ Method, Service *Rule }

// For returns the rule that holds for a method: what is said of the method itself comes
// before what is said of its service, and that before what is said of everything; of two
// that are about the same, that of whoever runs the proxy is first (ACC-RULE-002). Nil where
// nothing is said.
func (r Rules) For(service, method string, annotated Annotated) *Rule {
	s := r.services[service]
	if s == nil {
		s = &scope{}
	}
	for _, rule := range []*Rule{s.methods[method], annotated.Method, s.all, annotated.Service, r.everything} {
		if rule != nil {
			return rule
		}
	}
	return nil
}

// NeedsIdentity reports whether a rule asks who calls.
func (r Rules) NeedsIdentity() bool {
	asks := func(rule *Rule) bool { return rule != nil && !rule.Public }
	if asks(r.everything) {
		return true
	}
	for _, s := range r.services {
		if asks(s.all) || slices.ContainsFunc(slices.Collect(maps.Values(s.methods)), asks) {
			return true
		}
	}
	return false
}

// Unmatched returns the patterns of rules about what is not there, sorted. Has reports
// whether there is such a service, or with a method's name such a method.
func (r Rules) Unmatched(has func(service, method string) bool) []string {
	var unmatched []string
	for service, s := range r.services {
		if s.all != nil && !has(service, "") {
			unmatched = append(unmatched, pattern{service: service}.String())
		}
		for method := range s.methods {
			if !has(service, method) {
				unmatched = append(unmatched, pattern{service, method}.String())
			}
		}
	}
	slices.Sort(unmatched)
	return unmatched
}

// About reports whether a rule names the service.
func (r Rules) About(service string) bool { return r.services[service] != nil }
