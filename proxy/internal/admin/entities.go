package admin

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// How many entities a page has.
const (
	usualEntities = 100
	mostEntities  = 1000
)

// ListEntities lists those in memory, or those in the store.
func (s *Service) ListEntities(ctx context.Context, request *adminv1alpha1.ListEntitiesRequest) (*adminv1alpha1.ListEntitiesResponse, error) {
	most, err := size(request.GetPageSize(), usualEntities, mostEntities)
	if err != nil {
		return nil, err
	}
	if request.GetStored() {
		return s.stored(ctx, request, most)
	}
	after, err := entityPlace(request.GetPageToken())
	if err != nil {
		return nil, err
	}
	standings := s.config.Runtime.Standings(runtime.Query{
		Service: request.GetService(), Prefix: request.GetPrefix(), After: after,
		Kinds: typesNamed(request.GetKind()), Phase: phaseOf(request.GetStanding()),
	}, most+1)
	response := new(adminv1alpha1.ListEntitiesResponse)
	if len(standings) > most {
		standings = standings[:most]
		response.NextPageToken = entityToken(standings[most-1].ID)
	}
	for _, standing := range standings {
		response.Entities = append(response.Entities, entityOf(standing))
	}
	return response, nil
}

// stored lists those in the store.
func (s *Service) stored(ctx context.Context, request *adminv1alpha1.ListEntitiesRequest, most int) (*adminv1alpha1.ListEntitiesResponse, error) {
	if request.GetService() == "" || request.GetStanding() != 0 {
		return nil, fault.New(fault.Invalid, "the store lists the entities of one service, however they stand: give a service, and no standing")
	}
	served, _, err := s.stateful(request.GetService())
	if err != nil {
		return nil, err
	}
	if asked := request.GetKind(); asked != 0 && asked != kindOf(served.Kind) {
		return new(adminv1alpha1.ListEntitiesResponse), nil
	}
	after, err := placeOf(request.GetPageToken())
	if err != nil {
		return nil, err
	}
	keys, next, err := s.config.Store.Entities(ctx, served.Persistence, request.GetPrefix(), after, most)
	if err != nil {
		return nil, storeFault(err)
	}
	response := new(adminv1alpha1.ListEntitiesResponse)
	if next != "" {
		response.NextPageToken = token(next)
	}
	for _, key := range keys {
		id := entity.ID{Service: served.Name, Entity: key}
		listed := &adminv1alpha1.Entity{Service: id.Service, Key: text(key), Kind: kindOf(served.Kind)}
		if standing, active := s.config.Runtime.Standing(id); active {
			listed = entityOf(standing)
		}
		response.Entities = append(response.Entities, listed)
	}
	return response, nil
}

// stateful returns a service whose entities have state, and the registry that it is in.
func (s *Service) stateful(name string) (*descriptor.Service, *descriptor.Registry, error) {
	registry := s.config.Accepted()
	if registry == nil {
		return nil, nil, fault.New(fault.Unavailable, "the user function has not been discovered yet: what it serves is not known")
	}
	served, is := registry.Service(name)
	switch {
	case !is:
		return nil, nil, fault.New(fault.NotFound, "the user function does not serve %q", name)
	case !served.Kind.Stateful():
		return nil, nil, fault.New(fault.Invalid, "%s is an action: it has no entities", name)
	default:
		return served, registry, nil
	}
}

// entityOf shows how an entity stands.
func entityOf(s runtime.Standing) *adminv1alpha1.Entity {
	activation := &adminv1alpha1.Activation{
		Standing: standingOf(s.Phase), Waiting: int32(s.Waiting), Outstanding: int32(s.Outstanding), LastCommand: text(s.Last),
	}
	if !s.Since.IsZero() {
		activation.Since = timestamppb.New(s.Since)
	}
	if !s.LastCame.IsZero() {
		activation.LastCommandTime = timestamppb.New(s.LastCame)
	}
	return &adminv1alpha1.Entity{Service: s.ID.Service, Key: text(s.ID.Entity), Kind: kindOfType(s.Kind), Activation: activation}
}

// Passivate takes an entity out of memory.
func (s *Service) Passivate(ctx context.Context, request *adminv1alpha1.PassivateRequest) (*adminv1alpha1.PassivateResponse, error) {
	id := entity.ID{Service: request.GetService(), Entity: request.GetKey()}
	if err := s.config.Runtime.Passivate(ctx, id); err != nil {
		return nil, err
	}
	return new(adminv1alpha1.PassivateResponse), nil
}

// PassivateIdle takes all entities out of memory that rest.
func (s *Service) PassivateIdle(context.Context, *adminv1alpha1.PassivateIdleRequest) (*adminv1alpha1.PassivateIdleResponse, error) {
	return &adminv1alpha1.PassivateIdleResponse{Passivated: int64(s.config.Runtime.PassivateIdle())}, nil
}
