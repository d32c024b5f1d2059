package simulation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/cluster/single"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
	machines "github.com/stateward/stateward/proxy/internal/entity/replicated"
	"github.com/stateward/stateward/proxy/internal/entity/value"
	"github.com/stateward/stateward/proxy/internal/replica"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// flushInterval is how long a LOCAL change may wait for the store.
const flushInterval = 500 * time.Millisecond

// idleTimeout is after how long without a command an entity is passivated.
const idleTimeout = 5 * time.Second

// proxy is one process: the rooms, wired as package app does.
type proxy struct {
	gate     *gate
	function *streams
	node     *single.Node
	replicas *replica.Replicas
	durable  *durable.Keeper
	entities *runtime.Runtime
	router   *router.Router

	// released ends what a defect would let wait for ever.
	released chan struct{}
	trying   sync.WaitGroup
	over     bool // it has stopped
	stop     context.CancelFunc
}

// started starts a process on the disk. The number is that of no other.
func started(disk *disk, number int, profile profile, bugs defects) (*proxy, error) {
	p := &proxy{gate: newGate(disk, bugs), function: newStreams(), released: make(chan struct{})}
	name, log := fmt.Sprintf("process-%d", number), slog.New(slog.DiscardHandler)
	var incarnation, unique atomic.Uint64
	var errs [6]error
	p.node, errs[0] = single.Join(context.Background(), single.Config{
		Leases: p.gate, Name: "the only one", Log: log,
		NewID: func() string { return fmt.Sprintf("%s.%d", name, incarnation.Add(1)) },
	})
	p.durable, errs[1] = durable.New(durable.Config{
		Store: p.gate, Reporter: untold{}, Log: log, Patience: profile.keep, AttemptTimeout: 31 * time.Second, StoreTimeout: 9 * time.Second,
		Random: func() float64 { return 0.5 }, Unique: func() uint64 { return uint64(number)<<32 + unique.Add(1) },
	})
	p.replicas, errs[2] = replica.New(replica.Config{
		Store: p.gate, Self: name, Slot: "the only one", Log: log, Interval: bugs.interval(), SaveTimeout: 8 * time.Second,
	})
	p.entities, errs[3] = runtime.New(runtime.Config{
		Functions: p.function,
		Kinds: map[string]runtime.Kind{
			journaled:  {New: bugs.machine(newJournaled), State: bugs.state(runtime.Journaled(p.gate))},
			valued:     {New: bugs.machine(newValued), State: bugs.state(runtime.Valued(p.gate))},
			fleeting:   {New: bugs.machine(newValued), State: bugs.state(runtime.Valued(p.gate))},
			replicated: {New: bugs.machine(newReplicated), State: bugs.shared(runtime.Replicated(p.replicas))},
		},
		Owner: bugs.owner(p.node), Records: bugs.records(p.gate), Effects: p.durable.Effects,
		Start:    func(source entity.ID, effects entity.Start) { p.router.Start(source, effects) },
		Reporter: untold{}, Log: log, Active: profile.active, Keep: bugs.keep(profile.keep),
		CommandTimeout: 13 * time.Second, ActivationTimeout: 17 * time.Second, StoreTimeout: 7 * time.Second, IdleTimeout: idleTimeout, Grace: 3 * time.Second,
	})
	acts, err := calls.New(calls.Config{
		Functions: p.function, Reporter: untold{}, Log: log, OpenTimeout: 19 * time.Second, CallTimeout: 23 * time.Second,
	})
	errs[4] = err
	p.router, errs[5] = router.New(router.Config{
		Services: catalogue{}, Runtime: desk{bugs.runtime(p.entities, p.released), p.gate}, Calls: acts, Durable: p.durable, Reporter: untold{}, Log: log, EffectTimeout: 29 * time.Second,
	})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if err := p.durable.Load(context.Background()); err != nil {
		return nil, err
	}
	var running context.Context
	running, p.stop = context.WithCancel(context.Background())
	p.trying.Go(func() { p.durable.Run(running, p.router) })
	return p, nil
}

func newJournaled(id entity.ID, terms entity.Terms) entity.Machine {
	return eventsourced.New(id, terms, eventsourced.Config{Ask: 4, AskTime: 11 * time.Second})
}

func newValued(id entity.ID, terms entity.Terms) entity.Machine { return value.New(id, terms) }

func newReplicated(id entity.ID, terms entity.Terms) entity.Machine { return machines.New(id, terms) }

// drain stops the process as SIGTERM does, or gives everything up once ctx has ended.
func (p *proxy) drain(ctx context.Context) error {
	err := p.router.Drain(ctx)
	p.stop()
	p.trying.Wait()
	return errors.Join(err, p.replicas.Close(ctx), p.node.Leave(ctx))
}

// kill ends the process at once: nothing that it does from now on is seen by anyone.
func (p *proxy) kill(keep map[*operation]bool) {
	if p.over {
		return
	}
	p.gate.kill(keep)
	close(p.released)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = p.drain(ctx) // Nobody is there to hear of it.
}

// untold is a reporter of whom nobody reads.
type untold struct{}

func (untold) Report(context.Context, entity.ID, entity.Report) {}
