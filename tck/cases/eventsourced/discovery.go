package eventsourced

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
			ID:           "event-sourced/discovery/persistence-ids",
			Requirements: []string{"DISC-ENT-002"},
			Cloudstate:   []string{"event-sourced/discovery"},
			Script: []engine.Step{
				discovery.Ask(),
				persistence(modelService, "event-sourced-tck-model"),
				persistence(twoService, "event-sourced-tck-model-two"),
				persistence(configuredService, "event-sourced-configured"),
			},
		},
		{
			ID:           "event-sourced/discovery/passivation-timeout",
			Requirements: []string{"DISC-ENT-004"},
			Cloudstate:   []string{"event-sourced/configuration"},
			Script: []engine.Step{
				discovery.Ask(),
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
		switch entity := find(r, service); {
		case entity == nil:
			return "it is not listed"
		case entity.GetPersistenceId() != id:
			return fmt.Sprintf("persistence id %q", entity.GetPersistenceId())
		default:
			return ""
		}
	})
}

func configuredTimeout(r *discoveryv1.DiscoverResponse) string {
	strategy := find(r, configuredService).GetPassivationStrategy()
	if timeout := strategy.GetTimeout().GetTimeout(); timeout != 100 {
		return fmt.Sprintf("one of %d ms", timeout)
	}
	return ""
}
