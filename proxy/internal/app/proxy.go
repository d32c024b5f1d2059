// Package app is the whole proxy: it reads the command line, wires the rooms,
// and starts and stops them in order.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"net"
	"sync"

	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/cluster/single"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
	"github.com/stateward/stateward/proxy/internal/entity/replicated"
	"github.com/stateward/stateward/proxy/internal/entity/value"
	"github.com/stateward/stateward/proxy/internal/frontend"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/replica"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/storetool"
	"github.com/stateward/stateward/proxy/internal/telemetry"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// proxy is one running proxy.
type proxy struct {
	observers

	config   Config
	kept     kinds
	process  string // names this process, and none before or after it
	node     *single.Node
	replicas *replica.Replicas
	metrics  *telemetry.Metrics
	store    store.Store
	secured  *security
	user     user
	entities *runtime.Runtime
	durable  *durable.Keeper
	router   *router.Router
	frontend *frontend.Frontend
	admin    *telemetry.Admin
	desk     desk
	copies   *storetool.Handler
	// changed wakes the watch; it holds at most one token.
	changed chan struct{}
	// failed gets the error after which the proxy cannot go on; at most one.
	failed chan error

	mu       sync.Mutex
	open     bool // the service port has been opened
	stopping bool // and is not opened any more
}

// Serve runs a proxy until ctx ends, and then stops it: commands under way
// finish, for as long as the drain time-out allows. It returns nil when they all
// have, and an error when the proxy could not start, go on, or stop so.
func Serve(ctx context.Context, config Config) error {
	return serve(ctx, context.WithoutCancel(ctx), config)
}

// serve is Serve; the end of abort breaks off the stop.
func serve(ctx, abort context.Context, config Config) error {
	if err := config.validate(); err != nil {
		return err
	}
	p, err := start(ctx, config)
	if err != nil {
		return err
	}
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var rooms sync.WaitGroup
	rooms.Go(func() { p.user.client.Run(running) })
	rooms.Go(func() { p.watch(running) })
	rooms.Go(func() { p.secured.run(running) })
	rooms.Go(func() { p.durable.Run(running, p.router) })
	rooms.Go(func() { p.sweep(running) })
	rooms.Go(func() { p.desk.service.Run(running) })
	select {
	case <-ctx.Done():
	case <-p.desk.stop:
	case err = <-p.failed:
	}
	err = errors.Join(err, p.drain(abort))
	end()
	rooms.Wait()
	return errors.Join(err, p.close(abort))
}

// start opens the store and the admin port, and wires the rooms; nothing runs yet.
func start(ctx context.Context, config Config) (*proxy, error) {
	secured, err := config.openSecurity(ctx)
	if err != nil {
		return nil, err
	}
	opened, err := openStore(ctx, &config)
	if err != nil {
		return nil, err
	}
	p := &proxy{
		config:  config,
		process: rand.Text(),
		kept:    kinds{store: opened},
		user:    user{largest: config.MaxMessage},
		metrics: telemetry.NewMetrics(config.Version),
		store:   opened,
		secured: secured,
		desk:    newDesk(),
		changed: make(chan struct{}, 1),
		failed:  make(chan error, 1),
	}
	if err = p.observe(ctx); err == nil {
		err = p.join(ctx)
	}
	if err == nil {
		err = p.connectRooms()
	}
	if err == nil {
		err = p.durable.Load(ctx)
	}
	if err == nil {
		err = p.openAdmin(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.abandon(ctx))
	}
	return p, nil
}

// join makes this process known to the store, as the one that writes.
func (p *proxy) join(ctx context.Context) (err error) {
	p.node, err = single.Join(ctx, single.Config{
		Leases: p.store, NewID: rand.Text, Name: p.config.Node, Log: p.config.Log,
	})
	return err
}

// leave gives back what this process has the right to write.
func (p *proxy) leave(ctx context.Context) error {
	if p.node == nil {
		return nil
	}
	return p.node.Leave(ctx)
}

// connectRooms makes the rooms, each with those that it stands on.
func (p *proxy) connectRooms() (err error) {
	functions := function.Defaults()
	functions.Target = p.config.Function
	if functions.Dialects, err = p.config.dialects(); err != nil {
		return err
	}
	functions.Capabilities = capabilities()
	functions.Version = p.config.Version
	functions.Instance = p.process
	functions.Dev = p.config.Dev || p.config.Store == StoreMemory // DISC-DEV-001
	functions.Limits = p.config.limits()
	functions.MaxMessage = p.config.MaxMessage
	functions.Owner = p
	functions.Observer = p.metrics
	functions.Log = p.config.Log
	functions.Random = mathrand.Float64
	functions.TLS = p.secured.forFunction(&p.config)
	if p.user.client, err = function.New(functions); err != nil {
		return err
	}
	if p.durable, err = durable.New(durable.Config{
		Store: p.store, Records: p.store, Reporter: &p.user, Metrics: p.metrics, Log: p.config.Log,
		Random: mathrand.Float64, Unique: mathrand.Uint64,
	}); err != nil {
		return err
	}
	if p.replicas, err = replica.New(replica.Config{
		Store: p.store, Self: p.process, Slot: p.config.slot(p.process), Metrics: p.metrics, Log: p.config.Log,
	}); err != nil {
		return err
	}
	p.entities, err = runtime.New(runtime.Config{
		Functions:      &p.user,
		Kinds:          p.kinds(),
		Owner:          p.node,
		Records:        p.store,
		Keeping:        p.kept.keep,
		Effects:        p.durable.Effects,
		Doubt:          p.durable.Doubt,
		Start:          func(source entity.ID, effects entity.Start) { p.router.Start(source, effects) },
		Reporter:       &p.user,
		Metrics:        p.metrics,
		Witness:        p.desk.witness,
		Tracer:         p.tracer,
		Log:            p.config.Log,
		Mailbox:        p.config.Mailbox,
		Active:         p.config.Active,
		CommandTimeout: p.config.CommandTimeout,
		IdleTimeout:    p.config.IdleTimeout,
	})
	if err != nil {
		return err
	}
	actions, err := calls.New(calls.Config{
		Functions: &p.user, Reporter: &p.user, Metrics: p.metrics, Log: p.config.Log, CallTimeout: p.config.CommandTimeout,
	})
	if err != nil {
		return err
	}
	p.router, err = router.New(router.Config{
		Services: &p.user, Runtime: p.entities, Calls: actions, Durable: p.durable, Reporter: &p.user, Log: p.config.Log,
		Metrics: p.metrics, Failures: p.failures, Tracer: p.tracer, Depth: maxDepth, MaxMetadata: maxMetadata,
	})
	if err != nil {
		return err
	}
	p.frontend, err = frontend.New(frontend.Config{
		Router: p.router, Function: &p.user, Reporter: &p.user, Observer: p.metrics, Log: p.config.Log,
		MaxRequest: p.config.maxRequest(), Port: p.port(), CORS: p.config.cors(), Guard: p.secured.guard,
	})
	if err != nil {
		return err
	}
	if err := p.openCopies(); err != nil {
		return err
	}
	return p.openDesk()
}

// kinds says how the entities of each type are run, whatever a dialect calls it.
func (p *proxy) kinds() map[string]runtime.Kind {
	kinds := map[string]runtime.Kind{}
	for _, dialect := range []wire.Dialect{wire.V1(), wire.Cloudstate()} {
		for _, e := range dialect.Entities {
			switch e.Kind {
			case wire.EventSourced:
				kinds[e.Type] = runtime.Kind{New: p.eventSourced, State: runtime.Journaled(p.store)}
			case wire.Value:
				kinds[e.Type] = runtime.Kind{New: p.value, State: runtime.Valued(p.store)}
			case wire.Replicated:
				kinds[e.Type] = runtime.Kind{New: p.replicated, Bars: replicated.Bars, State: runtime.Replicated(p.replicas)}
			}
		}
	}
	return kinds
}

// eventSourced makes the machine of an event sourced entity.
func (p *proxy) eventSourced(id entity.ID, terms entity.Terms) entity.Machine {
	config := eventsourced.Config{Ask: int64(p.config.SnapshotAfter), AskTime: p.config.CommandTimeout, Ahead: p.config.Ahead}
	if config.Ask == 0 {
		config.Ask = -1
	}
	return eventsourced.New(id, p.user.of(id.Service, terms), config)
}

// value makes the machine of a value entity.
func (p *proxy) value(id entity.ID, terms entity.Terms) entity.Machine {
	return value.New(id, p.user.of(id.Service, terms))
}

// replicated makes the machine of a replicated entity.
func (p *proxy) replicated(id entity.ID, terms entity.Terms) entity.Machine {
	return replicated.New(id, p.user.of(id.Service, terms))
}

// Crowded passivates idle entities, one for each that waits for a stream (DISC-INC-009).
func (p *proxy) Crowded(waiting int) { p.entities.Relieve(waiting) }

// Changed opens the service port when the function serves for the first time
// (DISC-REFUSE-002), and wakes the watch.
func (p *proxy) Changed(reasons []string) {
	p.metrics.Connected(len(reasons) == 0)
	if len(reasons) == 0 {
		if err := p.openService(); err != nil {
			p.failed <- err // has room: openService fails once
		}
	}
	select {
	case p.changed <- struct{}{}:
	default: // the token is there already
	}
}

// openAdmin opens the admin port.
func (p *proxy) openAdmin(ctx context.Context) error {
	listener, err := listen(ctx, "admin", p.config.Admin)
	if err != nil {
		return err
	}
	p.admin = telemetry.Serve(p.secured.forAdmin(&p.config, listener), p.adminPages(), p.config.Log)
	p.opened(PortAdmin, listener.Addr())
	return nil
}

// openService opens the service port, once, unless the proxy is stopping.
func (p *proxy) openService() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open || p.stopping {
		return nil
	}
	p.open = true
	listener, err := listen(context.Background(), "listen", p.config.Listen)
	if err != nil {
		return err
	}
	if err := p.frontend.Serve(listener); err != nil {
		return errors.Join(err, listener.Close())
	}
	p.opened(PortService, listener.Addr())
	return nil
}

// opened tells whoever wants to know where a port is.
func (p *proxy) opened(port string, address net.Addr) {
	p.config.Log.Info("port open", "port", port, "address", address.String())
	if p.config.Opened != nil {
		p.config.Opened(port, address)
	}
}

// listen opens the TCP port that the setting with the name says.
func listen(ctx context.Context, name, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, setting.Wrongf(name, "cannot open the port: %w", err)
	}
	return listener, nil
}
