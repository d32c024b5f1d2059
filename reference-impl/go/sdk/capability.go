package sdk

import (
	"context"
	"slices"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// capabilities are what this library can do beyond the version, whatever the
// proxy can (DISC-CAP-002).
func capabilities() []discoveryv1.Capability {
	return []discoveryv1.Capability{
		discoveryv1.Capability_CAPABILITY_CANCEL,
		discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
		discoveryv1.Capability_CAPABILITY_LIFECYCLE,
		discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
		discoveryv1.Capability_CAPABILITY_EVENT_METADATA,
		discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST,
		discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE,
		discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS,
		discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM,
	}
}

// connection is one connection from a proxy.
type connection struct {
	// proxy is what the proxy last said of itself there; nil before it has.
	proxy atomic.Pointer[discoveryv1.DiscoverRequest]
	// ended is closed at its end.
	ended chan struct{}
}

// connectionKey is where the context of every call holds its *connection.
type connectionKey struct{}

// connectionOf returns the connection of the call whose context is ctx. Outside of a
// server, as in a test of one stream, it is one on which nobody has said anything.
func connectionOf(ctx context.Context) *connection {
	if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
		return c
	}
	return &connection{}
}

// inForce reports whether both sides have announced the capability on the
// connection of the call whose context is ctx. Those that the function does not
// know, or that stand twice, make no difference (DISC-CAP-003).
func inForce(ctx context.Context, capability discoveryv1.Capability) bool {
	return slices.Contains(capabilities(), capability) &&
		slices.Contains(connectionOf(ctx).proxy.Load().GetCapabilities(), capability)
}

// announced notes what the proxy says of itself on the connection of this call.
func announced(ctx context.Context, proxy *discoveryv1.DiscoverRequest) {
	connectionOf(ctx).proxy.Store(proxy)
}

// connections gives each connection of a server its *connection, and ends it. All that
// it hears besides is nothing to it.
type connections struct{}

var _ stats.Handler = connections{}

// TagConn returns the context in which the calls of a new connection are made.
func (connections) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{ended: make(chan struct{})})
}

// TagRPC leaves the context as it is.
func (connections) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleConn hears that a connection begins or ends.
func (connections) HandleConn(ctx context.Context, news stats.ConnStats) {
	if _, over := news.(*stats.ConnEnd); over {
		close(connectionOf(ctx).ended)
	}
}

// HandleRPC hears what goes on in a call.
func (connections) HandleRPC(context.Context, stats.RPCStats) {}

// Require returns an error, FAILED_PRECONDITION, where the proxy of this command cannot do
// what the capability is for; what says what that is. It is for the kinds of entities: what
// belongs to a capability that is not in force is never sent (DISC-CAP-006).
func Require(c *Context, capability discoveryv1.Capability, what string) error {
	if inForce(c.Context, capability) {
		return nil
	}
	return Errorf(codes.FailedPrecondition, "the proxy %s (DISC-CAP-006)", what)
}

// DurableEffect asks as [Context.Effect] does, for an effect that is stored with
// the state and tried until its target has answered (FX-DUR-001, FX-DUR-003). Its
// error is that the proxy cannot: nothing was asked then, and the code is
// FAILED_PRECONDITION. It is for the kinds of entities that store something; the
// others have no durable effects (FX-DUR-016).
func DurableEffect(c *Context, on Call, synchronous bool) error {
	if err := Require(c, discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS, "keeps no durable side effects"); err != nil {
		return err
	}
	c.Effect(on, synchronous)
	c.effects[len(c.effects)-1].Durable = true
	return nil
}
