// Package frontend serves the user's own gRPC services: it finds the method in
// the function's descriptors and passes the bytes through. Beside them it serves
// gRPC health and reflection.
package frontend

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/frontend/cors"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/port"
)

// Router carries out calls. It may be called from any goroutine.
type Router interface {
	// Call carries out a request of a unary method and returns the reply, which is of
	// the method's output type, or an error that has a gRPC status. It returns at the
	// end of ctx at the latest, and may keep the request's bytes.
	Call(ctx context.Context, service, method string, request []byte, metadata *entityv1.Metadata) (*entityv1.Reply, error)
	// Stream carries out a call of any other method, and returns when it is over: nil
	// for status OK, or an error that has a gRPC status. That is at the end of ctx at
	// the latest. It may go on to use the caller, until that has ended too.
	Stream(ctx context.Context, service, method string, metadata *entityv1.Metadata, caller calls.Caller) error
}

// Function is what the frontend knows of the user function.
type Function interface {
	// Registry describes the services that the function serves now. An error
	// has a gRPC status, and says why it serves none. Registry may be called
	// from any goroutine, and returns at once.
	Registry() (*descriptor.Registry, error)
}

// Observer is told of each call, from any goroutine.
type Observer interface {
	// Called says by which way a call has come, how it was answered and how long that
	// took. The names are empty when nobody serves such a method.
	Called(by, service, method string, code codes.Code, took time.Duration)
}

// Reporter tells the function what it has got wrong, from any goroutine.
type Reporter interface {
	// Report queues a report about the entity.
	Report(ctx context.Context, id entity.ID, report entity.Report)
}

// Config is what a frontend stands on. All of it is needed but CORS and Guard.
type Config struct {
	Router   Router
	Function Function
	Reporter Reporter
	Observer Observer
	Log      *slog.Logger
	// MaxRequest is the largest request in bytes.
	MaxRequest int
	// Port is how connections are treated. Its Observer and Log are needed as well.
	Port port.Config
	// CORS says which pages may call from a browser; the zero one lets none.
	CORS cors.Policy
	// Guard decides who may call; nil knows nobody and admits everybody.
	Guard Guard
}

// validate returns what is wrong with the config; nil when nothing is.
func (c *Config) validate() error {
	if c.Router == nil || c.Function == nil || c.Reporter == nil || c.Observer == nil || c.Log == nil || c.MaxRequest <= 0 {
		return errors.New("frontend: Router, Function, Reporter, Observer, Log and MaxRequest are needed")
	}
	return c.CORS.Validate()
}

// Frontend serves the user's services, whichever way they are called.
type Frontend struct {
	config     Config
	health     *health.Server
	reflection *reflected
	own        own
	// server has its own transport. The calls of mixed come by HTTP, and end with that.
	server, mixed *grpc.Server
	http          *http.Server
	handler       http.Handler   // what http serves
	requests      count          // of http
	port          *port.Port     // nil before Serve
	healthy       []string       // the services of the last SetHealth
	draining      chan struct{}  // closed when the long calls have to end
	serving       sync.WaitGroup // the server, and its long calls
}

// New returns a frontend that listens nowhere yet; [Frontend.Serve] starts it, and Drain
// or Close ends it.
func New(config Config) (*Frontend, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	f := &Frontend{config: config, health: health.NewServer(), own: own{}, draining: make(chan struct{})}
	f.SetHealth(false, nil)
	var err error
	if f.reflection, err = newReflection(config.Function); err != nil {
		return nil, err
	}
	f.server = f.newServer(grpc.NumStreamWorkers(workers))
	f.mixed = f.newServer()
	for _, at := range []grpc.ServiceRegistrar{f.server, f.mixed, f.own} {
		f.register(at)
	}
	f.handler = f.newHandler()
	f.http = f.newHTTP()
	return f, nil
}

// workers is how many goroutines serve one call after another: theirs have the stacks that
// a call takes, and a new one would grow its own each time. Further calls get new ones.
const workers = 256

// newServer returns a gRPC server that serves the user's services.
func (f *Frontend) newServer(options ...grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(options,
		grpc.ForceServerCodecV2(way.NewCodec()),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return way.Status(f.handle(byGRPC, stream)).Err() }),
		grpc.StreamInterceptor(f.endWithDrain),
		grpc.MaxRecvMsgSize(f.config.MaxRequest),
		grpc.MaxHeaderListSize(64<<10),
		grpc.MaxConcurrentStreams(f.config.Port.MaxStreams),
		grpc.Creds(port.Credentials()),
		grpc.ConnectionTimeout(20*time.Second),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	)...)
}

// Handler answers what does not come by gRPC's own transport.
func (f *Frontend) Handler() http.Handler { return f.handler }

// SetHealth sets what gRPC health says: for the proxy as a whole, and for each
// of the services. Those of earlier calls are not served. Not to be called from
// two goroutines at once.
func (f *Frontend) SetHealth(serves bool, services []string) {
	f.setHealth("", serves)
	for _, service := range services {
		f.setHealth(service, serves)
	}
	for _, service := range f.healthy {
		if !slices.Contains(services, service) {
			f.setHealth(service, false)
		}
	}
	f.healthy = slices.Clone(services)
}

// setHealth sets what gRPC health says of one service.
func (f *Frontend) setHealth(service string, serves bool) {
	status := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if serves {
		status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	f.health.SetServingStatus(service, status)
}

// endWithDrain ends the calls of health and reflection when the frontend drains.
func (f *Frontend) endWithDrain(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if srv == nil { // a call of the user's services
		return next(srv, stream)
	}
	return f.untilDrain(stream, func(stream grpc.ServerStream) error { return next(srv, stream) })
}

// untilDrain serves a call, unless its caller may not make it, as long as the frontend does
// not drain; else one that watches health would keep it for ever.
func (f *Frontend) untilDrain(stream grpc.ServerStream, serve way.Serve) error {
	if err := f.admitOwn(stream); err != nil {
		return err
	}
	ended := make(chan error, 1)
	f.serving.Go(func() { ended <- serve(stream) }) // ends with the stream
	select {
	case err := <-ended:
		return err
	case <-f.draining:
		return errStopping
	}
}
