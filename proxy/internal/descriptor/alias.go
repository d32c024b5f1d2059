package descriptor

import (
	"strings"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// aliases checks the entity's type aliases; nil when it has none, or they are not
// in force.
func (b *builder) aliases(kind wire.Kind, e *discoveryv1.Entity) entity.Aliases {
	name, given := e.GetServiceName(), e.GetTypeAliases()
	switch {
	case len(given) == 0:
		return nil
	case !b.inForce.Has(discoveryv1.Capability_CAPABILITY_TYPE_ALIASES):
		b.notef(discoveryv1.Severity_SEVERITY_WARNING, unusedAliasRequirement, name, nil,
			"the entity %q has type aliases, and CAPABILITY_TYPE_ALIASES is not in force: stored types keep their names", name)
		return nil
	case kind == wire.Replicated || kind == wire.Action:
		b.mistakef(aliasRequirement, name, nil,
			"the %s %q has type aliases: give them to event sourced and value entities alone", kind, name)
		return nil
	}
	aliases := entity.Aliases{}
	for _, alias := range given {
		b.alias(name, alias, aliases)
	}
	b.chains(name, given, aliases)
	return aliases
}

// alias checks one alias by itself, and adds it.
func (b *builder) alias(service string, alias *discoveryv1.TypeAlias, aliases entity.Aliases) {
	stored, now := alias.GetStoredName(), alias.GetName()
	_, twice := aliases[stored]
	switch {
	case stored == "" || now == "" || strings.Contains(stored+now, "/"):
		b.mistakef(aliasRequirement, service, nil,
			"the entity %q has the type alias %q for %q: give two full names, without a slash", service, stored, now)
	case twice:
		b.mistakef(aliasRequirement, service, nil,
			"the entity %q has two type aliases for the stored name %q: leave one", service, stored)
	default:
		aliases[stored] = now
	}
}

// chains names the aliases whose new name is the old one of another.
func (b *builder) chains(service string, given []*discoveryv1.TypeAlias, aliases entity.Aliases) {
	for _, alias := range given {
		if next, chained := aliases[alias.GetName()]; chained {
			b.mistakef(aliasRequirement, service, nil,
				"the type alias of %q in the entity %q leads to %q, which is a stored name too: give it the name of today, %q",
				alias.GetStoredName(), service, alias.GetName(), next)
		}
	}
}
