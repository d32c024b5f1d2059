package value

import (
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// modelDiscovery are the cases on what discovery says of the model's entities.
func modelDiscovery() []engine.Case {
	return []engine.Case{
		{
			ID:           "value/discovery/persistence-ids",
			Requirements: []string{"DISC-ENT-002"},
			Cloudstate:   []string{"value/discovery"},
			Script: []engine.Step{
				discovery.Ask(),
				listed(modelService), listed(twoService),
				persistence(modelService, "value-entity-tck-model"),
				persistence(twoService, "value-entity-tck-model-two"),
			},
		},
		{
			ID:           "value/discovery/passivation-timeout",
			Requirements: []string{"DISC-ENT-004"},
			Cloudstate:   []string{"value/configured"},
			Script: []engine.Step{
				discovery.Ask(),
				listed(configuredService),
				persistence(configuredService, "value-entity-configured"),
				discovery.Expect(configuredService+" with a passivation timeout of 100 ms", configuredTimeout),
			},
		},
	}
}

func find(r *discoveryv1.DiscoverResponse, service string) *discoveryv1.Entity {
	for _, entity := range r.GetEntities() {
		if entity.GetServiceName() == service {
			return entity
		}
	}
	return nil
}

func persistence(service, id string) engine.Step {
	return discovery.Expect(fmt.Sprintf("%s with persistence id %q", service, id), func(r *discoveryv1.DiscoverResponse) string {
		if given := find(r, service).GetPersistenceId(); given != id {
			return fmt.Sprintf("persistence id %q", given)
		}
		return ""
	})
}

func configuredTimeout(r *discoveryv1.DiscoverResponse) string {
	strategy := find(r, configuredService).GetPassivationStrategy()
	if timeout := strategy.GetTimeout().GetTimeout(); timeout != 100 {
		return fmt.Sprintf("one of %d ms", timeout)
	}
	return ""
}
