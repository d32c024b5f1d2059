package admin

import (
	"context"
	"errors"

	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/inspect"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// GetEntity shows how an entity stands, and its state.
func (s *Service) GetEntity(ctx context.Context, request *adminv1alpha1.GetEntityRequest) (*adminv1alpha1.GetEntityResponse, error) {
	served, registry, err := s.stateful(request.GetService())
	if err != nil {
		return nil, err
	}
	id := entity.ID{Service: served.Name, Entity: request.GetKey()}
	shown := &adminv1alpha1.GetEntityResponse{
		Entity:        &adminv1alpha1.Entity{Service: id.Service, Key: text(id.Entity), Kind: kindOf(served.Kind)},
		PersistenceId: served.Persistence,
	}
	standing, active := s.config.Runtime.Standing(id)
	if active {
		shown.Entity = entityOf(standing)
	}
	view := viewer{lens: inspect.New(registry.Files()), aliases: served.Aliases}
	state := store.ID{Persistence: served.Persistence, Entity: id.Entity}
	var there bool
	switch served.Kind {
	case wire.EventSourced:
		there, err = s.journal(ctx, state, view, shown)
	case wire.Value:
		there, err = s.value(ctx, state, view, shown)
	default:
		there, err = s.replica(ctx, state, view, shown)
	}
	switch {
	case err != nil:
		return nil, storeFault(err)
	case !there && !active:
		return nil, fault.New(fault.NotFound, "%s has no state, and is not in memory", id)
	default:
		return shown, nil
	}
}

// journal shows what the journal has, and reports whether that is anything.
func (s *Service) journal(ctx context.Context, id store.ID, view viewer, shown *adminv1alpha1.GetEntityResponse) (bool, error) {
	head, err := s.head(ctx, id)
	if err != nil {
		return false, err
	}
	journal := &adminv1alpha1.Journal{Sequence: head.Last, Deleted: head.Deleted}
	if head.Snapshot != nil {
		journal.Snapshot, journal.SnapshotSequence = view.payload(head.Snapshot.State), head.Snapshot.Sequence
	}
	shown.State = &adminv1alpha1.GetEntityResponse_Journal{Journal: journal}
	return head.Last > 0 || head.Deleted, nil
}

// errEnough ends a load of which the head was wanted.
var errEnough = errors.New("that is enough")

// head reads what there is besides the events.
func (s *Service) head(ctx context.Context, id store.ID) (head store.Head, err error) {
	err = s.config.Store.Load(ctx, id, func(read store.Head) error {
		head = read
		return errEnough
	}, func(entity.Event) error { return errEnough })
	if errors.Is(err, errEnough) {
		err = nil
	}
	return head, err
}

// value shows a value, and reports whether there has been any.
func (s *Service) value(ctx context.Context, id store.ID, view viewer, shown *adminv1alpha1.GetEntityResponse) (bool, error) {
	read, err := s.config.Store.Read(ctx, id)
	if err != nil {
		return false, err
	}
	value := &adminv1alpha1.Value{Revision: read.Revision}
	if read.Value != nil {
		value.Value = view.payload(read.Value)
	}
	if !read.Ends.IsZero() {
		value.Expires = timestamppb.New(read.Ends)
	}
	shown.State = &adminv1alpha1.GetEntityResponse_Value{Value: value}
	return read.Revision > 0, nil
}

// replica shows a replicated value, and reports whether there is one, or was.
func (s *Service) replica(ctx context.Context, id store.ID, view viewer, shown *adminv1alpha1.GetEntityResponse) (bool, error) {
	value, deleted, err := s.config.Replicas.Value(ctx, id)
	if err != nil {
		return false, err
	}
	shown.State = &adminv1alpha1.GetEntityResponse_Replica{Replica: &adminv1alpha1.Replica{
		Type: value.Type.String(), Deleted: deleted, Value: view.lens.Replica(value),
	}}
	return deleted || value.Type != crdt.Unset, nil
}

// storeFault tells what a store's error means to whoever looks.
func storeFault(err error) error {
	switch {
	case errors.Is(err, store.ErrCorrupt):
		return &fault.Error{Kind: fault.Internal, Text: "what is stored is damaged: " + err.Error(), Err: err}
	case errors.Is(err, store.ErrClosed):
		return &fault.Error{Kind: fault.Unavailable, Text: "the proxy is stopping", Err: err}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	default:
		return &fault.Error{Kind: fault.Unavailable, Text: "the store does not answer: " + err.Error(), Err: err}
	}
}
