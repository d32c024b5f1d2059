package replicated

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// discoveryMutants list the model's entities wrongly.
func discoveryMutants() []defect.Mutant {
	listing := func(service string, change func(*discoveryv1.Entity)) defect.Defect {
		return defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
			for _, entity := range answer.GetEntities() {
				if entity.GetServiceName() == service {
					change(entity)
				}
			}
			return nil
		})
	}
	return []defect.Mutant{
		{
			Name: "replicated-is-kept-elsewhere", KilledBy: "DISC-ENT-002", Message: `persistence id "elsewhere"`,
			Defect: listing(modelService, func(entity *discoveryv1.Entity) { entity.PersistenceId = "elsewhere" }),
		},
		{
			Name: "replicated-passivates-at-the-default-time", KilledBy: "DISC-ENT-004", Message: "one of 0 ms",
			Defect: listing(configuredService, func(entity *discoveryv1.Entity) { entity.PassivationStrategy = nil }),
		},
	}
}
