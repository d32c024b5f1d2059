package setting

import (
	"regexp"
	"slices"
	"strings"
)

// UnknownVariables returns a sentence for each variable that begins like those of
// the settings and is none, besides those that are known to be another's. It is for
// a warning and no mistake: the environment is shared. A cluster puts variables
// for its services there, and a service may be called as we are.
func (s *Set) UnknownVariables(environ []string, others ...string) []string {
	var ours, found []string
	for _, t := range s.settings {
		ours = append(ours, t.Variable)
	}
	// What Kubernetes and Docker set for a service named like the prefix.
	ofService := regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_|$)|$)`)
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, s.prefix) && !slices.Contains(ours, name) && !slices.Contains(others, name) && !ofService.MatchString(name) {
			found = append(found, unknown(name, "variable", ours).Error())
		}
	}
	return found
}
