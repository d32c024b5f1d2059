package descriptor

import (
	"context"
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Kinds knows what is stored. It is a part of the store.
type Kinds interface {
	// Stored returns the kind of the entities that are or were stored under the
	// persistence id, as wire.Kind.String gives it; empty when nothing ever was.
	Stored(ctx context.Context, persistence string) (string, error)
}

// Changed returns a mistake for each stateful service under whose persistence id
// entities of another kind are stored (DISC-KIND-001), in the order of their names.
// Such an answer is refused. An error is that of kinds.
func (r *Registry) Changed(ctx context.Context, kinds Kinds) ([]Mistake, error) {
	var found []Mistake
	for _, name := range r.Names() {
		service := r.services[name]
		if !service.Kind.Stateful() {
			continue
		}
		stored, err := kinds.Stored(ctx, service.Persistence)
		if err != nil {
			return nil, fmt.Errorf("what is stored under the persistence id %q: %w", service.Persistence, err)
		}
		if stored != "" && stored != service.Kind.String() {
			found = append(found, service.changed(stored))
		}
	}
	return found, nil
}

// changed is the mistake of a service that was of another kind.
func (s *Service) changed(stored string) Mistake {
	return Mistake{
		Severity:    discoveryv1.Severity_SEVERITY_ERROR,
		Requirement: kindRequirement,
		Text: fmt.Sprintf("the persistence id %q has stored %s entities, and the entity %q is of the kind %s: give the entity a persistence id of its own",
			s.Persistence, stored, s.Name, s.Kind),
		Service: s.Name,
	}
}
