package app

import (
	"context"
	"sync/atomic"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/frontend"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// user is the user function as the rooms above see it: the client, and what the
// function's last accepted answer describes.
type user struct {
	client *function.Client
	// largest is the largest message in bytes that the proxy sends to anyone.
	largest  int
	accepted atomic.Pointer[descriptor.Registry] // nil before the first
}

var (
	_ runtime.Functions = (*user)(nil)
	_ runtime.Foresight = (*user)(nil)
	_ calls.Functions   = (*user)(nil)
	_ runtime.Reporter  = (*user)(nil)
	_ router.Services   = (*user)(nil)
	_ frontend.Function = (*user)(nil)
)

// Open opens a stream for an entity of the kind.
func (u *user) Open(ctx context.Context, kind string) (runtime.Stream, error) {
	return u.client.Open(ctx, kind)
}

// Terms are those of a stream that would be opened now.
func (u *user) Terms() (entity.Terms, bool) { return u.client.Terms() }

// Call makes a call of an action.
func (u *user) Call(ctx context.Context, shape wire.Shape) (calls.Stream, error) {
	call, err := u.client.Call(ctx, shape)
	if err != nil {
		return nil, err
	}
	return call, nil
}

// Report queues a report about the entity.
func (u *user) Report(_ context.Context, id entity.ID, report entity.Report) {
	u.client.Report(&discoveryv1.ReportErrorRequest{
		Message:     report.Text,
		Code:        report.Requirement,
		Severity:    report.Severity,
		ServiceName: id.Service,
		EntityId:    id.Entity,
		CommandId:   report.CommandID,
	})
}

// Method finds a method of what the function serves now.
func (u *user) Method(service, name string) (router.Method, error) {
	registry, err := u.Registry()
	if err != nil {
		return router.Method{}, err
	}
	method, ok := registry.Method(service, name)
	if !ok {
		return router.Method{}, fault.New(fault.Unknown, "the user function does not serve %s/%s", service, name)
	}
	served, _ := registry.Service(service) // it has the method
	return router.Method{
		Kind:       method.Kind,
		Shape:      method.Shape,
		Input:      method.Input,
		Response:   string(method.Output),
		ReadOnly:   method.ReadOnly,
		MaxRequest: min(u.largest, registry.MaxMessage()) - envelope,
		Target: runtime.Target{
			Kind: served.Type, Persistence: served.Persistence, Passivation: served.Idle, Deleted: deleted(registry, served),
		},
		Key: method.Key,
	}, nil
}

// deleted returns what callers of a deleted entity of the service get; nil for
// NOT_FOUND (DIA-ANSWER-005).
func deleted(registry *descriptor.Registry, served *descriptor.Service) error {
	if registry.Dialect().Cloudstate && served.Kind == wire.Replicated {
		return fault.New(fault.Untold, "Entity deleted")
	}
	return nil
}

// Registry returns what the function serves now, or why it serves nothing.
func (u *user) Registry() (*descriptor.Registry, error) {
	if err := u.client.Err(); err != nil {
		return nil, err
	}
	return u.accepted.Load(), nil // not nil: the client serves what has been accepted
}

// names returns the names of the services in the last accepted answer.
func (u *user) names() []string {
	if registry := u.accepted.Load(); registry != nil {
		return registry.Names()
	}
	return nil
}

// of adds what belongs to the service to the terms of a connection.
func (u *user) of(service string, terms entity.Terms) entity.Terms {
	if registry := u.accepted.Load(); registry != nil {
		if served, ok := registry.Service(service); ok {
			terms.Persistence, terms.Aliases = served.Persistence, served.Aliases
		}
	}
	return terms
}
