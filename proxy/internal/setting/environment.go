package setting

import (
	"regexp"
	"strings"
)

// UnknownVariables returns a sentence for each variable that begins like those of
// the settings and is none, besides the ones that are known otherwise. It is for
// a warning and no mistake: the environment is shared. A cluster puts variables
// for its services there, and a service may be called as we are.
func (s *Set) UnknownVariables(environ []string, known ...string) []string {
	for _, t := range s.settings {
		known = append(known, t.Variable)
	}
	isKnown := map[string]bool{}
	for _, name := range known {
		isKnown[name] = true
	}
	// What Kubernetes and Docker set for a service named like the prefix.
	ofService := regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_|$)|$)`)
	var found []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, s.prefix) && !isKnown[name] && !ofService.MatchString(name) {
			found = append(found, unknown(name, "variable", known).Error())
		}
	}
	return found
}
