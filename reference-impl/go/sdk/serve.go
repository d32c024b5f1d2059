package sdk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/internal/multiplex"
)

const (
	// maxMessage is what one message from the proxy may hold: payloads of 4 MiB
	// (CORE-LIMIT-001) and room for what surrounds them.
	maxMessage = 5 << 20
	// minPing is how often a proxy may ping a quiet connection; grpc's default
	// of 5 minutes cuts off a proxy that looks for dead peers more often.
	minPing = 5 * time.Second
	// silence is after how long without a word from the proxy the function pings it, and
	// pingAnswer for how long it then waits. A proxy that is lost without a word, with its
	// machine or its network, would keep its entities in memory here; grpc's default asks
	// after 2 hours.
	silence    = 15 * time.Second
	pingAnswer = 20 * time.Second
)

// Serve serves the function on the listener, which it closes, until ctx ends.
// It then stops in order. First it drains: a proxy that watches it is told, and takes its
// entities away, which may take Config.StopWithin. Then no new connection and no new
// stream is taken, each command at hand is answered, every stream ends. It returns nil
// when that took no longer than Config.StopWithin, and otherwise breaks what is left and
// says so. When the listener fails first, it returns that error.
func (f *Function) Serve(ctx context.Context, listener net.Listener) error {
	stopping := make(chan struct{})
	host := &Host{Log: f.config.Log, stopping: stopping}
	watched := newLifecycle(host, f.config.Health, f.config.StopWithin)
	server := f.server(host, watched)
	defer host.readers.Wait()
	defer server.Stop()

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		close(stopping)
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	watched.drain()
	close(stopping)
	err := stop(server, f.config.StopWithin)
	if failed := <-served; !errors.Is(failed, grpc.ErrServerStopped) { // which had not begun
		err = errors.Join(err, failed)
	}
	return err
}

// server returns a gRPC server with health, and with the function in each of its dialects.
func (f *Function) server(host *Host, watched *lifecycle) *grpc.Server {
	server := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.StreamInterceptor(heedCancels),
		grpc.StatsHandler(connections{}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: silence, Timeout: pingAnswer}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
	)
	healthv1.RegisterHealthServer(server, health{of: f.config.Health})
	if f.config.speaks(DialectV1) {
		f.register(server, host, f.spec, watched)
	}
	if f.config.speaks(DialectCloudstate) {
		f.register(speakCloudstate(server, f.config.Cloudstate), host, f.cloudstate, watched)
	}
	return server
}

// register adds discovery, lifecycle, and the service of every kind of entity that the
// function has, in one dialect.
func (f *Function) register(server grpc.ServiceRegistrar, host *Host, spec *discoveryv1.DiscoverResponse, watched *lifecycle) {
	discoveryv1.RegisterDiscoveryServiceServer(server, &discovery{spec: spec, log: host.Log})
	lifecyclev1.RegisterLifecycleServiceServer(server, watched)
	registrar := kindRegistrar{server, map[string]multiplex.Kind{}}
	kinds := map[Kind][]Entity{}
	for _, entity := range f.config.Entities {
		kinds[entity.Kind()] = append(kinds[entity.Kind()], entity)
	}
	for kind, entities := range kinds {
		kind.Register(registrar, host, entities)
	}
	registrar.multiplexed(host)
}

// stop ends the server gracefully within the time; after it, at once.
func stop(server *grpc.Server, within time.Duration) error {
	stopped := make(chan struct{})
	// It ends with the last handler. One that ignores its context for ever is
	// left behind, which is what the returned error says.
	go func() {
		server.GracefulStop()
		close(stopped)
	}()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-stopped:
		return nil
	case <-late.C:
		server.Stop()
		return fmt.Errorf("stopped with commands still being handled after %v", within)
	}
}

// health serves grpc.health.v1.Health, for whoever starts and stops the function; a
// proxy never asks there. It has no Watch, whose open streams would outlast a graceful
// stop.
type health struct {
	healthv1.UnimplementedHealthServer

	of *Health
}

// Check answers for the server as a whole, which has the empty name.
func (h health) Check(_ context.Context, request *healthv1.HealthCheckRequest) (*healthv1.HealthCheckResponse, error) {
	if request.GetService() != "" {
		return nil, status.Errorf(codes.NotFound, "health is known of the whole function alone, not of %q", request.GetService())
	}
	if serving, _, _ := h.of.now(); !serving {
		return &healthv1.HealthCheckResponse{Status: healthv1.HealthCheckResponse_NOT_SERVING}, nil
	}
	return &healthv1.HealthCheckResponse{Status: healthv1.HealthCheckResponse_SERVING}, nil
}
