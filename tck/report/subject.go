package report

import (
	"fmt"
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

// Function describes a user function by how it is attached and by its answer to
// Discover, which is nil when it never answered. It is held to the profiles
// that it shows, until the caller declares others.
func Function(attached string, answer *discoveryv1.DiscoverResponse) *tckv1.Subject {
	subject := &tckv1.Subject{
		Role:               requirement.Function,
		Attached:           attached,
		ProfilesFrom:       Discovered,
		Profiles:           profilesOf(answer),
		DiscoveredProfiles: profilesOf(answer),
	}
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

// profilesOf are the profiles of the kinds of entity that an answer lists, in
// order. Whoever answers shows core.
func profilesOf(answer *discoveryv1.DiscoverResponse) []string {
	if answer == nil {
		return nil
	}
	profiles := []string{"core"}
	for _, entity := range answer.GetEntities() {
		if entity.GetEntityType() == eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName {
			profiles = append(profiles, "event-sourced")
		}
	}
	slices.Sort(profiles)
	return slices.Compact(profiles)
}

// Declare holds the subject to these profiles, whatever it shows.
func Declare(subject *tckv1.Subject, profiles []string) {
	declared := slices.Clone(profiles)
	slices.Sort(declared)
	subject.Profiles, subject.ProfilesFrom = slices.Compact(declared), Declared
}
