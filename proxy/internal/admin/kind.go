package admin

import (
	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// kindOf returns the kind as the service names it.
func kindOf(kind wire.Kind) adminv1alpha1.Kind {
	switch kind {
	case wire.EventSourced:
		return adminv1alpha1.Kind_KIND_EVENT_SOURCED
	case wire.Value:
		return adminv1alpha1.Kind_KIND_VALUE
	case wire.Replicated:
		return adminv1alpha1.Kind_KIND_REPLICATED
	case wire.Action:
		return adminv1alpha1.Kind_KIND_ACTION
	default:
		return adminv1alpha1.Kind_KIND_UNSPECIFIED
	}
}

// kindOfType returns the kind of an entity type of any dialect.
func kindOfType(entityType string) adminv1alpha1.Kind {
	for _, dialect := range dialects() {
		if known, is := dialect.OfType(entityType); is {
			return kindOf(known.Kind)
		}
	}
	return adminv1alpha1.Kind_KIND_UNSPECIFIED
}

// typesOf returns what the dialects call the kind.
func typesOf(kind wire.Kind) []string {
	var types []string
	for _, dialect := range dialects() {
		if known, is := dialect.OfKind(kind); is {
			types = append(types, known.Type)
		}
	}
	return types
}

// typesNamed is typesOf for a kind as the service names it; none for any.
func typesNamed(kind adminv1alpha1.Kind) []string {
	for _, known := range []wire.Kind{wire.EventSourced, wire.Value, wire.Replicated, wire.Action} {
		if kindOf(known) == kind {
			return typesOf(known)
		}
	}
	return nil
}

func dialects() []wire.Dialect { return []wire.Dialect{wire.V1(), wire.Cloudstate()} }

// standingOf returns the phase as the service names it.
func standingOf(phase runtime.Phase) adminv1alpha1.Standing {
	switch phase {
	case runtime.Recovering:
		return adminv1alpha1.Standing_STANDING_RECOVERING
	case runtime.Working:
		return adminv1alpha1.Standing_STANDING_WORKING
	case runtime.Resting:
		return adminv1alpha1.Standing_STANDING_RESTING
	case runtime.Leaving:
		return adminv1alpha1.Standing_STANDING_LEAVING
	default:
		return adminv1alpha1.Standing_STANDING_UNSPECIFIED
	}
}

// phaseOf is the inverse of standingOf.
func phaseOf(standing adminv1alpha1.Standing) runtime.Phase {
	for _, phase := range []runtime.Phase{runtime.Recovering, runtime.Working, runtime.Resting, runtime.Leaving} {
		if standingOf(phase) == standing {
			return phase
		}
	}
	return 0
}
