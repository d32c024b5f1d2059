package value

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// discoveryMutants are wrong about what they say of their entities at discovery.
func discoveryMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "stores-under-another-id", KilledBy: "DISC-ENT-002", Message: `persistence id "values"`,
			Defect: listing(modelService, func(entity *discoveryv1.Entity) { entity.PersistenceId = "values" }),
		},
		{
			Name: "has-another-passivation-timeout", KilledBy: "DISC-ENT-004", Message: "one of 7 ms",
			Defect: listing(configuredService, func(entity *discoveryv1.Entity) { entity.PassivationStrategy = defect.Timeout(7) }),
		},
	}
}

// listing is the defect that lists the entity wrongly.
func listing(service string, change func(*discoveryv1.Entity)) defect.Defect {
	return defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
		for _, entity := range answer.GetEntities() {
			if entity.GetServiceName() == service {
				change(entity)
			}
		}
		return nil
	})
}
