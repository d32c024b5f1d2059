package report

import (
	"fmt"
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/cases/httprule"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/kind"
	"github.com/stateward/stateward/tck/requirement"
)

// Function describes a user function by how it is attached and by its answer to
// Discover, which is nil when it never answered. It is held to the profiles
// that it shows and this kit measures, until the caller declares others.
func Function(attached string, answer *discoveryv1.DiscoverResponse) *tckv1.Subject {
	subject := &tckv1.Subject{
		Role:               requirement.Function,
		Attached:           attached,
		ProfilesFrom:       Discovered,
		DiscoveredProfiles: Shown(answer),
	}
	subject.Profiles = among(subject.GetDiscoveredProfiles(), Current().measurable(subject))
	if info := answer.GetServiceInfo(); info != nil {
		subject.ServiceInfo = &tckv1.ServiceInfo{
			ServiceName:           valid(info.GetServiceName()),
			ServiceVersion:        valid(info.GetServiceVersion()),
			ServiceRuntime:        valid(info.GetServiceRuntime()),
			SupportLibraryName:    valid(info.GetSupportLibraryName()),
			SupportLibraryVersion: valid(info.GetSupportLibraryVersion()),
			Protocol:              fmt.Sprintf("%d.%d", info.GetProtocolMajorVersion(), info.GetProtocolMinorVersion()),
		}
	}
	return subject
}

// CloudstateFunction describes a user function that was asked in the dialect of Cloudstate
// 0.2. It is held to the one profile that there is for such functions.
func CloudstateFunction(attached string, answer *discoveryv1.DiscoverResponse) *tckv1.Subject {
	subject := Function(attached, answer)
	subject.Profiles, subject.DiscoveredProfiles = []string{cases.CloudstateProfile}, nil
	if answer != nil {
		subject.DiscoveredProfiles = []string{cases.CloudstateProfile}
	}
	return subject
}

// speaksCloudstate reports whether the subject is held to that profile.
func speaksCloudstate(subject *tckv1.Subject) bool {
	return slices.Contains(subject.GetProfiles(), cases.CloudstateProfile)
}

// Shown are the profiles that an answer shows, in order. Whoever answers shows core;
// whoever lists a kind, that of the kind, one that this kit does not know excepted; and
// whoever lists a stateful kind, forwarding, for what its model is asked. A method with a
// rule for HTTP shows http, and a capability that is announced its own profile and
// capabilities; but nothing shows a profile of which every sentence is about stateful
// entities when there is none.
func Shown(answer *discoveryv1.DiscoverResponse) []string {
	if answer == nil {
		return nil
	}
	profiles := []string{"core"}
	for _, entity := range answer.GetEntities() {
		if shown, known := kind.Of(entity.GetEntityType()); known {
			profiles = append(profiles, shown.Profile)
			if shown.Stateful {
				profiles = append(profiles, "forwarding")
			}
		}
	}
	if httprule.Shown(answer) {
		profiles = append(profiles, httprule.Profile)
	}
	for _, capability := range answer.GetServiceInfo().GetCapabilities() {
		if _, known := discoveryv1.Capability_name[int32(capability)]; known && capability != 0 {
			profiles = append(profiles, "capabilities", discovery.ProfileOf(capability))
		}
	}
	slices.Sort(profiles)
	if !servesEntities(profiles) {
		profiles = without(profiles, Current().ofEntities())
	}
	return slices.Compact(profiles)
}

// ofEntities returns the profiles of which each MUST that a case can show is one that
// only stateful entities show.
func (s Specification) ofEntities() []string {
	var of, others []string
	for _, r := range requirement.Set(s.Requirements).Select(requirement.Query{Role: requirement.Function, Level: requirement.Must}) {
		switch {
		case s.OfEntities[r.ID]:
			of = append(of, r.Profile)
		case r.Untestable == "":
			others = append(others, r.Profile)
		}
	}
	return without(of, others)
}

// Declare holds the subject to these profiles, whatever it shows.
func Declare(subject *tckv1.Subject, profiles []string) {
	declared := slices.Clone(profiles)
	slices.Sort(declared)
	subject.Profiles, subject.ProfilesFrom = slices.Compact(declared), Declared
}
