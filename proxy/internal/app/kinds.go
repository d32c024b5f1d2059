package app

import (
	"context"
	"errors"
	"sync"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// kinds keeps the kind of each persistence id, so that a function which calls
// another kind by it is refused (DISC-KIND-001). A kind is kept from the first
// entity on, whatever dialect its function speaks.
type kinds struct {
	store store.Kinds
	// kept has the persistence ids that the store has been told of.
	kept sync.Map
}

// keep tells the store, once for each persistence id. It waits for the store.
func (k *kinds) keep(ctx context.Context, persistence, entityType string) error {
	if _, done := k.kept.Load(persistence); done {
		return nil
	}
	err := k.store.Kind(ctx, persistence, kindOf(entityType).String())
	switch {
	case errors.Is(err, store.ErrKind):
		return &fault.Error{Kind: fault.Internal, Text: err.Error(), Err: err}
	case err != nil:
		return &fault.Error{Kind: fault.Unavailable, Text: "the store cannot tell of what kind the entity is", Err: err}
	}
	k.kept.Store(persistence, struct{}{})
	return nil
}

// kindOf returns the kind of an entity type of any dialect.
func kindOf(entityType string) wire.Kind {
	for _, dialect := range []wire.Dialect{wire.V1(), wire.Cloudstate()} {
		if known, ok := dialect.OfType(entityType); ok {
			return known.Kind
		}
	}
	return 0
}

// Discovered builds the registry of an answer, and keeps it unless a mistake in it
// refuses the answer.
func (p *proxy) Discovered(dialect wire.Dialect, answer *discoveryv1.DiscoverResponse) (mistakes []descriptor.Mistake) {
	var registry *descriptor.Registry
	defer func() { p.desk.note(dialect, answer, registry, mistakes) }()
	registry, mistakes = descriptor.Offer{
		Dialect: dialect, Capabilities: entity.CapabilitiesOf(capabilities()...), Unversioned: p.config.Unversioned, MaxMessage: p.config.MaxMessage,
	}.Build(answer)
	if registry == nil {
		return mistakes
	}
	mistakes = append(mistakes, p.otherKinds(registry)...)
	if descriptor.Refuses(mistakes) {
		return mistakes
	}
	mistakes = append(mistakes, p.drift(registry.Schema())...)
	p.secured.guard.Discovered(registry)
	p.user.accepted.Store(registry)
	return mistakes
}

// otherKinds returns a mistake for each service whose persistence id has entities of
// another kind. A store that does not answer now answers at the first entity.
func (p *proxy) otherKinds(registry *descriptor.Registry) []descriptor.Mistake {
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	mistakes, err := registry.Changed(ctx, p.kept.store)
	if err != nil {
		p.config.Log.Warn("the store does not tell of what kind its entities are", "error", err)
	}
	return mistakes
}

// drift compares the descriptors with those of the last answer without a mistake, of
// this run of the proxy.
func (p *proxy) drift(schema descriptor.Schema) []descriptor.Mistake {
	last := p.user.accepted.Load()
	if last == nil {
		return nil
	}
	if schema.Drifted(last.Schema()) { // DISC-DRIFT-002
		p.config.Log.Info("the function's descriptors have changed", "fingerprint", schema.Fingerprint, "before", last.Schema().Fingerprint)
	}
	return schema.Drift(last.Schema())
}
