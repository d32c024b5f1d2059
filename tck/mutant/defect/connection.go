package defect

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// connection is what a function knows of one connection: what the proxy announced there.
type connection struct {
	mu        sync.Mutex
	announced []discoveryv1.Capability
}

type connectionKey struct{}

// PerConnection is the option of a server whose streams know what was announced on their
// connection.
func PerConnection() grpc.ServerOption { return grpc.StatsHandler(tagger{}) }

// tagger gives each connection its memory.
type tagger struct{}

func (tagger) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{})
}

func (tagger) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (tagger) HandleRPC(context.Context, stats.RPCStats) {}

func (tagger) HandleConn(context.Context, stats.ConnStats) {}

// Announce notes what the proxy announces on the connection of the call.
func Announce(ctx context.Context, capabilities []discoveryv1.Capability) {
	if here, known := ctx.Value(connectionKey{}).(*connection); known {
		here.mu.Lock()
		defer here.mu.Unlock()
		here.announced = capabilities
	}
}

// InForce returns what tells whether a capability is in force on the connection of the
// call: whether the proxy announced it there, for the models have them all.
func InForce(ctx context.Context) func(discoveryv1.Capability) bool {
	here, known := ctx.Value(connectionKey{}).(*connection)
	return func(capability discoveryv1.Capability) bool {
		if !known {
			return false
		}
		here.mu.Lock()
		defer here.mu.Unlock()
		return slices.Contains(here.announced, capability)
	}
}
