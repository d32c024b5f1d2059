package page

import (
	"cmp"
	"strconv"
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// title names the subject, by what it is called or else by how it was attached.
func title(s *tckv1.Subject) string {
	named := strings.Join(strings.Fields(s.GetOrganization()+" "+s.GetProject()+" "+s.GetVersion()), " ")
	return oneLine(cmp.Or(named, s.GetAttached(), "a subject without a name"))
}

// facts are what the head says of the run; what is not known is left out.
func facts(r *tckv1.Report) []fact {
	s, info := r.GetSubject(), r.GetSubject().GetServiceInfo()
	discovered := ""
	if profiles := s.GetDiscoveredProfiles(); strings.Join(profiles, " ") != strings.Join(s.GetProfiles(), " ") {
		discovered = list(profiles)
	}
	var kept []fact
	for _, f := range []fact{
		{"role", s.GetRole()},
		{"attached", s.GetAttached()},
		{"image", s.GetImageDigest()},
		{"held to", list(s.GetProfiles()) + from(s.GetProfilesFrom())},
		{"showed", discovered},
		{"not measured", list(r.GetUnmeasuredProfiles())},
		{"narrowed to", narrowed(r.GetSelection())},
		{"service", spaced(info.GetServiceName(), info.GetServiceVersion())},
		{"library", spaced(info.GetSupportLibraryName(), info.GetSupportLibraryVersion(), info.GetServiceRuntime())},
		{"project", s.GetUrl()},
		{"protocol", spaced(r.GetSpecification().GetProtocol(), r.GetSpecification().GetRequirementsDigest())},
		{"kit", spaced("tck", r.GetKit().GetVersion(), r.GetKit().GetCommit())},
		{"seed", strconv.FormatInt(r.GetKit().GetSeed(), 10)},
		{"ran on", spaced(r.GetEnvironment().GetPlatform(), r.GetEnvironment().GetGo())},
	} {
		if f.Text != "" {
			kept = append(kept, fact{f.Name, Visible(f.Text)})
		}
	}
	return kept
}

func spaced(parts ...string) string { return strings.TrimSpace(strings.Join(parts, " ")) }

func list(names []string) string { return strings.Join(names, ", ") }

// from says where the profiles came from that a subject is held to.
func from(source string) string {
	if source == "discovered" {
		return " (as discovered; a gate declares them)"
	}
	return ""
}

func narrowed(s *tckv1.Selection) string {
	level := ""
	if s.GetLevel() != "" {
		level = "level " + s.GetLevel()
	}
	return spaced(list(s.GetRun()), level)
}
