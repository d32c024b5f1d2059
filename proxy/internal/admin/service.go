// Package admin is the service that whoever runs a proxy asks: what is active, what the
// store holds of one entity, how the function does; and that passivates, drains, and
// retries when asked to.
package admin

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/connect"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1/adminv1alpha1connect"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/replica"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/telemetry"
)

// Config is what the service stands on. All of it is there.
type Config struct {
	// Runtime has the entities in memory, and Witness is what it tells who comes and goes.
	Runtime *runtime.Runtime
	Witness *Witness
	// Store has what they keep, and Backend is what people call it.
	Store   store.Store
	Backend string
	// Replicas are this node's copies.
	Replicas *replica.Replicas
	// Effects has the durable side effects.
	Effects *durable.Keeper
	// Sample reads the metrics.
	Sample func() telemetry.Sample
	// Reasons says why the proxy is not ready; none when it is.
	Reasons func(context.Context) []string
	// Function tells of the function, and Accepted what it serves or has served last; nil
	// before the first answer that was accepted.
	Function func() Function
	Accepted func() *descriptor.Registry
	// Stop has the proxy stop as a signal does. It does not wait.
	Stop func()
	// Version is the proxy's.
	Version string
}

func (c Config) validate() error {
	switch {
	case c.Runtime == nil || c.Witness == nil || c.Store == nil || c.Replicas == nil || c.Effects == nil:
		return errors.New("admin: a room is missing in Config")
	case c.Sample == nil || c.Reasons == nil || c.Function == nil || c.Accepted == nil || c.Stop == nil:
		return errors.New("admin: a function is missing in Config")
	default:
		return nil
	}
}

// Service answers. Its methods may be called from any goroutine.
type Service struct {
	config  Config
	started time.Time
	pulse   *pulse
	// quit is closed when streams are to end.
	quit chan struct{}
	once sync.Once
}

var _ adminv1alpha1connect.AdminServiceHandler = (*Service)(nil)

// New returns a service, or says what is wrong with the config. Close ends its streams.
func New(config Config) (*Service, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	s := &Service{
		config: config, started: time.Now(), pulse: newPulse(telemetry.Bounds()), quit: make(chan struct{}),
	}
	s.pulse.beat(s.started, telemetry.Sample{}, 0) // Before it nothing was done.
	return s, nil
}

// Run takes the proxy's pulse once a second until ctx ends. Call it once.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			s.pulse.beat(now, s.config.Sample(), s.config.Runtime.Active())
		}
	}
}

// Close ends the streams, so that whoever serves them can stop. It is safe to call twice.
func (s *Service) Close() { s.once.Do(func() { close(s.quit) }) }

// maxRequest is the largest request in bytes: a service and a key.
const maxRequest = 64 << 10

// Handler returns where the service is, and what serves it: by Connect, by gRPC-Web, by
// gRPC, and as JSON.
func (s *Service) Handler() (path string, handler http.Handler) {
	path, handler = adminv1alpha1connect.NewAdminServiceHandler(s, connect.WithReadMaxBytes(maxRequest), connect.WithInterceptors(coder{}))
	all := http.NewServeMux()
	all.Handle(path, handler)
	all.Handle(adminv1alpha1connect.AdminServiceWatchProcedure, Lasting(handler))
	return path, all
}

// Drain has the proxy stop.
func (s *Service) Drain(context.Context, *adminv1alpha1.DrainRequest) (*adminv1alpha1.DrainResponse, error) {
	s.config.Stop()
	return new(adminv1alpha1.DrainResponse), nil
}
